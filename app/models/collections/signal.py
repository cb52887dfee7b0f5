"""What an account's behaviour says: figures, signals with their evidence, and the points and bands that make a risk of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.collections.signals import Risk, SignalKind
from app.models.base import Base, WordType
from app.models.servicing.account import Account


class AccountBehavior(Base):
    """How one account was paid, as of a business date: written by the end of day, and fresh when its page is opened."""

    __tablename__ = "account_behavior"
    __table_args__ = (
        Index("ix_account_behavior_score_account_id", "score", "account_id"),
        Index("ix_account_behavior_risk_score_account_id", "risk", "score", "account_id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    as_of_on: Mapped[dt.date]
    judged: Mapped[int] = mapped_column(SmallInteger)
    """Installments that fell due and can be judged."""
    on_time: Mapped[int] = mapped_column(SmallInteger)
    on_time_rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    due_lines: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Installments that fell due, of which it is known when they were paid, or that they are open."""
    open_lines: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Those of them that are open."""
    late_base: Mapped[int] = mapped_column(Integer, server_default="0")
    """Days by which the others were late, less the days from the first of 2000 to the due dates of the open ones.

    So `late_base + open_lines × (a day - the first of 2000)` are all days late up to any day, and nothing is written here on
    a night on which nothing happened but that a day passed.
    """
    pti_rate: Mapped[Decimal | None] = mapped_column(Numeric(9, 4))
    """Payments to income; null: the income is not known."""
    score: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    risk: Mapped[Risk] = mapped_column(WordType(Risk), server_default=Risk.LOW.value)

    account: Mapped[Account] = relationship()


class AccountSignal(Base):
    """One signal that an account shows now."""

    __tablename__ = "account_signal"
    __table_args__ = (Index("ix_account_signal_kind", "kind"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    kind: Mapped[SignalKind] = mapped_column(WordType(SignalKind), primary_key=True)
    seen_on: Mapped[dt.date]
    """The day of the evidence."""
    evidence: Mapped[str] = mapped_column(String(200))

    account: Mapped[Account] = relationship()


class SignalWeight(Base):
    """The points of one kind of signal in the score; good ones have fewer than 0."""

    __tablename__ = "signal_weight"
    __table_args__ = (CheckConstraint("points between -100 and 100", name="points_within_reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[SignalKind] = mapped_column(WordType(SignalKind), unique=True)
    points: Mapped[int] = mapped_column(SmallInteger)
    is_active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.kind.label


class RiskBand(Base):
    """From which score on a risk is medium, and from which it is high."""

    __tablename__ = "risk_band"
    __table_args__ = (CheckConstraint("from_score between 0 and 1000", name="from_score_within_reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    risk: Mapped[Risk] = mapped_column(WordType(Risk), unique=True)
    from_score: Mapped[int] = mapped_column(SmallInteger)
    version: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.risk.label
