"""Figures for a monitor, all read from the database, so that every process gives the same answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.reporting.jobs import JobState
from app.domain.staff.sessions import SessionLimits
from app.models import DayRun, Job, Staff, StaffSession


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure with its values; each value carries the words that tell it from the others."""

    name: str
    meaning: str
    values: tuple[tuple[dict[str, str], float], ...]


def figures(session: Session, *, limits: SessionLimits, now: dt.datetime, today: dt.date) -> list[Figure]:
    """All figures, in a handful of small statements: open jobs, the end of day, who is signed in, who is locked out."""
    return [*_jobs(session, now), *_end_of_day(session, today), *_staff(session, limits, now)]


def _jobs(session: Session, now: dt.datetime) -> Iterable[Figure]:
    open_states = (JobState.PLANNED, JobState.RUNNING)
    # Heartbeats are kept by the database's clock alone.
    silence = func.extract("epoch", func.clock_timestamp() - Job.heartbeat_at)
    rows = session.execute(
        select(Job.queue, Job.state, func.count(), func.min(Job.created_at), func.max(silence))
        .where(Job.state.in_(open_states))
        .group_by(Job.queue, Job.state)
    ).all()
    oldest = [created for _, state, _, created, _ in rows if state is JobState.PLANNED]
    silent = [float(seconds) for _, state, _, _, seconds in rows if state is JobState.RUNNING and seconds is not None]
    counts = tuple(({"queue": queue, "state": state.value}, float(count)) for queue, state, count, _, _ in rows)
    yield Figure("leasedesk_jobs_open", "Jobs that wait or run.", counts)
    yield _one("leasedesk_job_oldest_waiting_seconds", "Age of the job that waits longest.", _age(oldest, now))
    yield _one("leasedesk_job_longest_silence_seconds", "Since the quietest running job was heard of.", max(silent, default=0.0))
    failed = session.scalar(
        select(func.count()).select_from(Job).where(Job.state == JobState.FAILED, Job.created_at > now - dt.timedelta(days=1))
    )
    yield _one("leasedesk_jobs_failed_last_day", "Jobs planned in the last 24 hours that failed.", failed or 0)


def _end_of_day(session: Session, today: dt.date) -> Iterable[Figure]:
    last = session.scalar(select(func.max(DayRun.business_on)).where(DayRun.state == JobState.DONE))
    if last is not None:
        yield _one("leasedesk_end_of_day_days_behind", "Days since the last finished end of day.", (today - last).days)


def _staff(session: Session, limits: SessionLimits, now: dt.datetime) -> Iterable[Figure]:
    signed_in = session.scalar(
        select(func.count())
        .select_from(StaffSession)
        .where(
            StaffSession.ended_at.is_(None),
            StaffSession.last_seen_at > now - limits.idle,
            StaffSession.created_at > now - limits.absolute,
        )
    )
    locked = session.scalar(select(func.count()).select_from(Staff).where(Staff.locked_until_at > now))
    yield _one("leasedesk_sessions_open", "Browsers that are signed in.", signed_in or 0)
    yield _one("leasedesk_staff_locked", "Staff locked out by wrong PINs.", locked or 0)


def _age(moments: list[dt.datetime], now: dt.datetime) -> float:
    return max(0.0, (now - min(moments)).total_seconds()) if moments else 0.0


def _one(name: str, meaning: str, value: float) -> Figure:
    return Figure(name, meaning, (({}, float(value)),))
