"""Accounts that a supervisor moved from book to book at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base
from app.models.staff.staff import Staff


class Reassignment(Base):
    """One sharing-out of accounts: who got how many, and whether it was taken back.

    Each account's own history is in `assignment`; the lines of one reassignment have its moment and its author.
    """

    __tablename__ = "reassignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(String(200))
    accounts: Mapped[int]
    moves: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """[{staff_id, name, accounts, past_due_cents}], one for each collector who got any."""
    undone_at: Mapped[dt.datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    by: Mapped[Staff | None] = relationship(foreign_keys=[by_id])

    __table_args__ = (Index("ix_reassignment_at_id", "at", "id"),)
