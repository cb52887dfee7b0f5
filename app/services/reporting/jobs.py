"""Jobs: work that takes longer than a request, with its progress. The database is the queue of record.

A job is planned by whoever wants the work, claimed by one worker with a conditional UPDATE, kept alive by a heartbeat and
ended once. A worker that dies leaves a running job with an old heartbeat: `release_abandoned` gives it to another worker,
and gives up on a job that has killed its worker too often. Every call after the claim names the attempt, so a worker that
was thought dead and comes back changes nothing any more.

Heartbeats are written and compared by the database's clock alone: workers run on several machines, and the program's own
clock can be pinned to a date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import JOB_TRANSITIONS, JobState
from app.models import Job, Staff
from app.services.staff import audit
from app.services.staff.audit import SYSTEM, Actor

ABANDONED_AFTER = dt.timedelta(seconds=60)
"""A running job whose heartbeat is older than this has lost its worker."""

UNHEARD_AFTER = dt.timedelta(seconds=30)
"""A planned job that no worker took for so long is rung for again: Redis may have lost the first ring."""

MAX_ATTEMPTS = 3
"""How many workers may die on one job before it is left alone."""

GAVE_UP = (
    f"It was started {MAX_ATTEMPTS} times and its worker ended each time without an answer, most likely for want of memory. "
    "Nothing is half done; look into the workers' log before it is tried again."
)


@dataclass(frozen=True)
class Claim:
    """One attempt at one job, as the worker holds it."""

    job_id: int
    kind: str
    arguments: Mapping[str, Any]
    attempt: int
    actor: Actor
    """Who asked for the job: the audit trail names them for what it does."""


def plan(
    session: Session,
    kind: str,
    title: str,
    *,
    arguments: Mapping[str, Any] | None = None,
    unique_key: str | None = None,
    queue: str = "default",
    planned: int = 0,
    now: dt.datetime,
    actor: Actor,
) -> Job:
    """Plan a job, or give the open one with the same unique key. Ring the doorbell after the commit (`tasks.doorbell`).

    `planned` is how many items it will work on, 0 while nobody knows.
    """
    values = {
        "kind": kind,
        "title": title,
        "arguments": dict(arguments or {}),
        "unique_key": unique_key,
        "queue": queue,
        "planned": planned,
        "created_at": now,
        "created_by_id": actor.staff_id,
        "heartbeat_at": func.clock_timestamp(),
    }
    added = insert(Job).values(values)
    if unique_key is not None:
        added = added.on_conflict_do_nothing(
            index_elements=[Job.unique_key], index_where=Job.state.in_([JobState.PLANNED, JobState.RUNNING])
        )
    job_id = session.scalar(added.returning(Job.id))
    if job_id is None:
        is_open = Job.state.in_([JobState.PLANNED, JobState.RUNNING])
        job_id = session.scalar(select(Job.id).where(Job.unique_key == unique_key, is_open))
    if job_id is None:  # The other one ended between the two statements.
        return plan(
            session,
            kind,
            title,
            arguments=arguments,
            unique_key=unique_key,
            queue=queue,
            planned=planned,
            now=now,
            actor=actor,
        )
    return session.get_one(Job, job_id)


def claim(session: Session, job_id: int, *, now: dt.datetime) -> Claim | None:
    """Take a planned job for one worker, or None when another got there first."""
    taken = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.PLANNED)
        .values(
            state=JobState.RUNNING,
            attempts=Job.attempts + 1,
            done=0,
            failed=0,
            step=None,
            error=None,
            started_at=now,
            heartbeat_at=func.clock_timestamp(),
            finished_at=None,
        )
        .returning(Job.kind, Job.arguments, Job.attempts, Job.created_by_id)
    ).one_or_none()
    if taken is None:
        return None
    name = session.scalar(select(Staff.name).where(Staff.id == taken.created_by_id))
    actor = SYSTEM if name is None else Actor(staff_id=taken.created_by_id, name=name)
    return Claim(job_id, taken.kind, taken.arguments, taken.attempts, actor)


def beat(session: Session, held: Claim) -> bool:
    """Show that the worker lives; False when the job is no longer this worker's."""
    return _change(session, held, heartbeat_at=func.clock_timestamp())


def progress(
    session: Session,
    held: Claim,
    *,
    planned: int | None = None,
    done: int | None = None,
    failed: int | None = None,
    step: str | None = None,
) -> bool | None:
    """Note how far a job is; what is not given stays. False when somebody asked it to stop, None when it was lost."""
    given = {"planned": planned, "done": done, "failed": failed, "step": step}
    values = {name: value for name, value in given.items() if value is not None}
    noted = update(Job).where(*_is_held(held)).values(heartbeat_at=func.clock_timestamp(), **values)
    stop_requested = session.scalar(noted.returning(Job.stop_requested))
    return None if stop_requested is None else not stop_requested


def finish(
    session: Session,
    held: Claim,
    *,
    result: Mapping[str, Any] | None = None,
    result_url: str | None = None,
    now: dt.datetime,
) -> bool:
    """End a job well; False when it was lost to another worker."""
    kept = None if result is None else dict(result)
    return _change(
        session,
        held,
        state=JobState.DONE,
        done=func.greatest(Job.done, Job.planned),
        step=None,
        result=kept,
        result_url=result_url,
        finished_at=now,
    )


def fail(session: Session, held: Claim, *, error: str, now: dt.datetime) -> bool:
    """End a job with the sentence that says why."""
    return _change(session, held, state=JobState.FAILED, error=error, finished_at=now)


def stopped(session: Session, held: Claim, *, now: dt.datetime) -> bool:
    """End a job because somebody asked it to stop."""
    return _change(session, held, state=JobState.STOPPED, step=None, finished_at=now)


def give_back(session: Session, held: Claim) -> bool:
    """Plan a running job again: what failed will pass (a deadlock, a restarted database, a worker that is told to go)."""
    return _change(session, held, state=JobState.PLANNED, heartbeat_at=None)


def request_stop(session: Session, job: Job, *, now: dt.datetime, actor: Actor) -> None:
    """Ask a running job to stop at its next step; one that has not started stops at once."""
    stops_now = session.execute(
        update(Job).where(Job.id == job.id, Job.state == JobState.PLANNED).values(state=JobState.STOPPED, finished_at=now)
    )
    assert isinstance(stops_now, CursorResult)
    if stops_now.rowcount != 1:
        asked = session.execute(update(Job).where(Job.id == job.id, Job.state == JobState.RUNNING).values(stop_requested=True))
        assert isinstance(asked, CursorResult)
        if asked.rowcount != 1:
            raise RuleViolation("The job has ended already.")
    audit.record(session, "job stopped", now=now, actor=actor, entity="job", entity_id=job.id, after={"title": job.title})
    session.expire(job)


def retry(session: Session, job: Job, *, now: dt.datetime, actor: Actor) -> Job:
    """Plan a failed or stopped job again, with a fresh count of attempts."""
    if JobState.PLANNED not in JOB_TRANSITIONS[job.state] or job.state is JobState.RUNNING:
        raise RuleViolation(f"“{job.title}” is {job.state.label.lower()}; only a failed or stopped job is tried again.")
    clash = select(Job.id).where(
        Job.unique_key == job.unique_key, Job.state.in_([JobState.PLANNED, JobState.RUNNING]), Job.id != job.id
    )
    if job.unique_key is not None and session.scalar(clash) is not None:
        raise RuleViolation(f"“{job.title}” is under way already in another job.")
    before = job.state
    job.state = JobState.PLANNED
    job.attempts = 0
    job.stop_requested = False
    job.error = None
    job.heartbeat_at = None
    audit.record(session, "job tried again", now=now, actor=actor, entity="job", entity_id=job.id, before={"state": before})
    session.flush()
    return job


def unheard(session: Session, *, older_than: dt.timedelta = UNHEARD_AFTER) -> list[tuple[int, str]]:
    """Planned jobs whose doorbell seems lost, as (id, queue): the last ring is that old. Counts them as rung now."""
    rung = session.execute(
        update(Job)
        .where(
            Job.state == JobState.PLANNED,
            or_(Job.heartbeat_at.is_(None), Job.heartbeat_at < func.clock_timestamp() - older_than),
        )
        .values(heartbeat_at=func.clock_timestamp())
        .returning(Job.id, Job.queue)
    )
    return sorted((job_id, queue) for job_id, queue in rung)


@dataclass(frozen=True)
class GivenUp:
    """A job that killed its workers, for the task that wants to tidy up after it."""

    job_id: int
    kind: str
    arguments: Mapping[str, Any]


def release_abandoned(session: Session, *, now: dt.datetime) -> list[GivenUp]:
    """Plan again what has lost its worker, and give up on what lost too many; returns the jobs that were given up.

    What is planned again counts as unheard, so that `unheard` names it next.
    """
    is_abandoned = (Job.state == JobState.RUNNING, Job.heartbeat_at < func.clock_timestamp() - ABANDONED_AFTER)
    given_up = session.execute(
        update(Job)
        .where(*is_abandoned, Job.attempts >= MAX_ATTEMPTS)
        .values(state=JobState.FAILED, error=GAVE_UP, finished_at=now)
        .returning(Job.id, Job.kind, Job.arguments)
    ).all()
    session.execute(update(Job).where(*is_abandoned).values(state=JobState.PLANNED, heartbeat_at=None))
    return [GivenUp(job_id, kind, arguments) for job_id, kind, arguments in given_up]


def _is_held(held: Claim) -> tuple[Any, ...]:
    return Job.id == held.job_id, Job.state == JobState.RUNNING, Job.attempts == held.attempt


def _change(session: Session, held: Claim, **values: Any) -> bool:
    result = session.execute(update(Job).where(*_is_held(held)).values(**values))
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
