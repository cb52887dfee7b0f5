"""The counts of a batch: changed with each of its charges, in the same transaction, and written at its end.

They are written last because the batch's row is locked from then on: workers that settle charges of the same batch wait for
each other as briefly as can be.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.autopay.charges import ChargeState
from app.models import AutopayBatch, Charge

_PENDING = "pending_batch_counts"

_S = ChargeState
COLUMN_OF: dict[ChargeState, str | None] = {
    _S.PLANNED: None,
    _S.SENDING: None,
    _S.SUCCEEDED: "succeeded",
    _S.DECLINED: "failed",
    _S.REJECTED: "failed",
    _S.PENDING: "unknown",
    _S.UNKNOWN: "unknown",
    _S.NEEDS_REVIEW: "unknown",
    _S.SKIPPED: "skipped",
}
"""Where a charge of a state is counted."""

Change = tuple[int, str, int]


def note(session: Session, charge: Charge, before: ChargeState) -> None:
    """Remember that a charge of a batch has another state than before."""
    if charge.batch_id is None:
        return
    pending: list[Change] = session.info.setdefault(_PENDING, [])
    for state, step in ((before, -1), (charge.state, 1)):
        column = COLUMN_OF[state]
        if column is not None:
            pending.append((charge.batch_id, column, step))
        if state is ChargeState.SUCCEEDED:
            pending.append((charge.batch_id, "charged_cents", step * (charge.taken_cents or charge.amount_cents)))


def mark(session: Session) -> int:
    """Where the memory is now, to go back to when a savepoint is rolled back."""
    return len(session.info.setdefault(_PENDING, []))


def forget(session: Session, since: int) -> None:
    """Go back to a mark."""
    del session.info.setdefault(_PENDING, [])[since:]


def write(session: Session) -> None:
    """Add what was remembered to the batches; the last thing that a command does."""
    changes: Counter[tuple[int, str]] = Counter()
    for batch_id, column, step in session.info.pop(_PENDING, []):
        changes[batch_id, column] += step
    session.flush()
    for batch_id in sorted({batch_id for batch_id, _ in changes}):
        values = {
            column: getattr(AutopayBatch, column) + step for (of, column), step in changes.items() if of == batch_id and step
        }
        if values:
            session.execute(update(AutopayBatch).where(AutopayBatch.id == batch_id).values(values))
