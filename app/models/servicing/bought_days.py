"""Days that part payments bought: by how much the rest of an installment falls due later."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class BoughtDays(Base):
    """From a day on the rest of an installment falls due so many days later. Derived: replay makes the same rows again.

    Only contracts whose policy lets a part payment move the due date have rows. The newest row of a line stands in
    `Installment.bought_days` too; the older ones tell its due date on a day of the past.
    """

    __tablename__ = "bought_days"

    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    from_on: Mapped[dt.date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(SmallInteger)
    """0 from the day on which the rest was paid."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "number"],
            ["installment.account_id", "installment.number"],
            name="fk_bought_days_installment",
            ondelete="CASCADE",
        ),
        Index("ix_bought_days_from_on", "from_on", "account_id"),
        CheckConstraint("days >= 0", name="days_not_negative"),
    )
