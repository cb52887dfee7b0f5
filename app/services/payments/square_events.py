"""Hints from Square: kept once by their id, applied by a job, tried again when Square does not answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.square_events import SUBJECTS, EventState, Notice, next_try
from app.models import Setting, SquareEvent
from app.services.portfolio import settings
from app.services.staff import audit
from app.services.staff.audit import Actor

SETTING = "square_webhooks"


def are_on(session: Session) -> bool:
    """Whether notifications are taken; off until somebody turns them on."""
    return session.scalar(select(Setting.value).where(Setting.name == SETTING)) is True


def switch(session: Session, *, on: bool, is_set_up: bool, now: dt.datetime, actor: Actor) -> bool:
    """Turn notifications on or off; returns whether anything changed. Raises RuleViolation while they are not set up."""
    if on and not is_set_up:
        raise RuleViolation("Set SQUARE_WEBHOOK_URL and SQUARE_WEBHOOK_SIGNATURE_KEY first, then start the program again.")
    before = are_on(session)
    if before == on:
        return False
    settings.keep(session, SETTING, on or None, now=now, actor=actor)
    action = "square webhooks turned on" if on else "square webhooks turned off"
    audit.record(session, action, now=now, actor=actor, entity="setting", before={SETTING: before}, after={SETTING: on})
    return True


def receive(session: Session, notices: Iterable[Notice], *, now: dt.datetime, is_replayed: bool = False) -> int:
    """Keep hints; one whose id is known changes nothing. Returns how many are new and wait."""
    rows = [
        {
            "event_id": notice.event_id,
            "type": notice.type,
            "object_id": notice.object_id,
            "happened_at": notice.happened_at,
            "received_at": now,
            "is_replayed": is_replayed,
            "state": EventState.WAITING if notice.subject in SUBJECTS else EventState.IGNORED,
            "look_at": now if notice.subject in SUBJECTS else None,
        }
        for notice in {notice.event_id: notice for notice in notices}.values()
    ]
    if not rows:
        return 0
    kept = insert(SquareEvent).values(rows).on_conflict_do_nothing(index_elements=[SquareEvent.event_id])
    return sum(state is EventState.WAITING for (state,) in session.execute(kept.returning(SquareEvent.state)))


def due(session: Session, *, now: dt.datetime, limit: int = 200) -> Sequence[Notice]:
    """Hints whose time has come, the earliest first. Several about one thing are answered by one look."""
    rows = session.scalars(
        select(SquareEvent)
        .where(SquareEvent.state == EventState.WAITING, SquareEvent.look_at <= now)
        .order_by(SquareEvent.look_at, SquareEvent.id)
        .limit(limit)
    )
    return [Notice(row.event_id, row.type, row.object_id, row.happened_at) for row in rows]


def has_due(session: Session, *, now: dt.datetime) -> bool:
    """Whether any hint waits whose time has come."""
    waiting = select(SquareEvent.id).where(SquareEvent.state == EventState.WAITING, SquareEvent.look_at <= now)
    return session.scalar(waiting.limit(1)) is not None


def done(session: Session, event_ids: Sequence[str], said: str, *, is_ours: bool = True, now: dt.datetime) -> None:
    """Note what came of hints."""
    state = EventState.DONE if is_ours else EventState.IGNORED
    _mark(session, event_ids, state=state, applied_at=now, look_at=None, said=said[:300])


def later(session: Session, event_ids: Sequence[str], said: str, *, now: dt.datetime) -> None:
    """Square did not answer: look again later, or give up after many tries."""
    for event_id in event_ids:
        row = session.scalars(select(SquareEvent).where(SquareEvent.event_id == event_id).with_for_update()).one()
        row.tries += 1
        row.look_at = next_try(row.tries, now)
        row.said = said[:300]
        if row.look_at is None:
            row.state = EventState.FAILED


def _mark(session: Session, event_ids: Sequence[str], **values: object) -> None:
    waiting = SquareEvent.state == EventState.WAITING
    session.execute(
        update(SquareEvent)
        .where(SquareEvent.event_id.in_(list(event_ids)), waiting)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
