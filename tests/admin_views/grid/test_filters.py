"""Filters: what each finds, what its chip says, and that nonsense finds nothing."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.models import Account, Device, Note
from tests.admin_views.grid.cast import Cast, ids_on, lease
from tests.admin_views.grid.conftest import Enter

ACCOUNTS = "/admin/accounts/"


@pytest.fixture
def four(people: Cast, session: Session) -> dict[str, Account]:
    """An account that is on time, one 42 days late, one in default, one paid off."""
    on_time = lease(session, people.book, "On", "Time", lines=[(dt.date(2026, 12, 4), 5_400)])
    default = lease(session, people.book, "In", "Default", lines=[(dt.date(2026, 8, 1), 9_900)], status=AccountStatus.DEFAULT)
    paid_off = lease(session, people.book, "Paid", "Off", status=AccountStatus.PAID_OFF)
    paid_off.next_due_on, paid_off.days_past_due, paid_off.balance_cents = None, 0, 0
    session.flush()
    return {"late": people.own, "on_time": on_time, "default": default, "paid_off": paid_off}


def names(four: dict[str, Account], page: str) -> set[str]:
    found = set(ids_on(page))
    return {name for name, row in four.items() if row.id in found}


FINDS: dict[str, set[str]] = {
    "status=active": {"on_time"},
    "status=past_due": {"late"},
    "status=past_due&status=active": {"late", "on_time"},
    "status=default": {"default"},
    "status=paid_off": {"paid_off"},
    "status=nonsense": set(),
    "days_from=1": {"late", "default"},
    "days_from=42&days_to=42": {"late"},
    "days_to=0": {"on_time", "paid_off"},
    "days_from=111&days_to=111": {"default"},
    "days_from=112": set(),
    "days_from=x": set(),
    "days_from=99999999999999999999999": set(),
    "bucket=31-60": {"late"},
    "bucket=90%2B": {"default"},
    "bucket=Current": {"on_time", "paid_off"},
    "bucket=nonsense": set(),
    "due_from=2026-10-09&due_to=2026-10-09": {"late"},
    "due_from=today": {"on_time"},
    "due_to=-1d": {"late", "default"},
    "due_from=%2B14d&due_to=%2B14d": {"on_time"},
    "due_from=2026-99-99": set(),
    "balance_from=100": {"late"},
    "balance_to=54.00&balance_from=$54": {"on_time"},
    "balance_from=ten": set(),
    "frequency=biweekly": {"late", "on_time", "default", "paid_off"},
    "frequency=weekly": set(),
    "assigned=none": {"on_time", "default", "paid_off"},
    "test=0": {"late", "on_time", "default", "paid_off"},
    "test=1": set(),
    "test=x": set(),
    "portfolio=999999": set(),
    "portfolio=x": set(),
    "portfolio=999999999999999999999999999": set(),
}
"""Query → which of the four accounts below it finds."""


def test_a_filter_finds_what_it_says(people: Cast, enter: Enter, four: dict[str, Account]) -> None:
    visitor = enter(people.admin)
    found = {query: names(four, visitor.get(f"{ACCOUNTS}?{query}").text) for query in FINDS}
    assert found == FINDS


def test_past_due_is_right_the_day_after_even_when_no_end_of_day_has_run(
    people: Cast, enter: Enter, four: dict[str, Account]
) -> None:
    clock.set_clock(pinned_on=dt.date(2026, 12, 5))
    page = enter(people.admin).get(f"{ACCOUNTS}?status=past_due").text
    assert names(four, page) == {"late", "on_time"}
    assert "Past due" in page
    assert "1 d" in page


def test_text_filters_match_beginnings_or_the_whole_and_take_wildcards_literally(
    people: Cast, enter: Enter, session: Session
) -> None:
    device = session.get_one(Device, people.own.device_id)
    device.model = "100% Phone_X"
    session.flush()
    visitor = enter(people.admin)
    assert ids_on(visitor.get(f"{ACCOUNTS}?device=100%25").text) == [people.own.id]
    assert ids_on(visitor.get(f"{ACCOUNTS}?device=%25").text) == []
    assert ids_on(visitor.get(f"{ACCOUNTS}?device=100%25+PhoneY").text) == []
    assert ids_on(visitor.get(f"{ACCOUNTS}?device_is=100%25+Phone_X").text) == [people.own.id]
    assert ids_on(visitor.get(f"{ACCOUNTS}?device_is=100%25").text) == []


def test_me_is_whoever_asks(people: Cast, enter: Enter) -> None:
    people.own.assigned_to_id = people.supervisor.id
    assert ids_on(enter(people.supervisor).get(f"{ACCOUNTS}?assigned=me").text) == [people.own.id]
    assert ids_on(enter(people.admin).get(f"{ACCOUNTS}?assigned=me").text) == []


def test_a_moment_counts_to_the_end_of_its_business_day(people: Cast, enter: Enter, session: Session) -> None:
    # 11:30 PM in New York on November 20 is already the 21st in UTC.
    late_at_night = dt.datetime(2026, 11, 21, 4, 30, tzinfo=dt.UTC)
    session.add(Note(account_id=people.own.id, body="Late", created_at=late_at_night))
    session.flush()
    visitor = enter(people.admin)
    assert len(ids_on(visitor.get("/admin/records/notes/?created_from=2026-11-20&created_to=2026-11-20").text)) == 1
    assert ids_on(visitor.get("/admin/records/notes/?created_from=2026-11-21").text) == []


def test_chips_say_what_is_filtered_and_lead_to_the_list_without_it(people: Cast, enter: Enter) -> None:
    query = f"status=past_due&portfolio={people.book.id}&balance_from=12.5&due_from=2026-10-01"
    page = enter(people.admin).get(f"{ACCOUNTS}?{query}").text
    chips = re.findall(r'<span class="chip"><span class="k">([^<]+)</span>', page)
    assert chips == ["Status", "Portfolio", "Due date", "Balance"]
    assert "Past due" in page
    assert "Ohio Valley" in page
    assert "from $12.50" in page
    assert "from Oct 1, 2026" in page
    assert f'href="?portfolio={people.book.id}&amp;balance_from=12.5&amp;due_from=2026-10-01"' in page


def test_frequency_is_one_of_its_words(people: Cast, enter: Enter) -> None:
    menu = enter(people.admin).get("/admin/accounts/menu/filters").text
    for word in Frequency:
        assert f'value="{word.value}"' in menu
