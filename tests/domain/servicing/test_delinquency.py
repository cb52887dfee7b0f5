"""How late an account is."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.servicing.delinquency import (
    Aging,
    DueLine,
    Pause,
    age,
    days_past_due,
    default_after_days,
    delinquent_days,
    delq_days_eom,
    is_default,
    is_past_due,
    min_due,
)
from app.domain.servicing.frequency import Frequency

TODAY = date(2026, 11, 20)


def line(days_late: int, amount_cents: int = 5_400, applied_cents: int = 0, fees_cents: int = 0) -> DueLine:
    """A line that was due so many days before today; negative days are still to come."""
    return DueLine(TODAY - timedelta(days=days_late), amount_cents, fees_cents, applied_cents)


LINES = st.lists(
    st.builds(
        line,
        days_late=st.integers(-60, 200),
        amount_cents=st.integers(1, 30_000),
        applied_cents=st.sampled_from([0, 0, 1]),
        fees_cents=st.sampled_from([0, 0, 270]),
    ),
    max_size=20,
)


@pytest.mark.parametrize(
    ("due", "unpaid", "tolerance", "expected"),
    [
        ("2026-11-19", 1, 0, True),
        ("2026-11-20", 5_400, 0, False),
        ("2026-11-21", 5_400, 0, False),
        ("2026-11-19", 0, 0, False),
        ("2026-11-19", 100, 100, False),
        ("2026-11-19", 101, 100, True),
    ],
)
def test_past_due_is_after_the_day_and_beyond_the_tolerance(due: str, unpaid: int, tolerance: int, expected: bool) -> None:
    assert is_past_due(date.fromisoformat(due), unpaid, TODAY, tolerance) is expected


@pytest.mark.parametrize(
    ("oldest", "business", "thirty", "expected"),
    [
        (None, "2026-11-20", False, 0),
        ("2026-11-20", "2026-11-20", False, 0),
        ("2026-11-27", "2026-11-20", False, 0),
        ("2026-11-19", "2026-11-20", False, 1),
        ("2026-10-09", "2026-11-20", False, 42),
        ("2026-02-28", "2026-03-01", False, 1),
        ("2026-02-28", "2026-03-01", True, 3),
        ("2026-01-15", "2026-03-15", False, 59),
        ("2026-01-15", "2026-03-15", True, 60),
        ("2025-12-31", "2026-01-31", True, 30),
        ("2026-11-27", "2026-11-20", True, 0),
    ],
)
def test_days_past_due_count_from_the_oldest_due_date(oldest: str | None, business: str, thirty: bool, expected: int) -> None:
    oldest_on = None if oldest is None else date.fromisoformat(oldest)
    assert days_past_due(date.fromisoformat(business), oldest_on, thirty) == expected


@pytest.mark.parametrize(
    ("grace", "pauses", "expected"),
    [
        (0, [], 30),
        (7, [], 23),
        (31, [], 0),
        (7, [("2026-11-01", "2026-11-05")], 18),
        # Before the due date and on it nothing is overdue, so nothing can be paused; the same after today.
        (7, [("2026-10-01", "2026-10-21")], 23),
        (7, [("2026-10-01", "2026-10-22")], 22),
        (7, [("2026-11-20", "2026-12-24")], 22),
        (7, [("2026-11-21", "2026-12-24")], 23),
        # Two pauses over the same days count these once.
        (7, [("2026-11-01", "2026-11-05"), ("2026-11-03", "2026-11-07")], 16),
        (7, [("2026-11-01", "2026-11-10"), ("2026-11-03", "2026-11-05")], 13),
        (7, [("2026-01-01", "2026-12-31")], 0),
        (0, [("2026-11-05", "2026-11-01")], 30),
    ],
)
def test_grace_and_pauses_inside_the_window_are_taken_off(grace: int, pauses: list[tuple[str, str]], expected: int) -> None:
    paused = [Pause(date.fromisoformat(first), date.fromisoformat(last)) for first, last in pauses]
    assert delinquent_days(TODAY, date(2026, 10, 21), grace_days=grace, pauses=paused) == expected


def test_a_current_account_has_no_delinquent_days() -> None:
    assert delinquent_days(TODAY, None, grace_days=0) == delinquent_days(TODAY, TODAY, grace_days=0) == 0


@given(
    st.integers(-5, 120),
    st.integers(0, 10),
    st.lists(st.tuples(st.integers(-20, 140), st.integers(0, 30)), max_size=5),
)
def test_pauses_count_like_days_ticked_off_one_by_one(late: int, grace: int, spans: list[tuple[int, int]]) -> None:
    oldest = TODAY - timedelta(days=late)
    pauses = [Pause(oldest + timedelta(days=begin), oldest + timedelta(days=begin + length)) for begin, length in spans]
    counted = sum(
        not any(pause.from_on <= oldest + timedelta(days=day) <= pause.to_on for pause in pauses) for day in range(1, late + 1)
    )
    assert delinquent_days(TODAY, oldest, grace_days=grace, pauses=pauses) == max(0, counted - grace)


@pytest.mark.parametrize(
    ("dpd", "next_due", "expected"),
    [
        (42, None, 52),
        (1, "2026-11-19", 11),
        (0, "2026-11-20", 10),
        (0, "2026-11-25", 5),
        (0, "2026-11-30", 0),
        (0, "2026-12-04", 0),
        (0, None, 0),
    ],
)
def test_days_late_at_the_end_of_the_month(dpd: int, next_due: str | None, expected: int) -> None:
    next_due_on = None if next_due is None else date.fromisoformat(next_due)
    assert delq_days_eom(TODAY, dpd, next_due_on) == expected


def test_the_least_due_is_a_payment_and_what_is_past_due() -> None:
    assert min_due(16_493, 0) == 16_493
    assert min_due(16_493, 32_986) == 49_479


def test_aging_looks_past_cents_within_the_tolerance_but_the_balance_keeps_them() -> None:
    lines = [line(42, applied_cents=5_350), line(14, applied_cents=5_300), line(0), line(-7)]
    assert age(lines, TODAY, tolerance_cents=50) == Aging(
        days_past_due=14,
        past_due_cents=100,
        oldest_due_on=date(2026, 11, 6),
        next_due_on=date(2026, 11, 6),
        next_due_cents=100,
        balance_cents=50 + 100 + 5_400 + 5_400,
    )


def test_a_fee_keeps_a_paid_installment_late() -> None:
    aged = age([line(20, applied_cents=5_400, fees_cents=270), line(-1)], TODAY)
    assert (aged.days_past_due, aged.past_due_cents) == (20, 270)


def test_what_is_due_today_is_next_and_not_late() -> None:
    aged = age([line(-7), line(0, amount_cents=4_000)], TODAY)
    assert (aged.days_past_due, aged.past_due_cents, aged.oldest_due_on) == (0, 0, None)
    assert (aged.next_due_on, aged.next_due_cents) == (TODAY, 4_000)


def test_an_account_that_is_paid_has_nothing_due() -> None:
    assert age([line(7, applied_cents=5_400)], TODAY) == age([], TODAY) == Aging(0, 0, None, None, 0, 0)


def test_thirty_day_months_reach_the_aging() -> None:
    lines = [DueLine(date(2026, 2, 28), 5_400)]
    assert age(lines, date(2026, 3, 1), thirty_day_months=True).days_past_due == 3


@given(LINES, st.integers(0, 500))
def test_aging_agrees_with_counting_line_by_line(lines: list[DueLine], tolerance: int) -> None:
    aged = age(lines, TODAY, tolerance_cents=tolerance)
    past_due = past_due_days = balance = 0
    for each in lines:
        unpaid = each.amount_cents + each.fees_cents - each.applied_cents
        balance += unpaid
        if (TODAY - each.due_on).days > 0 and unpaid > tolerance:
            past_due += unpaid
            past_due_days = max(past_due_days, (TODAY - each.due_on).days)
    assert (aged.past_due_cents, aged.days_past_due, aged.balance_cents) == (past_due, past_due_days, balance)
    assert (aged.days_past_due > 0) == (aged.past_due_cents > 0) == (aged.oldest_due_on is not None)


@given(LINES, st.integers(0, 100))
def test_an_unpaid_account_only_gets_later_as_days_pass(lines: list[DueLine], days: int) -> None:
    now, later = age(lines, TODAY), age(lines, TODAY + timedelta(days=days))
    assert later.past_due_cents >= now.past_due_cents
    assert later.days_past_due >= now.days_past_due + (days if now.days_past_due else 0)


@pytest.mark.parametrize(
    ("frequency", "first_day"),
    [(Frequency.WEEKLY, 60), (Frequency.BIWEEKLY, 90), (Frequency.SEMIMONTHLY, 90), (Frequency.MONTHLY, 90)],
)
def test_default_begins_after_60_days_for_weeks_and_90_for_anything_longer(frequency: Frequency, first_day: int) -> None:
    assert default_after_days(frequency) == first_day
    assert [is_default(frequency, first_day + day) for day in (-1, 0, 1)] == [False, True, True]
