"""What Square told us, as a list, and how far behind we are."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.payments.square_events import EventState
from app.models import SquareEvent
from app.queries.listing import Choice, Dates, Field, Flag, Listing, Text

SQUARE_EVENTS = Listing(
    SquareEvent,
    fields=(
        Field("received_at", SquareEvent.received_at, sort=True),
        Field("type", SquareEvent.type, sort=True),
        Field("object_id", SquareEvent.object_id),
        Field("state", SquareEvent.state),
        Field("said", SquareEvent.said),
        Field("happened_at", SquareEvent.happened_at),
        Field("applied_at", SquareEvent.applied_at),
        Field("tries", SquareEvent.tries),
        Field("is_replayed", SquareEvent.is_replayed),
        Field("event_id", SquareEvent.event_id),
    ),
    filters=(
        Choice("state", "State", SquareEvent.state, words=EventState),
        Text("type", "Event", SquareEvent.type),
        Text("object", "About", SquareEvent.object_id),
        Dates("received", "Received", SquareEvent.received_at),
        Flag("replayed", "Replayed", SquareEvent.is_replayed),
    ),
    order="-received_at",
)
"""Hints, the newest first."""


def last_received_at(session: Session) -> dt.datetime | None:
    """When Square told us something last by itself."""
    query = select(SquareEvent.received_at).where(~SquareEvent.is_replayed).order_by(SquareEvent.received_at.desc()).limit(1)
    return session.scalar(query)


def waiting_since(session: Session) -> dt.datetime | None:
    """When the oldest hint came that is not applied yet."""
    return session.scalar(select(func.min(SquareEvent.received_at)).where(SquareEvent.state == EventState.WAITING))
