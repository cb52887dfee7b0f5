"""Dealer reconciliations: what dealers were paid per contract; every file adds to the running total of its portfolio."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CursorResult, delete, func, select, text
from sqlalchemy.orm import Session

from app.models import DealerFunding, ImportBatch
from app.services.portfolio.import_landing import Landing
from app.services.reporting.progress import Progress
from app.services.staff.audit import Actor

_KNOWN = text(
    """
    update import_row r
    set outcome = 'skipped:duplicate',
        problems = jsonb_build_array(jsonb_build_object('column', cast(:column as text), 'severity', 'error', 'message',
            'Contract ' || f.contract_number || ' was paid by import ' || f.import_batch_id || ' already'))
    from dealer_funding f
    where r.batch_id = :batch and r.outcome = 'imported'
        and f.portfolio_id = :portfolio and f.contract_number = r.fields ->> 'contract_number'
    """
)

_WRITE = text(
    """
    insert into dealer_funding (portfolio_id, import_batch_id, contract_number, dealer, funded_on, cost_cents, adjustment_cents,
        net_cents)
    select :portfolio, :batch, f.contract_number, f.dealer, f.funded_on, f.cost_cents, coalesce(f.adjustment_cents, 0),
        f.net_cents
    from import_row r
    cross join lateral jsonb_to_record(r.fields) as f(
        contract_number text, dealer text, funded_on date, cost_cents bigint, adjustment_cents bigint, net_cents bigint)
    where r.batch_id = :batch and r.outcome = 'imported'
    order by r.row_number
    """
)


def running_total_cents(session: Session, portfolio_id: int) -> int:
    """The net amounts of all dealer reconciliations that came into a portfolio."""
    query = select(func.coalesce(func.sum(DealerFunding.net_cents), 0)).where(DealerFunding.portfolio_id == portfolio_id)
    return int(session.scalar(query) or 0)


def decide(session: Session, batch: ImportBatch, *, today: dt.date) -> int:
    """Turn rows whose contract an earlier file has paid already into duplicates; returns how many."""
    column = batch.mapping.get("columns", {}).get("contract_number")
    result = session.execute(_KNOWN, {"batch": batch.id, "portfolio": batch.portfolio_id, "column": column})
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def write(
    session: Session, batch: ImportBatch, *, progress: Progress, today: dt.date, now: dt.datetime, actor: Actor
) -> dict[str, int]:
    """Add the contracts of a batch to the running total."""
    progress(step="Adding to the running total")
    session.execute(_WRITE, {"batch": batch.id, "portfolio": batch.portfolio_id})
    return {"running_total_cents": running_total_cents(session, batch.portfolio_id)}


def remove(
    session: Session, batch: ImportBatch, *, progress: Progress, today: dt.date, now: dt.datetime, actor: Actor
) -> dict[str, int]:
    """Take a batch out of the running total again."""
    progress(step="Taking it out of the running total")
    session.execute(delete(DealerFunding).where(DealerFunding.import_batch_id == batch.id))
    return {"running_total_cents": running_total_cents(session, batch.portfolio_id)}


FUNDING = Landing(decide=decide, write=write, remove=remove, looking="Looking for contracts that were paid already")
