"""The tables of returns, recoveries and disputes: every word stands in them, and they agree with the account's statuses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_views import disputes as disputes_page
from admin_views import recoveries as recoveries_page
from admin_views import returns as returns_page
from app.domain.servicing import disputes, recoveries, returns
from app.domain.servicing.disputes import Disputed, DisputeState, OpenLine, disputed_parts
from app.domain.servicing.evidence import EvidenceKind
from app.domain.servicing.recoveries import AttemptOutcome, RecoveryState
from app.domain.servicing.returns import Grade, ReturnState, may_step, step_before
from app.domain.servicing.status import TRANSITIONS, AccountStatus
from app.domain.words import Word

DAY = dt.date(2026, 11, 6)


@pytest.mark.parametrize(
    "words",
    [
        ReturnState, Grade, RecoveryState, AttemptOutcome, recoveries.AttemptKind, DisputeState,
        disputes.DisputeReason, EvidenceKind,
    ],
)  # fmt: skip
def test_values_fit_their_column_and_no_two_labels_are_the_same(words: type[Word]) -> None:
    assert all(len(word.value) <= 24 for word in words)
    assert len({word.label for word in words}) == len(words)


@pytest.mark.parametrize(
    ("words", "table"),
    [
        (ReturnState, returns.RETURN_TRANSITIONS),
        (ReturnState, returns.NEXT),
        (ReturnState, returns_page.TONES),
        (RecoveryState, recoveries.RECOVERY_TRANSITIONS),
        (RecoveryState, recoveries.ACCOUNT_AFTER),
        (RecoveryState, recoveries_page.TONES),
        (DisputeState, disputes.DISPUTE_TRANSITIONS),
        (DisputeState, disputes_page.TONES),
    ],
)
def test_every_state_stands_in_every_table(words: type[Word], table: Collection[Word]) -> None:
    assert set(table) == set(words)


@pytest.mark.parametrize("table", [returns.RETURN_TRANSITIONS, recoveries.RECOVERY_TRANSITIONS, disputes.DISPUTE_TRANSITIONS])
def test_nothing_becomes_what_it_is_already(table: Mapping[Word, frozenset[Word]]) -> None:
    assert not [state for state, others in table.items() if state in others]


def test_states_are_parted_without_a_rest() -> None:
    assert returns.ON_ITS_WAY | returns.IN_HOUSE | {ReturnState.CANCELLED} == set(ReturnState)
    assert set(DisputeState) == disputes.PAUSING | disputes.RESOLVED
    assert set(AttemptOutcome) == recoveries.ANSWERED | recoveries.UNANSWERED
    assert not recoveries.ANSWERED & recoveries.UNANSWERED


def test_every_way_out_of_recovery_says_how_the_recovery_ended() -> None:
    assert set(recoveries.ENDED_BY) == TRANSITIONS[AccountStatus.RECOVERY]


def test_every_end_of_a_recovery_is_a_step_that_the_account_may_take() -> None:
    ends = {status for state, status in recoveries.ACCOUNT_AFTER.items() if state is not RecoveryState.OPEN}
    assert ends <= TRANSITIONS[AccountStatus.RECOVERY]


def test_a_receipt_can_end_every_lease_that_it_ends_and_be_taken_back() -> None:
    for status in returns.ENDS_THE_LEASE:
        assert AccountStatus.RETURNED in TRANSITIONS[status]
        assert status in TRANSITIONS[AccountStatus.RETURNED]


@pytest.mark.parametrize("has_label", [True, False])
def test_a_step_back_is_one_that_the_table_allows(has_label: bool) -> None:
    for state in ReturnState:
        earlier = step_before(state, has_label=has_label)
        assert earlier is None or may_step(state, earlier)


@given(
    unpaid=st.lists(st.integers(1, 1_000), max_size=6),
    claims=st.lists(st.tuples(st.integers(1, 3_000), st.none() | st.integers(1, 8)), max_size=5),
)
def test_no_more_is_disputed_than_is_owed_and_nothing_is_lost(unpaid: list[int], claims: list[tuple[int, int | None]]) -> None:
    lines = [OpenLine(number, DAY + dt.timedelta(days=7 * number), cents) for number, cents in enumerate(unpaid, 1)]
    parts = disputed_parts(lines, [Disputed(cents, number) for cents, number in claims])
    assert all(0 < parts[line.number] <= line.unpaid_cents for line in lines if line.number in parts)
    of_account = sum(cents for cents, number in claims if number is None)
    assert sum(parts.values()) >= min(of_account, sum(unpaid))
    assert sum(parts.values()) <= sum(cents for cents, _ in claims)
