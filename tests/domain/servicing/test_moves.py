"""Moves of a schedule: vectors by hand, and what holds for all of them."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.errors import RuleViolation
from app.domain.servicing.arrangements import ArrangementKind, History, Limits, Terms, beyond
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.moves import (
    Move,
    OpenLine,
    after,
    anchors_from,
    defer,
    extend,
    free_days,
    reanchor,
    spread,
    value_cents,
)
from app.domain.servicing.schedule import due_on

TODAY = dt.date(2026, 11, 20)


@st.composite
def schedules(draw: st.DrawFn) -> tuple[list[OpenLine], Frequency]:
    """What is open of a contract around today: some past due, the oldest perhaps part paid, the last one smaller."""
    frequency = draw(st.sampled_from(list(Frequency)))
    first_on = TODAY - dt.timedelta(days=draw(st.integers(0, 120)))
    count = draw(st.integers(1, 15))
    payment = draw(st.integers(2, 30_000))
    lines = []
    for k in range(count):
        amount = payment if k < count - 1 else draw(st.integers(1, payment))
        unpaid = draw(st.integers(1, amount)) if k == 0 else amount
        lines.append(OpenLine(k + 3, due_on(frequency, first_on, k), amount, unpaid))
    return lines, frequency


def moved(lines: list[OpenLine], moves: list[Move]) -> list[OpenLine]:
    """The open lines once the moves are made."""
    by_number = {line.number: line for line in lines}
    for move in moves:
        before = by_number.get(move.number)
        paid = before.amount_cents - before.unpaid_cents if before else 0
        by_number[move.number] = OpenLine(move.number, move.due_after, move.amount_after, move.amount_after - paid)
    return sorted(by_number.values(), key=lambda line: line.number)


def total(lines: list[OpenLine]) -> tuple[int, int]:
    return sum(line.amount_cents for line in lines), sum(line.unpaid_cents for line in lines)


@given(schedules(), st.integers(1, 400))
def test_an_extension_moves_every_line_by_the_same_days_and_is_worth_them(
    given_: tuple[list[OpenLine], Frequency], days: int
) -> None:
    lines, _ = given_
    moves = extend(lines, days)
    assert [move.days for move in moves] == [days] * len(lines)
    assert total(moved(lines, moves)) == total(lines)
    assert free_days(moves, total(lines)[1]) == days


@given(schedules(), st.integers(1, 4))
def test_a_deferral_sends_untouched_lines_behind_the_last_one(given_: tuple[list[OpenLine], Frequency], count: int) -> None:
    lines, frequency = given_
    assume(sum(line.is_untouched for line in lines) >= count)
    last_on = max(line.due_on for line in lines)
    moves = defer(lines, count, frequency=frequency, last_due_on=last_on)
    assert len(moves) == count and all(move.due_after > last_on for move in moves)
    assert len({move.due_after for move in moves}) == count
    assert total(moved(lines, moves)) == total(lines)


@given(schedules(), st.integers(1, 60))
def test_a_new_due_date_never_lies_before_the_old_one(given_: tuple[list[OpenLine], Frequency], days: int) -> None:
    lines, frequency = given_
    coming = [line for line in lines if line.due_on >= TODAY]
    assume(coming)
    try:
        moves, anchors = reanchor(lines, coming[0].due_on + dt.timedelta(days=days), frequency=frequency, today=TODAY)
    except RuleViolation:
        return
    assert all(move.days > 0 for move in moves)
    assert {move.number for move in moves} <= {line.number for line in coming}, "what is past due keeps its date"
    assert len(anchors) == {Frequency.MONTHLY: 1, Frequency.SEMIMONTHLY: 2}.get(frequency, 0)


@given(schedules(), st.integers(2, 14))
def test_a_plan_cuts_what_is_past_due_into_equal_parts_and_loses_no_cent(
    given_: tuple[list[OpenLine], Frequency], parts: int
) -> None:
    lines, frequency = given_
    late = [line for line in lines if line.due_on < TODAY]
    owed = sum(line.unpaid_cents for line in late)
    assume(owed >= parts)
    last_on = max(line.due_on for line in lines)
    moves = spread(lines, parts, today=TODAY, frequency=frequency, last_due_on=last_on, first_free_number=100)
    new = moved(lines, moves)
    assert total(new) == total(lines)
    assert all(line.amount_cents > 0 and line.unpaid_cents > 0 for line in new)
    assert all(line.due_on >= TODAY for line in new), "nothing is past due any more"
    assert all(move.days > 0 for move in moves)
    by_day: dict[dt.date, int] = {}
    for move in moves:
        by_day[move.due_after] = by_day.get(move.due_after, 0) + move.moved_cents
    shares = [by_day[day] for day in sorted(by_day)]
    assert len(shares) == parts and shares[:-1] == [owed // parts] * (parts - 1) and sum(shares) == owed


@pytest.mark.parametrize(
    ("frequency", "days", "payment", "worth"),
    [
        (Frequency.WEEKLY, 14, 2_999, 5_998),
        (Frequency.BIWEEKLY, 10, 5_400, 3_857),  # 54.00 × 10 / 14 = 38.571…
        (Frequency.SEMIMONTHLY, 5, 5_400, 1_800),
        (Frequency.MONTHLY, 30, 10_000, 10_000),
        (Frequency.MONTHLY, 1, 75, 3),  # 2.5 cents, half up
    ],
)
def test_days_are_worth_their_share_of_a_payment(frequency: Frequency, days: int, payment: int, worth: int) -> None:
    assert value_cents(Fraction(days), payment, frequency) == worth


def test_due_dates_go_on_behind_the_last_one_in_the_contracts_rhythm() -> None:
    def next_three(last_on: dt.date, frequency: Frequency, anchors: tuple[int, ...] | None = None) -> list[str]:
        days = iter(after(last_on, frequency, anchors))
        return [f"{next(days):%m-%d}" for _ in range(3)]

    assert next_three(dt.date(2027, 1, 31), Frequency.MONTHLY, (31,)) == ["02-28", "03-31", "04-30"]
    assert next_three(dt.date(2027, 2, 28), Frequency.SEMIMONTHLY, (15, 31)) == ["03-15", "03-31", "04-15"]
    assert next_three(dt.date(2027, 1, 1), Frequency.BIWEEKLY) == ["01-15", "01-29", "02-12"]
    assert next_three(dt.date(2027, 1, 22), Frequency.SEMIMONTHLY, (1, 15)) == ["02-07", "02-22", "03-07"], "its own days"


def test_a_half_month_that_begins_anew_has_two_days_fifteen_apart() -> None:
    days = [anchors_from(Frequency.SEMIMONTHLY, dt.date(2026, 12, day)) for day in (1, 15, 16, 28, 31)]
    assert days == [(1, 16), (15, 30), (1, 16), (13, 28), (15, 31)]


def story(**given: object) -> list[str]:
    values: dict[str, object] = {
        "days": 7,
        "frequency": Frequency.WEEKLY,
        "payment_cents": 2_999,
        "history": History(dt.date(2026, 1, 5)),
        "today": TODAY,
        "limits": Limits(),
    } | given
    return beyond(ArrangementKind.EXTENSION, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({}, None),
        ({"days": 14}, None),
        ({"days": 15}, "14 days at most"),
        ({"days": 30, "frequency": Frequency.MONTHLY}, None),
        ({"days": 31, "frequency": Frequency.MONTHLY}, "30 days at most"),
        ({"history": History(TODAY - dt.timedelta(days=30))}, None),
        ({"history": History(TODAY - dt.timedelta(days=29))}, "younger than 30 days"),
        ({"history": History(dt.date(2024, 1, 5), (dt.date(2026, 2, 1), dt.date(2026, 6, 1)), 2_999)}, "2 arrangements"),
        ({"history": History(dt.date(2024, 1, 5), (dt.date(2025, 11, 20), dt.date(2026, 6, 1)), 2_999)}, None),
        ({"history": History(dt.date(2024, 1, 5), (dt.date(2026, 6, 1),), 2_998)}, "No full payment came"),
    ],
)
def test_each_limit_refuses_with_its_sentence(given_: dict[str, object], words: str | None) -> None:
    told = story(**given_)
    assert (told == []) if words is None else (len(told) == 1 and words in told[0])


def test_a_settlement_has_no_limits_of_this_kind() -> None:
    history = History(TODAY, (TODAY, TODAY, TODAY))
    assert (
        beyond(
            ArrangementKind.SETTLEMENT,
            days=0,
            frequency=Frequency.WEEKLY,
            payment_cents=1,
            history=history,
            today=TODAY,
            limits=Limits(),
        )
        == []
    )


@given(
    st.builds(
        Terms,
        days=st.none() | st.integers(1, 99),
        count=st.none() | st.integers(1, 9),
        due_on=st.none() | st.dates(),
        parts=st.none() | st.integers(2, 12),
        amount_cents=st.none() | st.integers(1, 10**9),
    )
)
def test_terms_come_back_from_a_row_as_they_went_in(terms: Terms) -> None:
    assert Terms.of(terms.as_plain()) == terms
