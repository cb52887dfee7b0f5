"""The log of calls to the outside."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class ApiCall(Base):
    """One call to an outside service: what was asked, and what came of it. Secrets and card data are never among it.

    Without foreign keys: the record outlives what it speaks of, until its retention is over.
    """

    __tablename__ = "api_call"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    service: Mapped[str] = mapped_column(String(20))
    endpoint: Mapped[str] = mapped_column(String(80))
    account_id: Mapped[int | None]
    charge_id: Mapped[int | None]
    request: Mapped[dict[str, Any]]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    """HTTP status; null when no answer came."""
    error: Mapped[str | None] = mapped_column(String(300))
    milliseconds: Mapped[int]

    __table_args__ = (
        Index("ix_api_call_at_id", "at", "id"),
        Index("ix_api_call_account_id_id", "account_id", "id"),
        Index("ix_api_call_charge_id", "charge_id"),
    )
