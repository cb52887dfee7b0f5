"""Taking a whole import out again, as long as nobody has worked with what it brought."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.domain.portfolio.imports import BatchState
from app.models import ImportBatch
from app.services.portfolio import imports
from app.services.portfolio.import_landings import landing_of
from app.services.reporting.progress import Progress, unheard
from app.services.staff import audit
from app.services.staff.audit import Actor


def undo(
    session: Session, batch_id: int, *, progress: Progress = unheard, today: dt.date, now: dt.datetime, actor: Actor
) -> ImportBatch:
    """Take out all that a batch brought; it must be UNDOING and becomes UNDONE.

    Raises RuleViolation, saying what stands in the way, when somebody has worked with it; then nothing changes.
    """
    batch = imports.locked(session, batch_id, BatchState.UNDOING)
    told = landing_of(batch.format).remove(session, batch, progress=progress, today=today, now=now, actor=actor)
    batch.state = BatchState.UNDONE
    batch.undone_at = now
    audit.record(
        session,
        "import undone",
        now=now,
        actor=actor,
        entity="import",
        entity_id=batch.id,
        before={**told, "balance_cents": batch.balance_cents, "paid_cents": batch.paid_cents},
        after={"file": batch.file_name},
    )
    session.flush()
    return batch
