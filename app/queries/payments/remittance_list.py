"""Remittances as a list: what waits and since when, what was posted, what was left alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, Select, cast, func, or_, select
from sqlalchemy.orm import Session

from app.domain.payments.kinds import PaymentMethod
from app.domain.payments.remittances import RemittanceState
from app.models import Portfolio, Remittance, Staff
from app.queries.listing import TODAY, Choice, Dates, Field, Join, Kind, Listing, Money, Numbers
from app.queries.scope import Viewer, scope

AGE: Any = cast(TODAY - Remittance.paid_on, Integer)
"""Days since the money came."""

_WAITS = Remittance.state == RemittanceState.QUEUED


def _matching(words: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    """Remittances whose sender, memo or reference holds the words."""
    bare = words.strip()
    found = select(Remittance.id).where(
        or_(
            Remittance.sender.icontains(bare, autoescape=True),
            Remittance.memo.icontains(bare, autoescape=True),
            Remittance.reference.istartswith(bare, autoescape=True),
        )
    )
    found = scope(found, Remittance, viewer)
    return found if limit is None else found.limit(limit)


REMITTANCES = Listing(
    Remittance,
    joins=(
        Join("portfolio", Portfolio, Portfolio.id == Remittance.portfolio_id),
        Join("by", Staff, Staff.id == Remittance.decided_by_id, is_outer=True),
    ),
    fields=(
        Field("paid_on", Remittance.paid_on, sort=True),
        Field("amount_cents", Remittance.amount_cents, sort=True, total=True),
        Field("sender", Remittance.sender, sort=True),
        Field("memo", Remittance.memo),
        Field("method", Remittance.method),
        Field("reference", Remittance.reference),
        Field("state", Remittance.state),
        Field("score", Remittance.score, kind=Kind.NUMBER, sort=True),
        Field("reasons", Remittance.reasons, kind=Kind.TEXT),
        Field("note", Remittance.note),
        Field("age", AGE, kind=Kind.NUMBER),
        Field("decided_at", Remittance.decided_at),
        Field("by", Staff.name, "by"),
        Field("portfolio", Portfolio.name, "portfolio"),
        Field("import_batch_id", Remittance.import_batch_id, kind=Kind.NUMBER),
    ),
    filters=(
        Choice("state", "Status", Remittance.state, words=RemittanceState),
        Choice("method", "Method", Remittance.method, words=PaymentMethod),
        Dates("paid", "Date", Remittance.paid_on),
        Money("amount", "Amount", Remittance.amount_cents),
        Numbers("age", "Days waiting", AGE),
        Numbers("score", "Score", Remittance.score),
    ),
    order="paid_on",
    search=_matching,
)


def next_waiting(session: Session, viewer: Viewer, *, after: Remittance | None = None) -> int | None:
    """The remittance that has waited longest; with `after` the one that comes behind it, or the first again."""
    query = scope(select(Remittance.id).where(_WAITS), Remittance, viewer).order_by(Remittance.paid_on, Remittance.id).limit(1)
    if after is not None:
        behind = session.scalar(
            query.where(
                or_(
                    Remittance.paid_on > after.paid_on,
                    (Remittance.paid_on == after.paid_on) & (Remittance.id > after.id),
                )
            )
        )
        if behind is not None:
            return behind
    return session.scalar(query)


def waiting(session: Session, viewer: Viewer) -> tuple[int, int, Any]:
    """How many wait, how many cents, since which date."""
    figures: Any = select(func.count(), func.coalesce(func.sum(Remittance.amount_cents), 0), func.min(Remittance.paid_on)).where(
        _WAITS
    )
    count, cents, since = session.execute(scope(figures, Remittance, viewer)).one()
    return count, int(cents), since
