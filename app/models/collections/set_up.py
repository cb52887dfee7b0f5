"""How collecting is set up: statuses, weights, settings, and what each collector takes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.collections.assigning import ALPHABET, AmountBasis
from app.domain.collections.statuses import IntervalUnit
from app.models.base import Base, WordType
from app.models.collections.work import FollowUp
from app.models.portfolio.organization import Portfolio
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class CollectionStatus(Base):
    """A code that says where collecting an account stands, with the defaults that setting it brings."""

    __tablename__ = "collection_status"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(2), unique=True)
    description: Mapped[str] = mapped_column(String(80))
    is_supervisor_type: Mapped[bool] = mapped_column(server_default="false")
    """Only a supervisor takes an account out of it."""
    follow_up_interval: Mapped[int | None] = mapped_column(SmallInteger)
    """In how many units the follow-up falls due; null: setting the status plans nothing."""
    follow_up_unit: Mapped[IntervalUnit | None] = mapped_column(WordType(IntervalUnit))
    weight: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Points of the Weighting Table; at most ten statuses have any."""
    is_automatic: Mapped[bool] = mapped_column(server_default="false")
    """Given by the end of day."""
    is_active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (
        CheckConstraint("code ~ '^[0-9A-Z]{2}$'", name="code_of_two"),
        CheckConstraint("weight between 0 and 9999", name="weight_in_range"),
        CheckConstraint("(follow_up_interval is null) = (follow_up_unit is null)", name="interval_with_unit"),
        CheckConstraint("follow_up_interval between 1 and 999", name="interval_in_range"),
    )
    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return f"{self.code} {self.description}"


class AccountCollectionStatus(Base):
    """The collection status that an account has now. An account without a row is in 00."""

    __tablename__ = "account_collection_status"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    status_id: Mapped[int] = mapped_column(ForeignKey("collection_status.id"), index=True)
    since_at: Mapped[dt.datetime]
    follow_up_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up.id"), index=True)
    """What setting it planned; it is cancelled when the status changes."""
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Null: the end of day."""

    account: Mapped[Account] = relationship()
    status: Mapped[CollectionStatus] = relationship()
    follow_up: Mapped[FollowUp | None] = relationship()


class CollectionStatusChange(Base):
    """An account went from one collection status to another."""

    __tablename__ = "collection_status_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    from_code: Mapped[str] = mapped_column(String(2))
    to_code: Mapped[str] = mapped_column(String(2))
    at: Mapped[dt.datetime]
    business_on: Mapped[dt.date]
    reason: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    is_skipped: Mapped[bool] = mapped_column(server_default="false")
    """The end of day wanted it, and a supervisor's status forbade it."""

    account: Mapped[Account] = relationship()
    by: Mapped[Staff | None] = relationship()

    __table_args__ = (
        Index("ix_collection_status_change_account_id_at", "account_id", "at"),
        # An end of day decides about an account once, however often it is run.
        Index(
            "uq_collection_status_change_automatic",
            "account_id",
            "business_on",
            unique=True,
            postgresql_where=text("by_id is null"),
        ),
    )


class WeightingTable(Base):
    """The one table of weights; `app.domain.collections.weights.Table` reads and checks what it holds."""

    __tablename__ = "weighting_table"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    weights: Mapped[dict[str, Any]]
    changed_at: Mapped[dt.datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    version: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
    __mapper_args__ = {"version_id_col": version}


class CollectionSettings(Base):
    """What holds for collecting in all portfolios (LeasePak U1121)."""

    __tablename__ = "collection_settings"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount_basis: Mapped[AmountBasis] = mapped_column(WordType(AmountBasis), server_default=AmountBasis.DELINQUENT.value)
    """Which amount collectors' limits speak of."""
    has_thirty_day_months: Mapped[bool] = mapped_column(server_default="false")
    """The age bands of the Weighting Table count months of 30 days."""
    reassigns: Mapped[bool] = mapped_column(server_default="true")
    """Perform automatic reassignment during the end of day; off wins over what a lessee's own switch says."""
    steps_off: Mapped[list[str]] = mapped_column(ARRAY(String(24)), server_default="{}")
    """Steps of the end of day that do not run."""
    thresholds: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default="{30,60}")
    """Days past due whose crossing is an alert."""
    version: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
    __mapper_args__ = {"version_id_col": version}


class PortfolioCollectionSettings(Base):
    """What holds for collecting in one portfolio (LeasePak U1122)."""

    __tablename__ = "portfolio_collection_settings"

    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"), primary_key=True, autoincrement=False)
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Gets what fits no collector."""
    version: Mapped[int] = mapped_column(server_default="1")

    portfolio: Mapped[Portfolio] = relationship()
    supervisor: Mapped[Staff | None] = relationship()

    __mapper_args__ = {"version_id_col": version}


class CollectorProfile(Base):
    """A collection user (LeasePak U1131). "Access all collection users" is `Staff.sees_all_accounts`."""

    __tablename__ = "collector_profile"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, autoincrement=False)
    # Signature.
    title: Mapped[str | None] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(20))
    fax: Mapped[str | None] = mapped_column(String(20))
    # Account assignment.
    name_letters: Mapped[str] = mapped_column(String(26), server_default=ALPHABET)
    status_letters: Mapped[str] = mapped_column(String(26), server_default=ALPHABET)
    minimum_cents: Mapped[int] = mapped_column(server_default="0")
    maximum_cents: Mapped[int | None]
    """Null: no upper end."""
    portfolio_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    """Empty means all, here and in the next three."""
    company_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    region_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    office_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    # Work schedule.
    sort_order: Mapped[str] = mapped_column(String(24), server_default="weight")
    # Menu access.
    menu: Mapped[list[str]] = mapped_column(ARRAY(String(24)), server_default="{}")
    # Supervisor.
    is_supervisor: Mapped[bool] = mapped_column(server_default="false")
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # Default user.
    default_user_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Whose profile this one was started from."""
    version: Mapped[int] = mapped_column(server_default="1")

    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
    supervisor: Mapped[Staff | None] = relationship(foreign_keys=[supervisor_id])
    default_user: Mapped[Staff | None] = relationship(foreign_keys=[default_user_id])

    __table_args__ = (
        CheckConstraint("minimum_cents >= 0 and maximum_cents >= minimum_cents", name="amounts_in_order"),
        CheckConstraint("name_letters ~ '^[A-Z]*$' and status_letters ~ '^[A-Z]*$'", name="letters"),
    )
    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.staff.name


class ReassignmentHold(Base):
    """The end of day never gives this account to another collector ("manual reassignment": N)."""

    __tablename__ = "reassignment_hold"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    account: Mapped[Account] = relationship()
