"""The people who work here, how they sign in and what they may see."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, SmallInteger, String, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.staff.roles import Role
from app.models.base import Base, WordType
from app.models.portfolio.organization import Portfolio


class Staff(Base):
    """A member of staff. The PIN is kept as an argon2id hash only: it can be set, never shown."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(254))
    role: Mapped[Role] = mapped_column(WordType(Role))
    is_active: Mapped[bool] = mapped_column(server_default="true")
    sees_all_accounts: Mapped[bool] = mapped_column(server_default="false")
    """A collector with "access all collection users"; supervisors and above see all anyway."""
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    must_change_pin: Mapped[bool] = mapped_column(server_default="true")
    failed_sign_ins: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    locked_until_at: Mapped[dt.datetime | None]
    last_signed_in_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    version: Mapped[int] = mapped_column(server_default="1")

    portfolios: Mapped[list[Portfolio]] = relationship(secondary="staff_portfolio")
    """The only portfolios they see; none means all."""

    __table_args__ = (Index("uq_staff_username", func.lower(username), unique=True),)
    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.name


class StaffPortfolio(Base):
    """A restriction of one member of staff to one portfolio."""

    __tablename__ = "staff_portfolio"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"), primary_key=True, index=True)


class StaffSession(Base):
    """One signed-in browser. Kept in the database so that it can be ended from here, at once.

    The cookie carries a random token; only its SHA-256 is stored.
    """

    __tablename__ = "staff_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime]
    last_seen_at: Mapped[dt.datetime]
    stepped_up_at: Mapped[dt.datetime | None]
    ip: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(200))
    ended_at: Mapped[dt.datetime | None]
    ended_reason: Mapped[str | None] = mapped_column(String(40))

    staff: Mapped[Staff] = relationship()


class SavedView(Base):
    """A named state of a list (its filters, columns, order), own or shared."""

    __tablename__ = "saved_view"

    id: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[str] = mapped_column(String(60), index=True)
    name: Mapped[str] = mapped_column(String(60))
    query_string: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    is_shared: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[dt.datetime]

    owner: Mapped[Staff] = relationship()
