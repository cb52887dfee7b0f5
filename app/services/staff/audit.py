"""The audit trail: insert-only, chained by hashes, written at the very end of a transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.models import AuditEvent

_LOCK = 727_001  # Any constant: the advisory lock under which the chain grows.
_PENDING = "pending_audit"
GENESIS = "0" * 64


@dataclass(frozen=True)
class Actor:
    """Who does it, on whose approval, from where. `staff_id` is None for the program itself (a task, the command line)."""

    staff_id: int | None = None
    name: str = "LeaseDesk"
    approver_id: int | None = None
    ip: str | None = None
    request_id: str | None = None


SYSTEM = Actor()


@dataclass
class _Pending:
    values: dict[str, Any] = field(default_factory=dict)


def record(
    session: Session,
    action: str,
    *,
    now: dt.datetime,
    actor: Actor,
    entity: str | None = None,
    entity_id: int | None = None,
    account_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Note one change for the audit trail; it is written when the transaction commits.

    `before` and `after` hold what JSON can hold, dates as ISO text, money in cents.
    """
    session.info.setdefault(_PENDING, []).append(
        _Pending(
            {
                "at": now,
                "actor_id": actor.staff_id,
                "approver_id": actor.approver_id,
                "ip": actor.ip,
                "request_id": actor.request_id,
                "action": action,
                "entity": entity,
                "entity_id": entity_id,
                "account_id": account_id,
                "before": plain(before),
                "after": plain(after),
                "reason": reason,
            }
        )
    )


def plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The same mapping with dates, moments, enums and decimals as text, ready for JSON."""
    if values is None:
        return None
    result: dict[str, Any] = json.loads(json.dumps(dict(values), default=_as_text))
    return result


def _as_text(value: object) -> str:
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return str(value)


def write_pending(session: Session) -> None:
    """Append what was noted to the chain. Called once, by `transaction()`, as the last thing before the commit."""
    pending: list[_Pending] = session.info.pop(_PENDING, [])
    if not pending:
        return
    session.flush()
    session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    previous = session.scalar(select(AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)) or GENESIS
    for item in pending:
        digest = link(previous, item.values)
        session.add(AuditEvent(**item.values, previous_hash=previous, hash=digest))
        session.flush()
        previous = digest


def forget_pending(session: Session) -> None:
    """Drop what was noted: the transaction that noted it was rolled back."""
    session.info.pop(_PENDING, None)


def mark(session: Session) -> int:
    """How much is noted by now, to go back to when a savepoint is rolled back."""
    return len(session.info.get(_PENDING, []))


def forget_since(session: Session, mark: int) -> None:
    """Drop what was noted since a mark."""
    del session.info.get(_PENDING, [])[mark:]


CHAINED = (
    "at",
    "actor_id",
    "approver_id",
    "action",
    "entity",
    "entity_id",
    "account_id",
    "before",
    "after",
    "reason",
    "ip",
    "request_id",
)


def link(previous: str, values: Mapping[str, Any]) -> str:
    """The hash of one event: SHA-256 over the hash before it and the event's own columns as canonical JSON."""
    at = values["at"].astimezone(dt.UTC).isoformat(timespec="microseconds")
    body = {name: values[name] for name in CHAINED} | {"at": at}
    text_of = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_as_text)
    return hashlib.sha256(f"{previous}\n{text_of}".encode()).hexdigest()


def first_broken(session: Session, *, seen: Callable[[int], None] | None = None) -> int | None:
    """The id of the first event whose hash or link is wrong, or None when the chain is whole. Streams all events.

    `seen` is told every thousand events how many were followed.
    """
    previous = GENESIS
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id).execution_options(yield_per=1000))
    for number, event in enumerate(events, start=1):
        if seen is not None and number % 1000 == 0:
            seen(number)
        values = {name: getattr(event, name) for name in CHAINED}
        if event.previous_hash != previous or event.hash != link(previous, values):
            return event.id
        previous = event.hash
    return None
