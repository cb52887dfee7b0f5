"""Walks every route of the product as every role, with rows of one's own and rows of others.

A new route is walked by itself as soon as `examples.py` says which rows its parameters name; until then these tests fail
and say what to add.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from admin_views.gate import PUBLIC, demand_of
from admin_views.staff.cookie import COOKIE
from app.domain.staff.roles import Role
from app.models import SavedView
from tests.permissions import examples
from tests.permissions.contract import DANGEROUS, PAGES
from tests.permissions.walk import Route, Try, routes, text_of, tries
from tests.permissions.world import MARKS, ORGANIZATION_MARKS, PEOPLE, REACHES, Reach, World, build, hidden_marks
from tests.visitor import Visitor, signed_in

REFUSALS = {401, 403, 404}
Ask = Callable[[Try], TestResponse]


@pytest.fixture
def world(session: Session) -> World:
    """People and rows."""
    return build(session)


class Walker:
    """One person on their way through the product. Whatever a request changes is taken back after it."""

    def __init__(self, client: FlaskClient, session: Session, connection: Connection, world: World, person: str) -> None:
        # A client of its own, not entered: an entered one keeps each request's session open until the next request.
        own = client.application.test_client()
        self.browser = signed_in(own, session, world.people[person], stepped_up=True)
        self.cookie = self.browser.cookie()
        self.session = session
        self.connection = connection

    def ask(self, one: Try, *, query: str = "") -> TestResponse:
        """Make the request, look at the whole answer, and take back what it did."""
        with self.as_before():
            # A saved view is only known on its own page; here it belongs to whichever is being walked.
            page = update(SavedView).values(page=str(one.route.rule.endpoint).partition(".")[0])
            self.connection.execute(page)
            self.browser.client.set_cookie(COOKIE, self.cookie)
            address = one.address + (("&" if "?" in one.address else "?") + query if query else "")
            if one.route.method == "GET":
                answer = self.browser.get(address)
            else:
                headers = {"X-CSRFToken": self.browser.csrf_token()}
                answer = self.browser.client.open(address, method=one.route.method, headers=headers)
            answer.get_data()
            return answer

    @contextmanager
    def as_before(self) -> Iterator[None]:
        """Undo what happens inside."""
        point = self.connection.begin_nested()
        try:
            yield
        finally:
            point.rollback()
            self.session.expire_all()


def is_let_in(answer: TestResponse) -> bool:
    """Whether the gate and the rows opened: the form may still be wrong."""
    to_the_door = (answer.location or "").startswith(("/admin/sign-in", "/admin/step-up"))
    return answer.status_code < 500 and answer.status_code not in REFUSALS and not to_the_door


def minimum(route: Route) -> Role:
    """The role that a request needs: the route's, or the bulk action's where that is higher."""
    action = next((one for one in getattr(route.screen, "actions", ()) if one.key == route.words.get("action_key")), None)
    if action is not None and not route.demand.role.includes(action.minimum_role):
        return Role(action.minimum_role)
    return route.demand.role


@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_opens_what_their_role_and_scope_allow_and_nothing_else(
    app: Flask, client: FlaskClient, session: Session, connection: Connection, world: World, person: str
) -> None:
    walker = Walker(client, session, connection, world, person)
    wrong: list[str] = []
    for route in routes(app):
        may = PEOPLE[person].includes(minimum(route))
        if may and person in ("supervisor", "manager") and minimum(route) is not PEOPLE[person]:
            continue  # Who is above and who is below them walk here: the roles include each other in order.
        for one in tries(app, route, world, person):
            answer = walker.ask(one)
            expected = 403 if not may else 404 if one.foreign else examples.own_answer(route.rule.endpoint, route.method, person)
            right = answer.status_code == expected if expected else is_let_in(answer)
            if route.name in examples.MISSING_IS_FINE and may and answer.status_code == 404:
                right = True
            if not right:
                wrong.append(f"{one}: expected {expected or 'to be let in'}, got {answer.status_code} {answer.location or ''}")
            if not may:
                break  # The gate does not look at rows.
    assert not wrong, f"As {person}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("person", [name for name in PEOPLE if hidden_marks(name)])
def test_no_answer_shows_a_row_of_somebody_else(
    app: Flask, client: FlaskClient, session: Session, connection: Connection, world: World, person: str
) -> None:
    walker = Walker(client, session, connection, world, person)
    told: list[str] = []
    for route in routes(app):
        if route.method != "GET" or not PEOPLE[person].includes(minimum(route)):
            continue
        first = next(iter(tries(app, route, world, person)))
        for words in searches(route):
            said = text_of(walker.ask(first, query=f"q={words}" if words else ""))
            # What somebody searched for stands in the answer anyway.
            said = said.replace(words, "") if words else said
            told += [f"{first} searching {words!r}: shows {mark}" for mark in hidden_marks(person) if mark in said]
    assert not told, f"As {person}:\n" + "\n".join(told)


def searches(route: Route) -> tuple[str, ...]:
    """What is typed into the search box of a page that has one."""
    if route.name in ("index_view", "index"):
        return ("", "Zq", "Zporg", "Zqelsewhere-1")
    return ("", "Zq") if route.words.get("file_format") == "csv" else ("",)


def test_every_list_shows_what_there_is_to_see(
    app: Flask, client: FlaskClient, session: Session, connection: Connection, world: World
) -> None:
    """Without this, an empty list would pass for a well-guarded one."""
    walker = Walker(client, session, connection, world, "admin")
    empty: list[str] = []
    for route in routes(app):
        model = getattr(getattr(route.screen, "listing", None), "model", None)
        table = getattr(model, "__tablename__", "")
        if route.name not in {"index_view", "export"} or REACHES.get(table) not in (Reach.BOOK, Reach.PORTFOLIO):
            continue
        marks = MARKS if REACHES[table] is Reach.BOOK else ORGANIZATION_MARKS
        one = next(iter(tries(app, route, world, "admin")))
        text = text_of(walker.ask(one))
        empty += [
            f"{one}: add a row to world.py that this list shows, marked {mark}" for mark in marks.values() if mark not in text
        ]
    assert not empty, "\n".join(empty)


@pytest.mark.parametrize("person", ["collector", "admin of one portfolio"])
def test_bulk_actions_reach_ones_own_rows_and_nobody_elses(
    app: Flask, client: FlaskClient, session: Session, connection: Connection, world: World, person: str
) -> None:
    walker = Walker(client, session, connection, world, person)
    wrong: list[str] = []
    tried = 0
    for route in routes(app):
        key = f"{route.screen.endpoint}:{route.words.get('action_key')}"
        if route.name != "bulk" or route.method != "POST" or key.endswith(":none"):
            continue
        if not PEOPLE[person].includes(minimum(route)):
            continue
        one = next(iter(tries(app, route, world, person)))
        table = route.screen.listing.model.__tablename__
        seen, hidden = world.seen(table, person), list(world.hidden(table, person).values())
        action = next(each for each in route.screen.actions if each.key == route.words["action_key"])
        form = examples.action_form(key, world) if action.form else []
        for chosen in (
            [("scope", "ids"), *(("ids", row_id) for row_id in [seen, *hidden])],
            [("scope", "filter"), ("filter", "")],
        ):
            with walker.as_before():
                before = {row_id: traces(connection, table, row_id) for row_id in [seen, *hidden]}
                answer = walker.browser.post(one.address, [*form, *chosen])
                asked = re.search(r'name="confirmed_count" value="(\d+)"', answer.text)
                if answer.status_code == 409 and asked:  # What it would do was shown first.
                    answer = walker.browser.post(one.address, [*form, *chosen, ("confirmed_count", asked[1])])
                after = {row_id: traces(connection, table, row_id) for row_id in before}
            tried += 1
            changed = {row_id for row_id in before if before[row_id] != after[row_id]}
            if changed != {seen} and not (key in examples.AS_IT_WAS and not changed):
                wrong.append(f"{one} with {chosen}: changed {changed or 'nothing'}, {answer.status_code} {answer.text[:300]}")
    assert tried > 0
    assert not wrong, "\n".join(wrong)


def traces(connection: Connection, table: str, row_id: str) -> list[str]:
    """What the database holds of a row and of everything that belongs to the same account."""
    tables = [
        table,
        *(("note", "activity", "assignment", "follow_up", "promise", "fee", "reassignment_hold") if table == "account" else ()),
    ]
    found: list[str] = []
    for name in tables:
        column = "id" if name == table else "account_id"
        statement = text(f"select row_to_json(t)::text from {name} t where {column} = :row_id order by 1")
        found += connection.scalars(statement, {"row_id": int(row_id)}).all()
    return found


def test_strangers_are_sent_to_sign_in_from_everywhere(app: Flask, client: FlaskClient, session: Session, world: World) -> None:
    wrong: list[str] = []
    for route in routes(app):
        one = next(iter(tries(app, route, world, "admin")))
        answer = client.open(one.address, method=route.method)
        if answer.status_code != 302 or not (answer.location or "").startswith("/admin/sign-in/"):
            wrong.append(f"{one}: {answer.status_code} {answer.location}")
        as_data = client.open(one.address, method=route.method, headers={"Accept": "application/json"})
        if as_data.status_code != 401 or not as_data.is_json:
            wrong.append(f"{one} as data: {as_data.status_code}")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_changed_by_a_form_without_our_token(
    app: Flask, client: FlaskClient, session: Session, connection: Connection, world: World
) -> None:
    walker = Walker(client, session, connection, world, "admin")
    wrong: list[str] = []
    for route in routes(app):
        if route.method != "GET":
            one = next(iter(tries(app, route, world, "admin")))
            with walker.as_before():
                answer = walker.browser.client.open(one.address, method=route.method)
            if answer.status_code != 400:
                wrong.append(f"{one}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_what_is_dangerous_asks_for_the_pin_again(app: Flask, client: FlaskClient, session: Session, world: World) -> None:
    browser = signed_in(client, session, world.people["admin"])
    wrong: list[str] = []
    dangerous = [route for route in routes(app) if route.demand.step_up]
    assert {route.rule.endpoint for route in dangerous} >= DANGEROUS
    for route in dangerous:
        one = next(iter(tries(app, route, world, "admin")))
        if route.method == "GET":
            answer = browser.get(one.address)
            asked = answer.status_code == 302 and (answer.location or "").startswith("/admin/step-up/?next=")
        else:
            answer = Visitor(client).post(one.address)
            asked = answer.status_code == 403 and 'name="step_up_pin"' in answer.text
        if not asked:
            wrong.append(f"{one}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_no_more_is_open_to_strangers_than_was_decided() -> None:
    assert set(PUBLIC) == {
        "assets.static",
        "assets.plotly",
        "bootstrap.static",
        "health.alive",
        "health.front",
        "health.ready",
        "health.metrics",
        "sign_in.index",
        "square_webhook.receive",
        "text_replies.receive",
    }


def test_each_page_asks_for_the_role_that_was_agreed(app: Flask) -> None:
    adapter = app.url_map.bind("localhost")
    wrong: list[str] = []
    agreed = 0
    for address, role in PAGES.items():
        if not adapter.test(address, "GET"):
            continue
        try:
            endpoint, _ = adapter.match(address, "GET")
        except RequestRedirect:  # Lists stand at the same address with a slash more.
            endpoint, _ = adapter.match(address + "/", "GET")
        demand = demand_of(app, endpoint)
        agreed += 1
        if demand is None or demand.role is not role:
            wrong.append(f"{address}: agreed {role.label}, asks for {demand.role.label if demand else 'nobody'}")
    assert agreed > 3
    assert not wrong, "\n".join(wrong)
