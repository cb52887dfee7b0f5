"""Applying an import: all that it brings comes in with one commit, or nothing does.

A worker that is killed leaves nothing; the job runs again from the start. Two imports of the same rows at once cannot double
them: the second waits for the portfolio's lock and then finds them there.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.portfolio.imports import BatchState
from app.models import ImportBatch
from app.services.portfolio import imports
from app.services.portfolio.import_landings import landing_of
from app.services.portfolio.import_tally import count_again, note
from app.services.reporting.progress import Progress, unheard
from app.services.staff import audit
from app.services.staff.audit import Actor


def apply(
    session: Session,
    batch_id: int,
    *,
    progress: Progress = unheard,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> ImportBatch:
    """Write what a batch brings that is APPLYING, and make it APPLIED. Raises RuleViolation in any other state.

    What the database says of each row's fate is asked once more, as some time may have passed since the preview.
    """
    batch = imports.locked(session, batch_id, BatchState.APPLYING)
    landing = landing_of(batch.format)
    progress(step=landing.looking)
    if landing.decide(session, batch, today=today):
        note(batch, count_again(session, batch))
    told = landing.write(session, batch, progress=progress, today=today, now=now, actor=actor)
    batch.state = BatchState.APPLIED
    batch.applied_at = now
    batch.business_on = today
    audit.record(
        session,
        "import applied",
        now=now,
        actor=actor,
        entity="import",
        entity_id=batch.id,
        after={
            "file": batch.file_name,
            **told,
            "outcomes": batch.outcomes,
            "balance_cents": batch.balance_cents,
            "paid_cents": batch.paid_cents,
        },
    )
    session.flush()
    return batch


_WRITTEN = ("account", "customer", "customer_phone", "device", "installment", "payment", "adjustment", "fee")
"""Tables that an import fills."""


def analyze(session: Session) -> None:
    """Let the database look at what was written: without it the end of day right after an import is planned for empty tables."""
    session.execute(text(f"analyze {', '.join(_WRITTEN)}"))
