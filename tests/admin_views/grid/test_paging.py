"""Paging by key: every row once, in order, in both directions, whatever the order and whatever is missing."""

from __future__ import annotations

import base64
import datetime as dt
import json
import pkgutil
import random
import re
from decimal import Decimal
from importlib import import_module

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from app import queries
from app.domain.staff.roles import Role
from app.models import Account, Installment, Portfolio
from app.models.base import WordType
from app.queries.listing import Criteria, Field, Listing, Place
from app.queries.scope import Viewer
from app.queries.servicing.accounts import ACCOUNTS
from tests import factories
from tests.admin_views.grid.cast import TODAY, Cast, ids_on, lease
from tests.admin_views.grid.conftest import Enter

EVERYBODY = Viewer(staff_id=0, role=Role.ADMIN)


@pytest.fixture
def many(session: Session) -> list[int]:
    """Twenty-three accounts with plenty of ties and gaps in what they are sorted by."""
    chance = random.Random(7)
    book = factories.portfolio(session)
    rows = [lease(session, book, chance.choice("ABC"), chance.choice("XYZ")) for _ in range(23)]
    for row in rows:
        row.balance_cents = chance.choice([0, 5_400, 5_400, 99_999])
        row.fees_cents = chance.choice([0, 0, 0, 500, 900])
        row.days_past_due = chance.choice([0, 0, 3, 42])
        row.next_due_on = chance.choice([None, None, dt.date(2026, 10, 9), dt.date(2026, 12, 4)])
        row.start_on = chance.choice([dt.date(2025, 1, 1), dt.date(2026, 1, 1)])
        row.device_id = chance.choice([None, row.device_id])
        row.approval_id = chance.choice([None, row.approval_id])
    session.flush()
    return [row.id for row in rows]


def page(session: Session, order: str, place: Place, size: int = 4) -> tuple[list[int], str | None, str | None]:
    found = ACCOUNTS.page(
        session, EVERYBODY, today=TODAY, criteria=Criteria(), fields=("account_number",), order=order, place=place, size=size
    )
    return [row.id for row in found.rows], found.previous, found.next


@pytest.mark.parametrize("name", sorted(ACCOUNTS.sorts))
@pytest.mark.parametrize("sign", ["", "-"])
def test_walking_through_the_pages_meets_every_row_once_in_both_directions(
    session: Session, many: list[int], name: str, sign: str
) -> None:
    order = f"{sign}{name}"
    whole, _, _ = page(session, order, Place(), size=100)
    assert sorted(whole) == sorted(many)
    forward: list[int] = []
    place = Place()
    while True:
        ids, _, after = page(session, order, place)
        forward += ids
        if after is None:
            break
        place = Place(after=after)
    assert forward == whole
    backward: list[int] = []
    place = Place(is_last=True)
    while True:
        ids, before, _ = page(session, order, place)
        backward = ids + backward
        if before is None:
            break
        place = Place(before=before)
    assert backward == whole


def test_what_is_missing_stands_last_in_either_direction(session: Session, many: list[int]) -> None:
    dues = {row[0]: row[1] for row in session.execute(select(Account.id, Account.next_due_on))}
    for order in ("next_due_on", "-next_due_on"):
        ids, _, _ = page(session, order, Place(), size=100)
        shown = [dues[row_id] for row_id in ids]
        known = [on for on in shown if on is not None]
        assert shown[: len(known)] == known == sorted(known, reverse=order.startswith("-"))


def test_amounts_that_are_mostly_nothing_stand_in_their_order(session: Session, many: list[int]) -> None:
    fees = {row[0]: row[1] for row in session.execute(select(Account.id, Account.fees_cents))}
    upwards = [fees[row_id] for row_id in page(session, "fees_cents", Place(), size=100)[0]]
    downwards = [fees[row_id] for row_id in page(session, "-fees_cents", Place(), size=100)[0]]
    assert upwards == sorted(fees.values())
    assert downwards == sorted(fees.values(), reverse=True)


def test_a_page_follows_on_even_when_the_row_it_began_behind_is_gone(session: Session, many: list[int]) -> None:
    first, _, after = page(session, "account_number", Place())
    second, _, _ = page(session, "account_number", Place(after=after))
    session.execute(delete(Installment).where(Installment.account_id == first[-1]))
    session.execute(delete(Account).where(Account.id == first[-1]))
    assert page(session, "account_number", Place(after=after))[0] == second


def packed(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "%%%",
        "AAAA",
        packed(),
        packed(0),
        packed(9, "2026-01-01", 1),
        packed(-1, "2026-01-01", 1),
        packed(0, "not a date", 1),
        packed(0, 1, "2026-01-01"),
        packed(0, "2026-01-01", 2**70),
        packed(0, "2026-01-01", True),
        packed({"a": 1}),
        packed(True, "2026-01-01", 1),
        "A" * 5000,
    ],
)
def test_a_token_that_somebody_made_up_leads_to_the_first_page(people: Cast, enter: Enter, token: str) -> None:
    visitor = enter(people.admin)
    first = ids_on(visitor.get("/admin/accounts/").text)
    for name in ("after", "before"):
        answer = visitor.get("/admin/accounts/", query_string={name: token})
        assert answer.status_code == 200
        assert ids_on(answer.text) == first


def test_the_pager_says_which_rows_these_are_and_leads_on_and_back(people: Cast, enter: Enter, session: Session) -> None:
    for number in range(60):
        lease(session, people.book, "Row", f"{number:03d}")
    visitor = enter(people.admin)
    first = visitor.get("/admin/accounts/?sort=account_number&size=25").text
    assert "1–25 of 62" in first
    assert 'rel="prev"' not in first
    second_url = re.search(r'rel="next" href="([^"]+)"', first)
    assert second_url is not None
    second = visitor.get("/admin/accounts/" + second_url[1].replace("&amp;", "&")).text
    assert "26–50 of 62" in second
    assert not set(ids_on(first)) & set(ids_on(second))
    back_url = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back_url is not None
    assert ids_on(visitor.get("/admin/accounts/" + back_url[1].replace("&amp;", "&")).text) == ids_on(first)
    last = visitor.get("/admin/accounts/?sort=account_number&size=25&last=1").text
    assert "The last 25 of 62" in last
    assert len(ids_on(last)) == 25


def test_a_page_asks_the_database_no_more_for_two_hundred_rows_than_for_twenty_five(
    people: Cast, enter: Enter, session: Session
) -> None:
    for number in range(80):
        lease(session, people.book, "Row", f"{number:03d}")
    visitor = enter(people.admin)
    visitor.get("/admin/accounts/")
    counts = []
    for size in (25, 200):
        statements: list[str] = []

        def note(connection: object, cursor: object, statement: str, *rest: object, kept: list[str] = statements) -> None:
            kept.append(statement)

        event.listen(session.connection().engine, "before_cursor_execute", note)
        try:
            visitor.get(f"/admin/accounts/?size={size}&cols=bucket,past_due_cents,assigned_to,dealer,phone_e164")
        finally:
            event.remove(session.connection().engine, "before_cursor_execute", note)
        counts.append(len([one for one in statements if "SAVEPOINT" not in one]))
    # One statement less for the page that holds everything: there is nothing left to count.
    assert counts[1] <= counts[0] <= 8


def test_fifty_rows_and_the_menu_are_no_more_than_sixty_four_kilobytes(people: Cast, enter: Enter, session: Session) -> None:
    for number in range(60):
        lease(session, people.book, "Christopher", f"Montgomery-{number:03d}")
    page_text = enter(people.supervisor).get("/admin/accounts/").data
    assert len(ids_on(page_text.decode())) == 50
    assert len(page_text) < 64_000


def test_an_order_of_a_listing_must_exist() -> None:
    with pytest.raises(LookupError, match="no sort"):
        Listing(Portfolio, fields=(Field("code", Portfolio.code),), order="name")
    with pytest.raises(LookupError, match="no join"):
        Listing(Portfolio, fields=(Field("code", Portfolio.code, "nowhere", sort=True),), order="code")


def test_every_order_of_every_list_can_be_read_back_from_a_place() -> None:
    """A key whose type says nothing of its values would lead every next page back to the first one."""
    lists: dict[str, Listing] = {}
    for module in pkgutil.walk_packages(queries.__path__, "app.queries."):
        found = vars(import_module(module.name))
        lists |= {f"{module.name}.{name}": one for name, one in found.items() if isinstance(one, Listing)}
    assert len(lists) > 20
    known = (int, str, bool, Decimal, dt.date, dt.datetime)
    unknown = [
        f"{name} by {order}"
        for name, listing in lists.items()
        for order, sort in listing.sorts.items()
        for key in (*sort.keys, listing.identity)
        if not isinstance(key.type, WordType) and key.type.python_type not in known
    ]
    assert unknown == []
