"""Work that takes longer than a request. The database is the queue of record; RQ is the doorbell."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.reporting.jobs import JobState, StepName
from app.models.base import Base, WordType
from app.models.staff.staff import Staff


class Job(Base):
    """One piece of work with its progress: planned, done, failed, and where its result is."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    """Names the task that does it: "import_apply", "end_of_day"."""
    title: Mapped[str] = mapped_column(String(160))
    arguments: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    unique_key: Mapped[str | None] = mapped_column(String(80))
    """Two open jobs never share it: the same work is not queued twice."""
    queue: Mapped[str] = mapped_column(String(20), server_default="default")
    state: Mapped[JobState] = mapped_column(WordType(JobState), server_default=JobState.PLANNED.value)
    planned: Mapped[int] = mapped_column(server_default="0")
    done: Mapped[int] = mapped_column(server_default="0")
    failed: Mapped[int] = mapped_column(server_default="0")
    step: Mapped[str | None] = mapped_column(String(120))
    """What it is doing now, in words."""
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    stop_requested: Mapped[bool] = mapped_column(server_default="false")
    result: Mapped[dict[str, Any] | None]
    result_url: Mapped[str | None] = mapped_column(String(300))
    error: Mapped[str | None]
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    started_at: Mapped[dt.datetime | None]
    heartbeat_at: Mapped[dt.datetime | None]
    """Renewed while a worker is on it; a sweep gives an abandoned job to another worker."""
    finished_at: Mapped[dt.datetime | None]

    created_by: Mapped[Staff | None] = relationship()

    __table_args__ = (
        Index(
            "uq_job_open_unique_key",
            "unique_key",
            unique=True,
            postgresql_where=text("state in ('planned', 'running')"),
        ),
        Index("ix_job_open", "state", "id", postgresql_where=text("state in ('planned', 'running')")),
        Index("ix_job_created_at_id", "created_at", "id"),
    )


class TimetableTick(Base):
    """A timetable entry that was started for a business date: unique, so that each starts once."""

    __tablename__ = "timetable_tick"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    business_on: Mapped[dt.date] = mapped_column(primary_key=True)
    started_at: Mapped[dt.datetime]


class DayRun(Base):
    """The end of one business date."""

    __tablename__ = "day_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    business_on: Mapped[dt.date] = mapped_column(unique=True)
    state: Mapped[JobState] = mapped_column(WordType(JobState), server_default=JobState.PLANNED.value)
    started_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    accounts: Mapped[int] = mapped_column(server_default="0")

    chunks: Mapped[list[DayChunk]] = relationship(back_populates="run", order_by="DayChunk.position")


class DayChunk(Base):
    """One step of an end of day over one range of accounts: done together with its work, or not at all."""

    __tablename__ = "day_chunk"
    __table_args__ = (UniqueConstraint("run_id", "step", "first_account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("day_run.id"))
    position: Mapped[int]
    """Order of the steps; chunks of one step may run side by side."""
    step: Mapped[StepName] = mapped_column(WordType(StepName))
    first_account_id: Mapped[int]
    last_account_id: Mapped[int]
    state: Mapped[JobState] = mapped_column(WordType(JobState), server_default=JobState.PLANNED.value)
    changed: Mapped[int] = mapped_column(server_default="0")
    """Rows that the step changed."""
    milliseconds: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]

    run: Mapped[DayRun] = relationship(back_populates="chunks")
