"""What returns, recoveries and disputes have in common: their history, and the ones of an account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Date, String, cast, literal, select, union_all
from sqlalchemy.orm import Session, joinedload

from app.domain.servicing.disputes import DisputeState
from app.domain.servicing.recoveries import RecoveryState
from app.domain.servicing.returns import ReturnState
from app.domain.words import Word
from app.models import AuditEvent, DeviceReturn, Dispute, Recovery

STATES: dict[str, type[Word]] = {"return": ReturnState, "recovery": RecoveryState, "dispute": DisputeState}
"""Which words the state of each kind is one of."""


def history(session: Session, row: Any) -> Sequence[AuditEvent]:
    """Every step of a return, a recovery or a dispute, with who took it, the newest first."""
    query = select(AuditEvent).where(AuditEvent.entity == row.__tablename__, AuditEvent.entity_id == row.id)
    return session.scalars(query.options(joinedload(AuditEvent.actor)).order_by(AuditEvent.id.desc()).limit(200)).all()


@dataclass(frozen=True, slots=True)
class Case:
    """A return, a recovery or a dispute of an account in a line."""

    kind: str
    """return, recovery or dispute: also the last part of its address, in the plural."""
    id: int
    began_on: dt.date
    state: Word
    about: str
    until_on: dt.date | None


def of_account(session: Session, account_id: int) -> list[Case]:
    """All of them, the newest first, in one statement."""

    def lines(kind: str, model: Any, began_on: Any, state: Any, about: Any, until_on: Any) -> Any:
        # As plain text: the three words of the states are three types, and a union has one.
        return select(
            literal(kind).label("kind"),
            model.id.label("id"),
            began_on.label("began_on"),
            cast(state, String).label("state"),
            cast(about, String).label("about"),
            cast(until_on, Date).label("until_on"),
        ).where(model.account_id == account_id)

    both = union_all(
        lines("return", DeviceReturn, DeviceReturn.initiated_on, DeviceReturn.state, DeviceReturn.reason, None),
        lines("recovery", Recovery, Recovery.opened_on, Recovery.state, Recovery.reason, None),
        lines("dispute", Dispute, Dispute.opened_on, Dispute.state, Dispute.reason, Dispute.deadline_on),
    ).subquery()
    rows = session.execute(select(both).order_by(both.c.began_on.desc(), both.c.id.desc()))
    return [Case(row.kind, row.id, row.began_on, STATES[row.kind](row.state), row.about, row.until_on) for row in rows]
