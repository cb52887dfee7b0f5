"""Money that comes in with a file: remittances whose account is to be found, and payments whose account the file names.

What clearly belongs to one account is posted, the rest waits on the Reconciliation page. All of a file comes in with one
commit; undoing it reverses its payments, since nothing of the ledger is ever deleted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.matching import Match, Remitted, clear_match, ranked
from app.domain.payments.remittances import RemittanceState
from app.domain.portfolio.imports import ImportFormat, RowOutcome
from app.models import Account, ImportBatch, ImportRow, Remittance
from app.queries.payments import matching
from app.services.payments import remittances
from app.services.portfolio.import_landing import Landing
from app.services.portfolio.import_named_payments import decide_named
from app.services.portfolio.import_rows import COMING, Decision, note_decisions
from app.services.portfolio.import_tally import count_again, note
from app.services.reporting.progress import Progress
from app.services.staff.audit import Actor

ROWS_BETWEEN_REPORTS = 50
NAMED = 3

_REPEATED = text(
    """
    update import_row r set outcome = 'skipped:duplicate',
        problems = jsonb_build_array(jsonb_build_object('column', cast(:column as text), 'severity', 'error', 'message', said))
    from (
        select r.row_number, coalesce(
            'Reference ' || (r.fields ->> 'reference') || ' came in already' || coalesce(' with import ' || known.batch_id, ''),
            'A payment with reference ' || (r.fields ->> 'reference') || ' is posted already') as said
        from import_row r
        left join lateral (
            select m.id, m.import_batch_id as batch_id from remittance m
            where m.portfolio_id = :portfolio and m.reference = r.fields ->> 'reference' and m.state <> 'undone' limit 1
        ) known on true
        left join lateral (
            select p.id from payment p join account a on a.id = p.account_id and a.portfolio_id = :portfolio
            where p.reference = r.fields ->> 'reference' and p.method = r.fields ->> 'method' and p.kind = 'payment'
                and p.state in ('pending', 'processing', 'complete') limit 1
        ) posted on true
        where r.batch_id = :batch and r.outcome in ('posted', 'queued') and (known.id is not null or posted.id is not null)
    ) found
    where r.batch_id = :batch and r.row_number = found.row_number
    """
)

_FUTURE = text(
    """
    update import_row r set outcome = 'rejected:date',
        problems = jsonb_build_array(jsonb_build_object('column', cast(:column as text), 'severity', 'error', 'message',
            (r.fields ->> 'paid_on') || ' is in the future'))
    where r.batch_id = :batch and r.outcome in ('posted', 'queued') and (r.fields ->> 'paid_on')::date > :today
    """
)

_WRITE = text(
    """
    insert into remittance (portfolio_id, import_batch_id, row_number, paid_on, amount_cents, sender, memo, method, reference,
        state, score, reasons, created_at)
    select :portfolio, :batch, r.row_number, f.paid_on, f.amount_cents, coalesce(f.sender, ''), coalesce(f.memo, ''), f.method,
        f.reference, 'queued', f.score, coalesce(f.reasons, '[]'), :now
    from import_row r
    cross join lateral jsonb_to_record(r.fields) as f(
        paid_on date, amount_cents bigint, sender text, memo text, method text, reference text, score int, reasons jsonb)
    where r.batch_id = :batch and r.outcome in ('posted', 'queued')
    order by r.row_number
    """
)


def decide(session: Session, batch: ImportBatch, *, today: dt.date) -> int:
    """Find duplicates and the accounts of the rest; returns how many rows were looked at."""
    columns: Mapping[str, str] = batch.mapping.get("columns", {})
    given = {"batch": batch.id, "portfolio": batch.portfolio_id}
    session.execute(_REPEATED, given | {"column": columns.get("reference")})
    session.execute(_FUTURE, {"batch": batch.id, "today": today, "column": columns.get("paid_on")})
    rows = session.execute(
        select(ImportRow.row_number, ImportRow.fields).where(ImportRow.batch_id == batch.id, ImportRow.outcome.in_(COMING))
    ).all()
    if batch.format is ImportFormat.PAYMENTS:
        note_decisions(session, batch.id, decide_named(session, batch, rows))
    else:
        note_decisions(session, batch.id, _matched(session, batch, rows))
    return batch.rows


def _matched(session: Session, batch: ImportBatch, rows: Sequence[Any]) -> Iterable[Decision]:
    """What becomes of remittances: posted where one account stands out, queued with the best suggestion otherwise."""
    threshold = matching.threshold(session)
    remitted = {row.row_number: remitted_of(row.fields) for row in rows}
    found = matching.candidates(session, remitted, portfolio_id=batch.portfolio_id)
    for number, one in remitted.items():
        matches = ranked(one, found.get(number, ()))
        clear = clear_match(matches, one.amount_cents, threshold=threshold)
        yield Decision(
            number,
            RowOutcome.POSTED if clear else RowOutcome.QUEUED,
            account_id=clear.candidate.account_id if clear else None,
            fields=_told(matches, clear, threshold),
        )


def remitted_of(fields: Mapping[str, Any]) -> Remitted:
    """What a row says, as the rule of matching wants it."""
    paid_on = dt.date.fromisoformat(fields["paid_on"])
    return Remitted(paid_on, fields["amount_cents"], fields.get("sender", ""), fields.get("memo", ""))


def _told(matches: Sequence[Match], clear: Match | None, threshold: int) -> dict[str, Any]:
    """The best suggestion and why, or why not."""
    if not matches:
        return {"score": 0, "reasons": ["No account fits"], "account_number": None, "customer": None}
    best = matches[0]
    reasons = list(best.reasons)
    if clear is None and best.score >= threshold:
        close = [other.candidate.account_number for other in matches[1:2]]
        reasons.append(f"not alone: {close[0]} fits as well" if close and best.candidate.is_open else "must be looked at")
    return {
        "score": best.score,
        "reasons": reasons,
        "account_number": best.candidate.account_number,
        "customer": best.candidate.name,
    }


def write(
    session: Session, batch: ImportBatch, *, progress: Progress, today: dt.date, now: dt.datetime, actor: Actor
) -> dict[str, int]:
    """Keep every row as a remittance, and post those whose account is clear."""
    session.execute(_WRITE, {"batch": batch.id, "portfolio": batch.portfolio_id, "now": now})
    # In the order of the accounts, so that two imports at once cannot wait for each other in a circle.
    planned = session.execute(
        select(Remittance.id, ImportRow.row_number, ImportRow.account_id)
        .join(ImportRow, (ImportRow.batch_id == batch.id) & (ImportRow.row_number == Remittance.row_number))
        .where(Remittance.import_batch_id == batch.id, ImportRow.outcome == RowOutcome.POSTED)
        .order_by(ImportRow.account_id, Remittance.paid_on, Remittance.id)
    ).all()
    progress(planned=len(planned), done=0, step="Posting payments")
    kept: list[Decision] = []
    for done, (remittance_id, row_number, account_id) in enumerate(planned, 1):
        why_not = _post(session, remittance_id, account_id, batch, today=today, now=now, actor=actor)
        if why_not is not None:
            kept.append(Decision(row_number, RowOutcome.QUEUED, fields={"reasons": [why_not]}))
        if done % ROWS_BETWEEN_REPORTS == 0:
            progress(done=done, step="Posting payments")
    if kept:
        note_decisions(session, batch.id, kept)
        note(batch, count_again(session, batch))
    waiting = session.scalar(
        select(func.count())
        .select_from(Remittance)
        .where(Remittance.import_batch_id == batch.id, Remittance.state == RemittanceState.QUEUED)
    )
    return {"posted": len(planned) - len(kept), "queued": int(waiting or 0)}


def _post(
    session: Session,
    remittance_id: int,
    account_id: int | None,
    batch: ImportBatch,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> str | None:
    """Post one remittance; the sentence that says why it waits instead, if it does."""
    remittance = session.get_one(Remittance, remittance_id)
    assert account_id is not None  # A row that posts has its account.
    account = session.get_one(Account, account_id)
    if batch.format is ImportFormat.REMITTANCES and account.balance_cents < remittance.amount_cents:
        why_not = f"{as_text(account.balance_cents)} is owed by now, less than came in"
    else:
        try:
            remittances.post(
                session, remittance, [(account_id, remittance.amount_cents)], by_itself=True, today=today, now=now, actor=actor
            )
            return None
        except RuleViolation as refused:
            why_not = refused.message
    remittance.reasons = [why_not]
    return why_not


def remove(
    session: Session, batch: ImportBatch, *, progress: Progress, today: dt.date, now: dt.datetime, actor: Actor
) -> dict[str, int]:
    """Reverse the payments of a batch and forget what waits. Refused when a person has decided about some of it."""
    rows = session.scalars(
        select(Remittance)
        .where(Remittance.import_batch_id == batch.id, Remittance.state != RemittanceState.UNDONE)
        .order_by(Remittance.id)
        .with_for_update()
    ).all()
    by_hand = [row.reference for row in rows if row.decided_by_id is not None]
    if by_hand:
        named = ", ".join(by_hand[:NAMED]) + (" and others" if len(by_hand) > NAMED else "")
        raise RuleViolation(
            f"{len(by_hand):,} of the payments of this import {'was' if len(by_hand) == 1 else 'were'} matched or left alone by "
            f"hand since ({named}). Take that back on the Reconciliation page first."
        )
    progress(planned=len(rows), done=0, step="Reversing payments")
    for done, row in enumerate(rows, 1):
        remittances.take_out(session, row, today=today, now=now, actor=actor)
        if done % ROWS_BETWEEN_REPORTS == 0:
            progress(done=done, step="Reversing payments")
    return {"payments": len(rows)}


MONEY = Landing(decide=decide, write=write, remove=remove, looking="Looking for the accounts of the payments")
