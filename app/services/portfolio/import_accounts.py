"""Accounts that come in with a file: how the rows of a batch become customers, accounts and schedules, and go again.

Set-based throughout: the rows that were read are already in the database, so what becomes of them is computed there.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Account, ImportBatch
from app.queries.collections import weights
from app.services.collections.day import worklist
from app.services.portfolio import import_accounts_undo
from app.services.portfolio.import_landing import Landing
from app.services.portfolio.import_staging import mark_repeated, stage
from app.services.portfolio.import_writing import write_accounts, write_openings, write_schedules
from app.services.reporting.progress import Progress
from app.services.staff.audit import Actor


def decide(session: Session, batch: ImportBatch, *, today: dt.date) -> int:
    """Turn rows whose contract is in the portfolio already into duplicates; returns how many."""
    column = batch.mapping.get("columns", {}).get("approval_id")
    return mark_repeated(session, batch.id, portfolio_id=batch.portfolio_id, column=column)


def write(
    session: Session, batch: ImportBatch, *, progress: Progress, today: dt.date, now: dt.datetime, actor: Actor
) -> dict[str, int]:
    """Write the accounts of a batch. Next due dates and days past due are those of `today`, whenever it was previewed."""
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
    return {"accounts": accounts}


def _weigh(session: Session, batch_id: int, *, today: dt.date, now: dt.datetime) -> None:
    """Give the new accounts the weights of the house's own table, where it has one."""
    if weights.in_use(session) == weights.InUse():
        return
    first, last = session.execute(
        select(func.min(Account.id), func.max(Account.id)).where(Account.import_batch_id == batch_id)
    ).one()
    if first is not None:
        worklist.weigh(session, first=first, last=last, on=today, now=now)


ACCOUNTS = Landing(
    decide=decide,
    write=write,
    remove=import_accounts_undo.remove,
    looking="Looking for contracts that exist already",
    makes_accounts=True,
)
