"""The Weighting Table: saving it, weighing everything by it, and what it would do to today's list before it is saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.collections.weights import MOST_STATUSES, MOST_WEIGHT, Table, check
from app.domain.errors import RuleViolation
from app.models import Account, CollectionStatus, WeightingTable
from app.services.collections.day import worklist
from app.services.portfolio.records import CHANGED_BY_OTHERS
from app.services.staff import audit
from app.services.staff.audit import Actor

CHUNK = 50_000
"""Account ids that one statement weighs: a second of work."""


def check_all(table: Table, status_points: Mapping[str, int]) -> None:
    """Demand that a table and the weights of the statuses can be used. Raises RuleViolation with the field that is wrong."""
    check(table)
    for code, points in status_points.items():
        if not 0 <= points <= MOST_WEIGHT:
            raise RuleViolation(f"A weight is between 0 and {MOST_WEIGHT:,}.", field=f"status-{code}")
    if sum(points > 0 for points in status_points.values()) > MOST_STATUSES:
        raise RuleViolation(f"At most {MOST_STATUSES} statuses have a weight.", field="statuses")


def save(
    session: Session, table: Table, status_points: Mapping[str, int], *, version: int, now: dt.datetime, actor: Actor
) -> bool:
    """Store a table and the weights of the statuses; returns whether anything was different. Accounts are weighed by `weigh`.

    Raises RuleViolation when it cannot be used, or when somebody else saved one since `version`.
    """
    check_all(table, status_points)
    row = session.scalars(select(WeightingTable).where(WeightingTable.id == 1).with_for_update()).one()
    if row.version != version:
        raise RuleViolation(CHANGED_BY_OTHERS)
    before = _stored(session, row)
    statuses = session.scalars(select(CollectionStatus).where(CollectionStatus.code.in_(status_points))).all()
    for status in statuses:
        status.weight = status_points[status.code]
    row.weights = table.as_json()
    session.flush()
    after = _stored(session, row)
    if before == after:
        return False
    row.changed_at, row.changed_by_id = now, actor.staff_id
    different = [name for name in after if before[name] != after[name]]
    audit.record(
        session,
        "weighting table changed",
        now=now,
        actor=actor,
        entity="weighting_table",
        entity_id=1,
        before={name: before[name] for name in different},
        after={name: after[name] for name in different},
    )
    session.flush()
    return True


def _stored(session: Session, row: WeightingTable) -> dict[str, Any]:
    points = select(CollectionStatus.code, CollectionStatus.weight).where(CollectionStatus.weight > 0)
    return dict(row.weights) | {"statuses": dict(session.execute(points).all())}


def ranges(session: Session) -> list[tuple[int, int]]:
    """The account ids to weigh, in pieces."""
    first, last = session.scalar(select(func.min(Account.id))), session.scalar(select(func.max(Account.id)))
    if first is None or last is None:
        return []
    return [(start, min(start + CHUNK - 1, last)) for start in range(first, last + 1, CHUNK)]


def weigh(session: Session, *, first: int, last: int, today: dt.date, now: dt.datetime) -> int:
    """Weigh the accounts of one piece; returns how many got another weight."""
    return worklist.weigh(session, first=first, last=last, on=today, now=now)
