"""Who changed what: insert-only and chained, so that a removed or altered row shows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base
from app.models.staff.staff import Staff


class AuditEvent(Base):
    """One change. `hash` covers the row and the hash before it (see `services.staff.audit`)."""

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    action: Mapped[str] = mapped_column(String(60))
    """A verb in the past: "payment posted", "staff role changed"."""
    entity: Mapped[str | None] = mapped_column(String(40))
    entity_id: Mapped[int | None]
    account_id: Mapped[int | None]
    """The account it belongs to, without a foreign key: the record outlives what it speaks of."""
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    ip: Mapped[str | None] = mapped_column(String(45))
    request_id: Mapped[str | None] = mapped_column(String(36))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)

    actor: Mapped[Staff | None] = relationship(foreign_keys=[actor_id])

    __table_args__ = (
        Index("ix_audit_event_at_id", "at", "id"),
        Index("ix_audit_event_account_id_id", "account_id", "id"),
        Index("ix_audit_event_entity_entity_id", "entity", "entity_id"),
        Index("ix_audit_event_actor_id_id", "actor_id", "id"),
    )
