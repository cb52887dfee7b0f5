"""A batch: planned in one transaction, sent charge by charge, paused, resumed and stopped by people."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.domain.autopay.batches import CONFIGURATION_ERRORS, BatchKind, RunState, SkipReason, may_run
from app.domain.autopay.charges import OPEN_CHARGES, ChargeKind, ChargeState
from app.domain.autopay.requests import frozen_request, hash_of, key_of
from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import JobState
from app.models import AutopayBatch, AutopaySkip, Charge, ChargeEvent, Job
from app.queries.autopay.eligibility import candidates
from app.queries.autopay.settings import autopay_settings
from app.services.autopay import batch_counts
from app.services.autopay.planning import note_for
from app.services.autopay.timeline import Source, turn
from app.services.staff import audit
from app.services.staff.audit import SYSTEM, Actor

AT_ONCE = 1_000
CHARGE_OF = {BatchKind.DAILY: ChargeKind.DUE, BatchKind.RETRY: ChargeKind.RETRY, BatchKind.PROMISES: ChargeKind.PROMISE}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a batch would do, nothing of it written."""

    eligible: int
    charged_cents: int
    skipped: dict[str, int] = field(default_factory=dict)
    """Reason → accounts."""


def preview(session: Session, kind: BatchKind, *, on: dt.date) -> Preview:
    """The dry run."""
    statement, values = candidates(kind, autopay_settings(session), on=on)
    counted = text(
        f"select reason, count(*) as accounts, coalesce(sum(amount_cents), 0) as cents from ({statement.text}) c group by reason"
    ).bindparams(*statement._bindparams.values())
    rows = session.execute(counted, values).all()
    eligible = next((row for row in rows if row.reason is None), None)
    return Preview(
        eligible=eligible.accounts if eligible else 0,
        charged_cents=int(eligible.cents) if eligible else 0,
        skipped={row.reason: row.accounts for row in sorted(rows, key=lambda row: -row.accounts) if row.reason is not None},
    )


def find(session: Session, kind: BatchKind, *, on: dt.date) -> AutopayBatch | None:
    """The batch of a kind of a business date."""
    return session.scalar(select(AutopayBatch).where(AutopayBatch.kind == kind, AutopayBatch.business_on == on))


def open_batch(
    session: Session, kind: BatchKind, *, on: dt.date, location_id: str, now: dt.datetime, actor: Actor
) -> tuple[AutopayBatch, bool]:
    """Plan the batch of a kind of a business date, all of it or nothing; (the batch, whether it is new).

    The same day and kind a second time is the batch that there is: nobody is charged twice by starting twice.
    Raises RuleViolation while AutoPay is locked or Square is not set up. Whether the scheduler is on is another question:
    a person may start a batch without it.
    """
    _demand_unlocked(session)
    if not location_id:
        raise RuleViolation("Square is not set up, so no card can be charged.")
    added = upsert(AutopayBatch).values(business_on=on, kind=kind, started_at=now, planned_by_id=actor.staff_id)
    batch_id = session.scalar(added.on_conflict_do_nothing().returning(AutopayBatch.id))
    if batch_id is None:
        known = find(session, kind, on=on)
        assert known is not None
        return known, False
    _plan_charges(session, batch_id, kind, on=on, location_id=location_id, now=now, actor=actor)
    batch = session.get_one(AutopayBatch, batch_id, populate_existing=True)
    audit.record(
        session,
        "autopay batch planned",
        now=now,
        actor=actor,
        entity="autopay_batch",
        entity_id=batch.id,
        after={"kind": kind, "business_on": on, "eligible": batch.eligible, "left_out": batch.left_out},
    )
    return batch, True


def _plan_charges(
    session: Session, batch_id: int, kind: BatchKind, *, on: dt.date, location_id: str, now: dt.datetime, actor: Actor
) -> None:
    statement, values = candidates(kind, autopay_settings(session), on=on)
    session.execute(text("drop table if exists autopay_candidate"))
    session.execute(text(
        "create temp table autopay_candidate (account_id bigint, account_number text, amount_cents bigint, "
        "installment_number smallint, card_id bigint, square_card_id text, card_identity text, card_version bigint, "
        "square_customer_id text, currency text, reason text) on commit drop"
    ))  # fmt: skip
    filled = text(f"insert into autopay_candidate {statement.text}").bindparams(*statement._bindparams.values())
    session.execute(filled, values)
    session.execute(
        text(
            "insert into autopay_skip (batch_id, account_id, reason, amount_cents) "
            "select :batch, account_id, reason, amount_cents from autopay_candidate where reason is not null"
        ),
        {"batch": batch_id},
    )
    rows = session.execute(text("select * from autopay_candidate where reason is null order by account_id")).all()
    eligible = 0
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        eligible += _write(session, batch_id, kind, some, on=on, location_id=location_id, now=now, actor=actor)
    skipped = session.scalar(select(func.count()).where(AutopaySkip.batch_id == batch_id)) or 0
    session.execute(update(AutopayBatch).where(AutopayBatch.id == batch_id).values(eligible=eligible, left_out=skipped))


def _write(
    session: Session,
    batch_id: int,
    kind: BatchKind,
    rows: Sequence[Row[Any]],
    *,
    on: dt.date,
    location_id: str,
    now: dt.datetime,
    actor: Actor,
) -> int:
    """Write down the charges of some accounts; returns how many there are."""
    values = [_values(row, batch_id, kind, on=on, location_id=location_id, now=now, actor=actor) for row in rows]
    planned = session.execute(upsert(Charge).on_conflict_do_nothing().returning(Charge.id, Charge.account_id), values).all()
    if planned:
        said = {"at": now, "to_state": ChargeState.PLANNED, "source": Source.PLANNING.value, "said": "Planned by the batch"}
        session.execute(
            insert(ChargeEvent), [{"charge_id": charge_id, "by_id": actor.staff_id, **said} for charge_id, _ in planned]
        )
    # A charge that somebody opened meanwhile stands in the way of the others.
    there = {account_id for _, account_id in planned}
    missed = [row for row in rows if row.account_id not in there]
    if missed:
        why = {"batch_id": batch_id, "reason": SkipReason.OPEN_CHARGE}
        session.execute(
            insert(AutopaySkip), [{"account_id": row.account_id, "amount_cents": row.amount_cents, **why} for row in missed]
        )
    return len(planned)


def _values(
    row: Row[Any], batch_id: int, kind: BatchKind, *, on: dt.date, location_id: str, now: dt.datetime, actor: Actor
) -> dict[str, Any]:
    key = key_of(uuid4())
    request = frozen_request(
        key=key,
        source_id=row.square_card_id,
        customer_id=row.square_customer_id,
        amount_cents=row.amount_cents,
        currency=row.currency,
        location_id=location_id,
        note=note_for(row.account_number, row.installment_number),
    )
    return {
        "key": key,
        "account_id": row.account_id,
        "card_id": row.card_id,
        "card_identity": row.card_identity,
        "card_version": row.card_version,
        "batch_id": batch_id,
        "kind": CHARGE_OF[kind],
        "installment_number": row.installment_number,
        "amount_cents": row.amount_cents,
        "currency": row.currency,
        "location_id": location_id,
        "request": request,
        "request_hash": hash_of(request),
        "business_on": on,
        "planned_at": now,
        "planned_by_id": actor.staff_id,
        "state": ChargeState.PLANNED,
    }


def pause(session: Session, batch_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> AutopayBatch:
    """Send nothing more for now; what is under way is settled."""
    return _turn(session, batch_id, RunState.PAUSED, reason, "autopay batch paused", now=now, actor=actor)


def resume(session: Session, batch_id: int, *, today: dt.date, now: dt.datetime, actor: Actor) -> AutopayBatch:
    """Go on with what is planned, on the batch's own business date only: amounts are those of that day."""
    batch = locked(session, batch_id)
    if batch.business_on != today:
        raise RuleViolation("A batch goes on only on its own day; stop it, and today's batch charges what is due.")
    _demand_unlocked(session)
    batch.configuration_errors = 0
    return _turn(session, batch_id, RunState.RUNNING, None, "autopay batch resumed", now=now, actor=actor)


def stop(session: Session, batch_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> AutopayBatch:
    """Charge nothing more in this batch; what is planned is skipped."""
    batch = _turn(session, batch_id, RunState.STOPPED, reason, "autopay batch stopped", now=now, actor=actor)
    planned = session.scalars(
        select(Charge)
        .where(Charge.batch_id == batch_id, Charge.state == ChargeState.PLANNED)
        .order_by(Charge.id)
        .with_for_update(skip_locked=True)
    ).all()
    for charge in planned:
        charge.skip_reason, charge.settled_at = SkipReason.STOPPED.value, now
        turn(session, charge, ChargeState.SKIPPED, f"Batch stopped: {reason}", source=Source.STAFF, now=now, actor=actor)
    batch_counts.write(session)
    batch.finished_at = now
    session.flush()
    return batch


def note_configuration(session: Session, batch_id: int, errors: list[bool], said: str, *, now: dt.datetime) -> bool:
    """Count configuration errors in a row; True when the batch was paused because of too many.

    `errors` says for each answer, in order, whether it was one.
    """
    if not errors:
        return False
    batch = locked(session, batch_id)
    for is_error in errors:
        batch.configuration_errors = batch.configuration_errors + 1 if is_error else 0
    if batch.configuration_errors < CONFIGURATION_ERRORS or batch.state is not RunState.RUNNING:
        session.flush()
        return False
    reason = f"{batch.configuration_errors} configuration errors in a row. {said}"
    _turn(session, batch_id, RunState.PAUSED, reason, "autopay batch paused", now=now, actor=SYSTEM)
    return True


def no_configuration_error(session: Session, batch_id: int) -> None:
    """The row of configuration errors is broken, if there was one."""
    session.execute(
        update(AutopayBatch)
        .where(AutopayBatch.id == batch_id, AutopayBatch.configuration_errors > 0)
        .values(configuration_errors=0)
    )


def finish(session: Session, batch_id: int, *, now: dt.datetime) -> bool:
    """End a running batch once nothing of it is planned or being sent."""
    batch = locked(session, batch_id)
    under_way = select(Charge.id).where(Charge.batch_id == batch_id, Charge.state.in_((ChargeState.PLANNED, ChargeState.SENDING)))
    if batch.state is not RunState.RUNNING or session.scalar(under_way.limit(1)) is not None:
        return batch.state is RunState.DONE
    batch.state, batch.finished_at = RunState.DONE, now
    audit.record(
        session,
        "autopay batch done",
        now=now,
        actor=SYSTEM,
        entity="autopay_batch",
        entity_id=batch.id,
        after={"succeeded": batch.succeeded, "failed": batch.failed, "charged_cents": batch.charged_cents},
    )
    session.flush()
    return True


def unfinished(session: Session) -> list[int]:
    """Batches that run and have charges left to send, or are to be ended; for the tick that finds what a kill left behind."""
    return list(session.scalars(select(AutopayBatch.id).where(AutopayBatch.state == RunState.RUNNING).order_by(AutopayBatch.id)))


def left_behind(session: Session) -> list[int]:
    """Running batches whose jobs have all ended: a worker was killed too often, or the last charge was settled by another."""
    at_work = select(Job.id).where(
        Job.kind == "send_batch",
        Job.state.in_((JobState.PLANNED, JobState.RUNNING)),
        Job.arguments["batch_id"].as_integer() == AutopayBatch.id,
    )
    running = select(AutopayBatch.id).where(AutopayBatch.state == RunState.RUNNING, ~at_work.exists())
    return list(session.scalars(running.order_by(AutopayBatch.id)))


def skipped_by_reason(session: Session, batch_id: int) -> dict[str, int]:
    """Reason → accounts that were left out or found not to be charged any more, the most frequent first."""
    counts: Counter[str] = Counter()
    for reason, count in session.execute(
        select(AutopaySkip.reason, func.count()).where(AutopaySkip.batch_id == batch_id).group_by(AutopaySkip.reason)
    ):
        counts[reason.value] += count
    later = select(Charge.skip_reason, func.count()).where(Charge.batch_id == batch_id, Charge.state == ChargeState.SKIPPED)
    for word, count in session.execute(later.group_by(Charge.skip_reason)):
        counts[word or SkipReason.STOPPED.value] += count
    return dict(counts.most_common())


def states(session: Session, batch_id: int) -> dict[str, int]:
    """State → charges of a batch."""
    rows = session.execute(select(Charge.state, func.count()).where(Charge.batch_id == batch_id).group_by(Charge.state))
    return {state.value: count for state, count in rows}


def open_charges(session: Session, batch_id: int) -> int:
    """Charges of a batch that are not decided."""
    return session.scalar(select(func.count()).where(Charge.batch_id == batch_id, Charge.state.in_(OPEN_CHARGES))) or 0


def locked(session: Session, batch_id: int) -> AutopayBatch:
    """The batch with its row lock."""
    return session.scalars(
        select(AutopayBatch).where(AutopayBatch.id == batch_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _demand_unlocked(session: Session) -> None:
    why = autopay_settings(session).locked_because
    if why is not None:
        raise RuleViolation(why)


def _turn(
    session: Session, batch_id: int, to: RunState, reason: str | None, action: str, *, now: dt.datetime, actor: Actor
) -> AutopayBatch:
    batch = locked(session, batch_id)
    if not may_run(batch.state, to):
        raise RuleViolation(f"The batch is {batch.state.label.lower()}; it cannot be {to.label.lower()} now.")
    if to is not RunState.RUNNING and not (reason or "").strip():
        raise RuleViolation("Say why.", field="reason")
    before, batch.state = batch.state, to
    batch.reason = (reason or "").strip()[:300] or None
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity="autopay_batch",
        entity_id=batch.id,
        before={"state": before},
        after={"state": to},
        reason=batch.reason,
    )
    session.flush()
    return batch
