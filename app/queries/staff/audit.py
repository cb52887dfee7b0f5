"""Who changed what: the audit trail as a list, newest first, paged by id."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.reporting.jobs import JobState
from app.models import Account, AuditEvent, Job, Staff
from app.queries.listing import Dates, Empty, Field, Filter, Join, Kind, Listing, One, Sort, Text
from app.queries.listing.filters import Asking, Given
from app.queries.scope import Viewer, scope

_Approver = aliased(Staff)


@dataclass(frozen=True)
class OfAccount(Filter):
    """Events of the account with this number, found by the account's own index."""

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """The ids of the accounts that carry the number; the same one may exist in several portfolios."""
        numbers = [value.strip() for value in given[self.key]]
        return AuditEvent.account_id.in_(
            scope(select(Account.id).where(Account.account_number.in_(numbers)), Account, asking.viewer)
        )


def _search(words: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    """Events whose action begins with the words, or of the account with that number."""
    accounts = select(Account.id).where(Account.account_number == words.strip())
    found = select(AuditEvent.id).where(
        or_(
            func.lower(AuditEvent.action).startswith(words.strip().lower(), autoescape=True),
            AuditEvent.account_id.in_(accounts),
            AuditEvent.request_id == words.strip(),
        )
    )
    return scope(found.order_by(AuditEvent.id.desc()).limit(limit), AuditEvent, viewer)


AUDIT = Listing(
    AuditEvent,
    fields=[
        Field("at", AuditEvent.at, kind=Kind.MOMENT),
        Field("person", Staff.name, join="actor"),
        Field("approver", _Approver.name, join="approver"),
        Field("action", AuditEvent.action),
        Field("entity", AuditEvent.entity),
        Field("entity_id", AuditEvent.entity_id, kind=Kind.NUMBER),
        Field("account_id", AuditEvent.account_id),
        Field("account_number", Account.account_number, join="account"),
        Field("reason", AuditEvent.reason),
        Field("ip", AuditEvent.ip),
        Field("request_id", AuditEvent.request_id),
        Field("before", AuditEvent.before, kind=Kind.TEXT),
        Field("after", AuditEvent.after, kind=Kind.TEXT),
    ],
    joins=[
        Join("actor", Staff, Staff.id == AuditEvent.actor_id, is_outer=True),
        Join("approver", _Approver, _Approver.id == AuditEvent.approver_id, is_outer=True),
        Join("account", Account, Account.id == AuditEvent.account_id, is_outer=True),
    ],
    sorts={"at": Sort((AuditEvent.id,), empty=Empty.NEVER)},
    filters=[
        One("person", "Person", AuditEvent.actor_id, model=Staff, order_by=Staff.name, none="The program", me="Me"),
        Text("action", "Action", AuditEvent.action),
        Text("entity", "What", AuditEvent.entity),
        OfAccount("account", "Account #", AuditEvent.account_id),
        Dates("on", "Date", AuditEvent.at),
    ],
    order="-at",
    search=_search,
)
"""The trail in the order in which it was written, which is the order of its ids."""


def count(session: Session) -> int:
    """How many events there are."""
    return session.scalar(select(func.count()).select_from(AuditEvent)) or 0


@dataclass(frozen=True, slots=True)
class Verification:
    """The last time that the whole chain was followed."""

    at: dt.datetime
    events: int
    first_broken: int | None


def last_verification(session: Session) -> Verification | None:
    """What the latest finished verification found; None when there was none."""
    job = session.scalar(
        select(Job).where(Job.kind == "verify_audit", Job.state == JobState.DONE).order_by(Job.id.desc()).limit(1)
    )
    if job is None or job.result is None or job.finished_at is None:
        return None
    return Verification(job.finished_at, int(job.result["events"]), job.result["first_broken"])


def of_entity(session: Session, entity: str, entity_id: int, *, limit: int = 50) -> list[AuditEvent]:
    """The latest events of one thing."""
    rows = session.scalars(
        select(AuditEvent)
        .where(and_(AuditEvent.entity == entity, AuditEvent.entity_id == entity_id))
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    )
    return list(rows)
