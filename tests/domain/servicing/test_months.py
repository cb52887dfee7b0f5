"""Months with 30 days, and months as the calendar has them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.servicing.months import day_in_month, days_30_360, month_end, month_number

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-02-28", "2026-03-01", 3),
        ("2026-01-15", "2026-03-15", 60),
        ("2025-12-31", "2026-01-31", 30),
        ("2026-01-30", "2026-01-31", 0),
        ("2026-01-31", "2026-02-28", 28),
        ("2026-11-20", "2026-11-20", 0),
        ("2025-11-20", "2026-11-20", 360),
    ],
)
def test_thirty_day_months_count_as_the_formula_has_it(start: str, end: str, expected: int) -> None:
    assert days_30_360(date.fromisoformat(start), date.fromisoformat(end)) == expected


@given(DAYS, st.integers(0, 2_000))
def test_thirty_day_months_never_run_backwards_and_stay_near_the_calendar(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    counted = days_30_360(start, end)
    assert counted >= 0
    assert days_30_360(start, end + timedelta(days=1)) >= counted
    # A year of 30-day months is five or six days short; its first February can be two days long.
    assert -2 <= length - counted <= 6 * (length / 365 + 1)


@given(DAYS)
def test_a_month_ends_where_the_next_one_begins(day: date) -> None:
    end = month_end(day)
    assert (end.year, end.month) == (day.year, day.month) and (end + timedelta(days=1)).day == 1
    assert day_in_month(month_number(day), day.day) == day
