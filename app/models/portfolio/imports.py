"""Files that came in: the batch and the fate of each of its rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.portfolio.imports import BatchState, ImportFormat, RowOutcome
from app.models.base import Base, WordType
from app.models.portfolio.organization import Portfolio
from app.models.staff.staff import Staff


class ImportBatch(Base):
    """One file: uploaded, previewed, applied as a whole, undone as a whole."""

    __tablename__ = "import_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    format: Mapped[ImportFormat] = mapped_column(WordType(ImportFormat))
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"))
    state: Mapped[BatchState] = mapped_column(WordType(BatchState))
    file_name: Mapped[str] = mapped_column(String(200))
    file_hash: Mapped[str] = mapped_column(String(64))
    file_size: Mapped[int]
    business_on: Mapped[dt.date]
    """Business date on which it was previewed: next due dates and days past due are seen from it."""
    mapping: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """Which column of the file is which field."""
    headers: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    """The file's column names in their order."""
    rows: Mapped[int] = mapped_column(server_default="0")
    outcomes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """Rows per fate."""
    warnings: Mapped[int] = mapped_column(server_default="0")
    balance_cents: Mapped[int] = mapped_column(server_default="0")
    paid_cents: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    applied_at: Mapped[dt.datetime | None]
    undone_at: Mapped[dt.datetime | None]

    portfolio: Mapped[Portfolio] = relationship()
    created_by: Mapped[Staff | None] = relationship()

    __table_args__ = (
        Index("ix_import_batch_created_at_id", "created_at", "id"),
        Index("ix_import_batch_file_hash", "file_hash"),
    )


class ImportRow(Base):
    """One row of a file, as it stood there, as it was read, and what becomes of it."""

    __tablename__ = "import_row"

    batch_id: Mapped[int] = mapped_column(
        ForeignKey("import_batch.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    row_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """Its number in the file, as a spreadsheet shows it."""
    outcome: Mapped[RowOutcome] = mapped_column(WordType(RowOutcome, 32))
    raw: Mapped[list[Any]]
    """The cells in the order of the batch's headers."""
    fields: Mapped[dict[str, Any]]
    """What was read: names as in the format's table, money in cents, dates ISO."""
    problems: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    """[{column, message, severity}]"""
    account_id: Mapped[int | None]
    """The account it became, or the one it repeats."""

    __table_args__ = (Index("ix_import_row_batch_id_outcome", "batch_id", "outcome", "row_number"),)
