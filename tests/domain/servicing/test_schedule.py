"""Schedules: due dates, amounts, and the day a charge runs."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RuleViolation
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.schedule import (
    MAX_INSTALLMENTS,
    Anchors,
    ChargeRoll,
    charge_on,
    default_anchors,
    due_on,
    installments,
    kth_period_after,
    number_of_payments,
)

W, B, S, M = Frequency.WEEKLY, Frequency.BIWEEKLY, Frequency.SEMIMONTHLY, Frequency.MONTHLY

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
FREQUENCIES = st.sampled_from(Frequency)


@st.composite
def rhythms(draw: st.DrawFn) -> tuple[Frequency, Anchors | None]:
    """A frequency with anchors of its own, or with those that its first date speaks for."""
    frequency = draw(FREQUENCIES)
    if draw(st.booleans()):
        return frequency, None
    if frequency is M:
        return frequency, (draw(st.integers(1, 31)),)
    if frequency is S:
        first = draw(st.integers(1, 27))
        return frequency, (first, draw(st.integers(first + 1, 31)))
    return frequency, ()


def days(text: str) -> list[date]:
    """Dates written as `2026-01-31 02-28 03-31`: the year goes up by itself when the months start over."""
    first, *rest = text.split()
    dates = [date.fromisoformat(first)]
    for each in rest:
        month, day = map(int, each.split("-"))
        dates.append(date(dates[-1].year + (month < dates[-1].month), month, day))
    return dates


@pytest.mark.parametrize(
    ("frequency", "anchors", "expected"),
    [
        (W, (), "2026-12-25 01-01 01-08"),
        (B, (), "2026-02-20 03-06 03-20"),
        (M, (31,), "2026-01-31 02-28 03-31 04-30"),
        (M, (31,), "2028-01-31 02-29 03-31"),
        (M, (30,), "2026-12-30 01-30 02-28 03-30"),
        (M, (15,), "2026-11-15 12-15 01-15"),
        (M, (31,), "2026-02-28 03-31 04-30 05-31"),
        (S, (1, 15), "2026-11-15 12-01 12-15 01-01"),
        (S, (15, 31), "2026-01-31 02-15 02-28 03-15 03-31 04-15"),
        (S, (15, 31), "2028-02-15 02-29 03-15"),
        (S, (5, 20), "2026-11-05 11-20 12-05"),
    ],
)
def test_due_dates_follow_the_contract_days(frequency: Frequency, anchors: Anchors, expected: str) -> None:
    dates = days(expected)
    assert [due_on(frequency, dates[0], k, anchors) for k in range(len(dates))] == dates


def test_half_months_from_a_day_between_begin_with_the_next_anchor() -> None:
    expected = days("2026-01-31 02-15 02-28 03-15 03-31 04-15")
    assert [kth_period_after(date(2026, 1, 20), S, k, (15, 31)) for k in range(1, 7)] == expected


def test_a_first_due_date_beside_the_anchors_stands_and_the_anchors_follow() -> None:
    assert [due_on(M, date(2026, 1, 20), k, (5,)) for k in range(3)] == days("2026-01-20 02-05 03-05")
    assert [due_on(S, date(2026, 1, 20), k, (1, 15)) for k in range(3)] == days("2026-01-20 02-01 02-15")


@pytest.mark.parametrize(
    ("frequency", "anchors"),
    [
        (W, (1,)), (B, (1, 15)), (M, ()), (M, (0,)), (M, (32,)), (M, (1, 15)),
        (S, (15,)), (S, (15, 1)), (S, (15, 15)), (S, (28, 31)), (S, (1, 15, 20)),
    ],
)  # fmt: skip
def test_anchors_that_do_not_fit_are_refused(frequency: Frequency, anchors: Anchors) -> None:
    with pytest.raises(RuleViolation):
        due_on(frequency, date(2026, 1, 1), 1, anchors)


def test_a_period_before_the_first_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError):
        due_on(W, date(2026, 1, 1), -1)


@given(FREQUENCIES, DAYS)
def test_the_anchors_of_a_date_hold_that_date_or_the_common_pair(frequency: Frequency, day: date) -> None:
    anchors = default_anchors(frequency, day)
    is_last = day.day == monthrange(day.year, day.month)[1]
    assert anchors == {W: (), B: (), M: (day.day,), S: (15, 31) if is_last else (1, 15)}[frequency]


@given(rhythms(), DAYS, st.integers(0, 200))
def test_due_dates_rise_by_about_one_period(rhythm: tuple[Frequency, Anchors | None], first: date, k: int) -> None:
    frequency, anchors = rhythm
    gap = (due_on(frequency, first, k + 1, anchors) - due_on(frequency, first, k, anchors)).days
    # After a first due date beside its anchors the first gap may be shorter or longer than a period.
    shortest, longest = {W: (7, 7), B: (14, 14), S: (1, 31), M: (1, 61)}[frequency]
    assert shortest <= gap <= longest


@given(DAYS, st.integers(1, 200), st.integers(1, 31))
def test_monthly_dates_are_the_anchor_or_the_end_of_each_month_in_turn(first: date, k: int, anchor: int) -> None:
    due = due_on(M, first, k, (anchor,))
    assert due.day == min(anchor, monthrange(due.year, due.month)[1])
    assert (due.year - first.year) * 12 + due.month - first.month == k


@given(DAYS, st.integers(1, 60), st.sampled_from([(1, 15), (15, 31), (7, 22)]))
def test_half_monthly_dates_are_every_anchor_after_the_first_date(first: date, k: int, anchors: Anchors) -> None:
    """Counted the slow way: walk day by day and count the days that an anchor names."""
    day, seen = first, 0
    while seen < k:
        day += timedelta(days=1)
        seen += day.day in {min(anchor, monthrange(day.year, day.month)[1]) for anchor in anchors}
    assert due_on(S, first, k, anchors) == day


@given(rhythms(), DAYS, st.integers(1, 120))
def test_periods_after_a_start_are_the_schedule_that_begins_with_the_first_of_them(
    rhythm: tuple[Frequency, Anchors | None], start: date, k: int
) -> None:
    frequency, anchors = rhythm
    fixed = default_anchors(frequency, start) if anchors is None else anchors
    first = kth_period_after(start, frequency, 1, fixed)
    assert first > start
    assert kth_period_after(start, frequency, k, fixed) == due_on(frequency, first, k - 1, fixed)


@pytest.mark.parametrize(
    ("total", "payment", "count"),
    [(0, 5_400, 0), (1, 5_400, 1), (5_400, 5_400, 1), (5_401, 5_400, 2), (280_800, 5_400, 52), (246_896, 4_748, 52)],
)
def test_the_number_of_payments_is_rounded_up(total: int, payment: int, count: int) -> None:
    assert number_of_payments(total, payment) == count


@pytest.mark.parametrize(("total", "payment"), [(100, 0), (100, -1), (-1, 100), (MAX_INSTALLMENTS + 1, 1)])
def test_a_schedule_that_nobody_can_mean_is_refused(total: int, payment: int) -> None:
    with pytest.raises(RuleViolation):
        installments(W, date(2026, 1, 1), total_cents=total, payment_cents=payment)


@given(rhythms(), DAYS, st.integers(1, 500_000), st.integers(1, MAX_INSTALLMENTS), st.data())
def test_lines_sum_to_the_total_and_only_the_last_is_smaller(
    rhythm: tuple[Frequency, Anchors | None], first: date, payment: int, count: int, data: st.DataObject
) -> None:
    frequency, anchors = rhythm
    total = payment * count - data.draw(st.integers(0, payment - 1))
    lines = installments(frequency, first, total_cents=total, payment_cents=payment, anchors=anchors, first_number=4)
    assert sum(line.amount_cents for line in lines) == total
    assert [line.amount_cents for line in lines[:-1]] == [payment] * (count - 1)
    assert 0 < lines[-1].amount_cents <= payment
    assert [line.number for line in lines] == list(range(4, 4 + count))
    assert lines[0].due_on == first
    assert [line.due_on for line in lines] == [due_on(frequency, first, k, anchors) for k in range(count)]


def test_a_total_of_nothing_has_no_lines() -> None:
    assert installments(M, date(2026, 1, 31), total_cents=0, payment_cents=5_400) == []


@pytest.mark.parametrize(
    ("due", "roll", "expected"),
    [
        ("2026-11-20", ChargeRoll.NEXT, "2026-11-20"),
        ("2026-11-21", ChargeRoll.NONE, "2026-11-21"),
        ("2026-11-21", ChargeRoll.NEXT, "2026-11-23"),
        ("2026-11-22", ChargeRoll.PREVIOUS, "2026-11-20"),
        ("2026-11-26", ChargeRoll.NEXT, "2026-11-27"),
        ("2026-12-25", ChargeRoll.NEXT, "2026-12-28"),
        ("2026-07-04", ChargeRoll.PREVIOUS, "2026-07-02"),
    ],
)
def test_a_charge_rolls_over_weekends_and_holidays(due: str, roll: ChargeRoll, expected: str) -> None:
    holidays = {date(2026, 7, 3), date(2026, 11, 26), date(2026, 12, 25)}
    assert charge_on(date.fromisoformat(due), roll, holidays) == date.fromisoformat(expected)
