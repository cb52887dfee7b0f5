"""Applying an import: all of its accounts come in with one commit, or none does.

Set-based throughout: the rows that were read are already in the database, so what becomes of them is computed there. A
worker that is killed leaves nothing; the job runs again from the start. Two imports of the same contracts at once cannot
double them: the second waits for the portfolio's lock and then finds them there.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.portfolio.imports import BatchState
from app.models import Account, ImportBatch
from app.queries.collections import weights
from app.services.collections.day import worklist
from app.services.portfolio import imports
from app.services.portfolio.import_staging import mark_repeated, stage
from app.services.portfolio.import_tally import count_again, note
from app.services.portfolio.import_writing import write_accounts, write_openings, write_schedules
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
    """Write the accounts of a batch that is APPLYING, and make it APPLIED. Raises RuleViolation in any other state.

    Next due dates and days past due are those of `today`, whenever the file was previewed.
    """
    batch = imports.locked(session, batch_id, BatchState.APPLYING)
    progress(step="Looking for contracts that exist already")
    column = batch.mapping.get("columns", {}).get("approval_id")
    if mark_repeated(session, batch.id, portfolio_id=batch.portfolio_id, column=column):
        note(batch, count_again(session, batch))
    accounts = stage(session, batch.id, portfolio_id=batch.portfolio_id, today=today)
    progress(planned=accounts, done=0, step="Writing customers and accounts")
    values = {"portfolio": batch.portfolio_id, "batch": batch.id, "now": now}
    write_accounts(session, values)
    position = 1
    while position <= accounts:
        progress(done=position - 1, step="Writing schedules")
        position = write_schedules(session, first=position)
    progress(done=accounts, step="Writing opening payments and history")
    write_openings(session, values, file_name=batch.file_name, today=today, staff_id=actor.staff_id)
    _weigh(session, batch.id, today=today, now=now)
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
            "accounts": accounts,
            "outcomes": batch.outcomes,
            "balance_cents": batch.balance_cents,
            "paid_cents": batch.paid_cents,
        },
    )
    session.flush()
    return batch


def _weigh(session: Session, batch_id: int, *, today: dt.date, now: dt.datetime) -> None:
    """Give the new accounts the weights of the house's own table, where it has one."""
    if weights.in_use(session) == weights.InUse():
        return
    first, last = session.execute(
        select(func.min(Account.id), func.max(Account.id)).where(Account.import_batch_id == batch_id)
    ).one()
    if first is not None:
        worklist.weigh(session, first=first, last=last, on=today, now=now)
