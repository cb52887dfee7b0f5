"""Questions about jobs: how far one is, which are open, which ran lately."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.domain.reporting.jobs import JobState
from app.models import Job

OPEN_STATES = (JobState.PLANNED, JobState.RUNNING)


@dataclass(frozen=True)
class Progress:
    """How far a job is, as its page and its JSON show it."""

    id: int
    title: str
    state: JobState
    planned: int
    done: int
    failed: int
    step: str | None
    seconds_left: int | None
    """Estimated from its pace so far; None while it has none."""
    result_url: str | None
    error: str | None

    @property
    def is_open(self) -> bool:
        """Whether it waits for a worker or is being worked on."""
        return self.state in OPEN_STATES

    @property
    def percent(self) -> int:
        """Share of the work that is over, 0 to 100."""
        if self.state is JobState.DONE:
            return 100
        return min(100, 100 * (self.done + self.failed) // self.planned) if self.planned else 0


def progress_of(job: Job, *, now: dt.datetime) -> Progress:
    """How far a job is at a moment."""
    return Progress(
        id=job.id,
        title=job.title,
        state=job.state,
        planned=job.planned,
        done=job.done,
        failed=job.failed,
        step=job.step,
        seconds_left=seconds_left(
            job.planned, job.done + job.failed, (now - job.started_at).total_seconds() if job.started_at else 0
        )
        if job.state is JobState.RUNNING
        else None,
        result_url=job.result_url,
        error=job.error,
    )


def seconds_left(planned: int, over: int, seconds: float) -> int | None:
    """Seconds until the rest is done at the pace so far; None before there is a pace.

    >>> seconds_left(100, 25, 10.0), seconds_left(100, 0, 10.0), seconds_left(100, 100, 10.0)
    (30, None, 0)
    """
    if over <= 0 or planned <= 0 or seconds <= 0:
        return None
    return round(max(0, planned - over) * seconds / over)


def open_jobs(session: Session, *, limit: int = 20) -> Sequence[Job]:
    """Jobs that run or wait, in the order in which they were planned."""
    is_waiting = Job.state == JobState.PLANNED
    query = select(Job).where(Job.state.in_(OPEN_STATES)).order_by(is_waiting, Job.id).limit(limit)
    return session.scalars(query).all()


def failed_jobs(session: Session, *, limit: int = 10) -> Sequence[Job]:
    """The newest jobs that failed or were stopped, and have not been done by a later one with the same key."""
    later = aliased(Job)
    done_since = (
        select(later.id)
        .where(later.unique_key == Job.unique_key, later.kind == Job.kind, later.id > Job.id)
        .where(later.state.not_in([JobState.FAILED, JobState.STOPPED]))
        .exists()
    )
    is_left = Job.state.in_([JobState.FAILED, JobState.STOPPED]) & ~done_since
    return session.scalars(select(Job).where(is_left).order_by(Job.id.desc()).limit(limit)).all()


def latest_job(session: Session, unique_key: str) -> Job | None:
    """The newest job with this unique key, open or ended."""
    return session.scalar(select(Job).where(Job.unique_key == unique_key).order_by(Job.id.desc()).limit(1))
