"""Whom to work first, and why."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.collections.worklist import Candidate, breakdown, is_worked, rank_key, weight
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus

CANDIDATES = st.builds(
    Candidate,
    account_number=st.from_regex(r"[0-9]{7}", fullmatch=True),
    past_due_cents=st.integers(0, 500_000),
    days_past_due=st.integers(0, 400),
    has_follow_up_due=st.booleans(),
)


def test_amount_and_days_count_together() -> None:
    candidates = [
        Candidate("large-and-fresh", 60_000, 5),
        Candidate("small-and-old", 5_400, 89),
        Candidate("large-and-old", 60_000, 89),
        Candidate("small-and-fresh", 5_400, 3),
        Candidate("promised-a-call", 5_400, 1, has_follow_up_due=True),
    ]
    assert [each.account_number for each in sorted(candidates, key=rank_key)] == [
        "promised-a-call",
        "large-and-old",
        "large-and-fresh",
        "small-and-old",
        "small-and-fresh",
    ]


def test_ties_fall_to_the_amount_and_then_to_the_account_number() -> None:
    candidates = [
        Candidate("C", 10_000, 20),
        Candidate("B", 10_000, 20),
        Candidate("A", 9_000, 30),
        Candidate("D", 10_050, 20),
    ]
    assert [each.account_number for each in sorted(candidates, key=rank_key)] == ["D", "B", "C", "A"]


@pytest.mark.parametrize(("cents", "days", "expected"), [(0, 0, 0), (99, 1, 1), (100, 1, 2), (54_099, 42, 582)])
def test_the_weight_is_whole_dollars_and_days(cents: int, days: int, expected: int) -> None:
    assert weight(cents, days) == expected


@given(CANDIDATES)
def test_the_breakdown_adds_up_to_the_weight_and_can_be_stored(candidate: Candidate) -> None:
    why = breakdown(candidate)
    assert why.weight == weight(candidate.past_due_cents, candidate.days_past_due)
    stored = json.loads(json.dumps(why.as_json()))
    assert stored["weight"] == sum(reason["points"] for reason in stored["reasons"])
    assert stored["goes_first"] is candidate.has_follow_up_due


def test_the_breakdown_reads_as_a_sentence() -> None:
    why = breakdown(Candidate("A-7", 124_942, 1, has_follow_up_due=True))
    assert why.as_text() == (
        "A follow-up is due, so it goes first. $1,249.42 past due (1,249) and 1 day past due (1) make a weight of 1,250."
    )


@given(CANDIDATES, st.integers(0, 100_000), st.integers(0, 100))
def test_more_owed_or_more_days_never_move_an_account_down(candidate: Candidate, cents: int, days: int) -> None:
    worse = Candidate(
        candidate.account_number,
        candidate.past_due_cents + cents,
        candidate.days_past_due + days,
        candidate.has_follow_up_due,
    )
    assert rank_key(worse) <= rank_key(candidate)


@pytest.mark.parametrize("status", AccountStatus)
def test_only_open_accounts_that_are_late_or_have_a_follow_up_are_worked(status: AccountStatus) -> None:
    is_open = status in OPEN_STATUSES
    assert is_worked(status, 1) is is_open
    assert is_worked(status, 0, has_follow_up_due=True) is is_open
    assert not is_worked(status, 0)
