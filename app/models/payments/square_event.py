"""What Square told us happened."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.payments.square_events import EventState
from app.models.base import Base, WordType


class SquareEvent(Base):
    """One hint of Square's, kept once by its id. Its body is not kept: what it is about is asked again."""

    __tablename__ = "square_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(64), unique=True)
    type: Mapped[str] = mapped_column(String(64))
    object_id: Mapped[str] = mapped_column(String(64), index=True)
    happened_at: Mapped[dt.datetime]
    received_at: Mapped[dt.datetime]
    is_replayed: Mapped[bool] = mapped_column(server_default="false")
    """Found in Square's list of events, not brought by a notification."""
    state: Mapped[EventState] = mapped_column(WordType(EventState), server_default=EventState.WAITING.value)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    look_at: Mapped[dt.datetime | None]
    """When it is tried (again)."""
    applied_at: Mapped[dt.datetime | None]
    said: Mapped[str | None] = mapped_column(String(300))

    __table_args__ = (
        Index("ix_square_event_waiting", "look_at", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_square_event_received_at_id", "received_at", "id"),
    )

    def __str__(self) -> str:
        return self.type
