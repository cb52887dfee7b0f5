"""Tabs and saved views: the page's own, one's own, shared ones."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import SavedView
from tests.admin_views.grid.cast import Cast, ids_on, lease
from tests.admin_views.grid.conftest import Enter
from tests.visitor import Visitor

NEW = "/admin/accounts/views/new"


def tabs(visitor: Visitor, query: str = "") -> dict[str, str]:
    """Label → address of each tab."""
    page = visitor.get(f"/admin/accounts/?{query}").text
    nav = re.search(r'<nav class="tabs in".*?</nav>', page, re.S)
    assert nav is not None
    return {label: address.replace("&amp;", "&") for address, label in re.findall(r'<a href="([^"]*)"[^>]*>([^<]+)', nav[0])}


def current(visitor: Visitor, query: str) -> list[str]:
    page = visitor.get(f"/admin/accounts/?{query}").text
    return re.findall(r'<a href="[^"]*" aria-current="page">([^<]+)<span class="n"', page)


def test_the_default_tabs_stand_in_their_order(people: Cast, enter: Enter) -> None:
    shown = ["All", "Active", "Past due", "Defaults", "Pending review", "Paid off", "Test leases"]
    assert list(tabs(enter(people.collector))) == shown


def test_a_tab_leads_to_its_rows_and_is_current_there(people: Cast, enter: Enter, session: Session) -> None:
    visitor = enter(people.admin)
    address = tabs(visitor)["Past due"]
    assert set(ids_on(visitor.get(f"/admin/accounts/{address}").text)) == {people.own.id, people.foreign.id}
    assert current(visitor, address.removeprefix("?")) == ["Past due"]
    assert current(visitor, "status=past_due") == ["Past due"]
    assert current(visitor, "") == ["All"]
    assert current(visitor, "status=past_due&balance_from=1") == []


def test_counts_behind_the_tabs_are_live(people: Cast, enter: Enter, session: Session) -> None:
    visitor = enter(people.admin)
    before = visitor.get("/admin/accounts/summary.json").get_json()["tabs"]
    assert (before["all"], before["past_due"], before["defaults"]) == ("2", "2", "0")
    lease(session, people.book, "One", "More")
    assert visitor.get("/admin/accounts/summary.json").get_json()["tabs"]["past_due"] == "3"


def test_a_view_keeps_filters_order_and_columns_and_nothing_else(people: Cast, enter: Enter, session: Session) -> None:
    visitor = enter(people.collector)
    state = "status=past_due&sort=-balance_cents&cols=customer,balance_cents&size=25&after=x&evil=1"
    form = visitor.get(f"{NEW}?{state}").text
    kept = re.search(r'name="query"[^>]*value="([^"]*)"', form)
    assert kept is not None
    answer = visitor.post(NEW, {"name": " My   book ", "query": kept[1].replace("&amp;", "&")})
    view = session.scalars(select(SavedView)).one()
    assert (view.name, view.page, view.owner_id, view.is_shared) == ("My book", "accounts", people.collector.id, False)
    assert view.query_string == "status=past_due&sort=-balance_cents&cols=customer,balance_cents"
    assert answer.location == f"/admin/accounts/?{view.query_string}&view=v{view.id}"
    page = visitor.get(answer.location).text
    assert ids_on(page) == [people.own.id]
    assert re.findall(r'<th scope="col"[^>]*><a[^>]*>([^<]+)', page) == ["Customer", "Balance"]


def test_a_forged_query_is_reduced_to_what_the_list_knows(people: Cast, enter: Enter, session: Session) -> None:
    posted = {"name": "Odd", "query": "status=default&sort=nothing&view=x&next=//evil&cols=balance_cents"}
    enter(people.collector).post(NEW, posted)
    assert session.scalars(select(SavedView.query_string)).one() == "status=default&cols=balance_cents"


def test_the_same_name_again_replaces_the_view(people: Cast, enter: Enter, session: Session) -> None:
    visitor = enter(people.collector)
    visitor.post(NEW, {"name": "Mine", "query": "status=default"})
    visitor.post(NEW, {"name": "Mine", "query": "status=active"})
    assert session.scalars(select(SavedView.query_string)).all() == ["status=active"]


def test_a_shared_view_is_everybodys_tab_and_a_private_one_only_its_owners(people: Cast, enter: Enter, session: Session) -> None:
    boss = enter(people.supervisor)
    boss.post(NEW, {"name": "Everybody's", "query": "status=default", "is_shared": "y"})
    boss.post(NEW, {"name": "Hers", "query": "status=active"})
    theirs = tabs(enter(people.collector))
    assert "Everybody&#39;s" in theirs
    assert "Hers" not in theirs


def test_a_collector_cannot_share(people: Cast, enter: Enter, session: Session) -> None:
    visitor = enter(people.collector)
    assert "Shared with everybody" not in visitor.get(NEW).text
    visitor.post(NEW, {"name": "Mine", "query": "", "is_shared": "y"})
    assert session.scalars(select(SavedView.is_shared)).one() is False


def test_only_its_owner_or_an_admin_removes_a_view(people: Cast, enter: Enter, session: Session) -> None:
    enter(people.supervisor).post(NEW, {"name": "Shared", "query": "", "is_shared": "y"})
    view_id = session.scalars(select(SavedView.id)).one()
    stranger = enter(people.collector)
    assert stranger.get(f"/admin/accounts/views/{view_id}/remove").status_code == 200
    stranger.post(f"/admin/accounts/views/{view_id}/remove")
    assert session.scalars(select(SavedView.id)).all() == [view_id]
    enter(people.admin).post(f"/admin/accounts/views/{view_id}/remove")
    assert session.scalars(select(SavedView.id)).all() == []


def test_a_private_view_of_somebody_else_is_not_found(people: Cast, enter: Enter, session: Session) -> None:
    enter(people.supervisor).post(NEW, {"name": "Hers", "query": ""})
    view_id = session.scalars(select(SavedView.id)).one()
    assert enter(people.collector).get(f"/admin/accounts/views/{view_id}/remove").status_code == 404
    assert enter(people.supervisor).get(f"/admin/records/notes/views/{view_id}/remove").status_code == 404


def test_a_view_needs_a_name(people: Cast, enter: Enter, session: Session) -> None:
    for name in ("", "   ", "x" * 41):
        assert enter(people.collector).post(NEW, {"name": name, "query": ""}).status_code == 422
    assert session.scalars(select(SavedView.id)).all() == []
