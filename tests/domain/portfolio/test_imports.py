"""The life of a batch and the fate of a row."""

from itertools import pairwise

import pytest

from app.domain.portfolio.imports import BATCH_TRANSITIONS, BatchState, RowOutcome


def test_the_outcomes_are_spelled_as_everybody_reads_them() -> None:
    assert {outcome.value for outcome in RowOutcome} >= {
        "imported",
        "posted",
        "queued",
        "pending_review",
        "skipped:not_active",
        "skipped:duplicate",
        "rejected:contract_number",
        "rejected:start_date",
        "rejected:frequency",
        "rejected:payment_amount",
    }


@pytest.mark.parametrize("outcome", RowOutcome)
def test_a_row_comes_in_is_skipped_or_is_rejected(outcome: RowOutcome) -> None:
    assert [outcome.is_in, outcome.is_skipped, outcome.is_rejected].count(True) == 1


@pytest.mark.parametrize(
    "life",
    [
        [BatchState.READING, BatchState.PREVIEW, BatchState.APPLYING, BatchState.APPLIED],
        [BatchState.APPLIED, BatchState.UNDOING, BatchState.UNDONE],
        [BatchState.READING, BatchState.FAILED, BatchState.DISCARDED],
        [BatchState.PREVIEW, BatchState.DISCARDED],
    ],
)
def test_a_batch_is_read_looked_at_applied_and_undone(life: list[BatchState]) -> None:
    assert all(other in BATCH_TRANSITIONS[state] for state, other in pairwise(life))


def test_nothing_is_applied_without_having_been_looked_at() -> None:
    assert [state for state, others in BATCH_TRANSITIONS.items() if BatchState.APPLYING in others] == [BatchState.PREVIEW]
