"""The end of a business date: planned once, done chunk by chunk, restartable at every point.

A DayRun holds chunks: one step over one range of accounts. A chunk's work and its mark "done" are one transaction, held under
the chunk's row lock; so a worker that dies leaves the chunk as if it had never begun, several workers may share a run, and
doing a day twice changes nothing. A chunk whose rows the database refuses is halved until the one account is found that
cannot be done; it is put aside with its reason and the rest goes on.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import JobState, StepName
from app.models import Account, DayChunk, DayRun
from app.queries.collections import collectors
from app.services.collections import day
from app.services.collections.day import STEPS, Step, aging, follow_ups, worklist

CHUNK = 50_000
"""Accounts per chunk: a second or two of work, so that locks are short and progress is seen."""
MOST_MISSED_DAYS = 60
"""Catching up more days than that is a decision for a person: `leasedesk end-of-day --date`."""

ENDED = (JobState.DONE, JobState.FAILED)
_BY_NAME = {step.name: step for step in STEPS}


@dataclass(frozen=True, slots=True)
class Done:
    """One chunk that was just done: its step, the rows it changed, and how far the run is."""

    step: StepName
    changed: int
    chunks_done: int
    chunks: int


class Busy:
    """What is next waits for a chunk that another worker has."""


BUSY = Busy()


def open_run(session: Session, *, on: dt.date, now: dt.datetime) -> DayRun:
    """The run of a business date, planned over the accounts there are now when it is new.

    A run that was done before is planned again for accounts that came since; what is done already changes nothing.
    """
    session.execute(
        insert(DayRun)
        .values(business_on=on, started_at=now, state=JobState.RUNNING)
        .on_conflict_do_nothing(index_elements=[DayRun.business_on])
    )
    run = session.scalars(select(DayRun).where(DayRun.business_on == on).with_for_update()).one()
    if not run.chunks or run.state is JobState.DONE:
        for chunk in run.chunks:
            session.delete(chunk)
        session.flush()
        _plan(session, run)
        run.state, run.started_at, run.finished_at = JobState.RUNNING, now, None
    session.flush()
    return run


def chunks_expected(session: Session) -> int:
    """How many chunks a run over the accounts there are now has, before it is planned."""
    ranges = _ranges(session)
    return sum(len(ranges) if step.is_chunked else 1 for _, step in _steps(session))


def _steps(session: Session) -> list[tuple[int, Step]]:
    """The steps that are switched on, each with its place in the order."""
    off = collectors.settings(session).steps_off
    return [(place, step) for place, step in enumerate(STEPS) if step.name.value not in off]


def _ranges(session: Session) -> list[tuple[int, int]]:
    lowest, highest = session.execute(select(func.min(Account.id), func.max(Account.id))).one()
    lowest, highest = lowest or 1, highest or 1
    return [(first, min(first + CHUNK - 1, highest)) for first in range(lowest, highest + 1, CHUNK)]


def _plan(session: Session, run: DayRun) -> None:
    run.accounts = session.scalar(select(func.count()).select_from(Account)) or 0
    ranges = _ranges(session)
    lowest, highest = ranges[0][0], ranges[-1][1]
    session.add_all(
        DayChunk(run_id=run.id, position=place, step=step.name, first_account_id=first, last_account_id=last)
        for place, step in _steps(session)
        for first, last in (ranges if step.is_chunked else [(lowest, highest)])
    )
    session.flush()
    session.expire(run)


def do_next(session: Session, run_id: int, *, now: dt.datetime) -> Done | Busy | None:
    """Do the next chunk that nobody else has; the caller commits. BUSY when it must wait for others, None when all is done.

    A step begins when every chunk of the steps before it has ended.
    """
    stage = session.scalar(select(func.min(DayChunk.position)).where(DayChunk.run_id == run_id, DayChunk.state.not_in(ENDED)))
    if stage is None:
        return None
    chunk = session.scalar(
        select(DayChunk)
        .where(DayChunk.run_id == run_id, DayChunk.position == stage, DayChunk.state == JobState.PLANNED)
        .order_by(DayChunk.first_account_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if chunk is None:
        return BUSY
    on = session.scalars(select(DayRun.business_on).where(DayRun.id == run_id)).one()
    started = time.perf_counter()
    try:
        with session.begin_nested():
            changed = day.run(
                session,
                _BY_NAME[chunk.step],
                first=chunk.first_account_id,
                last=chunk.last_account_id,
                on=on,
                now=now,
            )
    except (IntegrityError, DataError) as error:
        changed = 0
        _set_aside(session, chunk, str(error.orig))
    except RuleViolation as problem:
        changed = 0
        chunk.state, chunk.error = JobState.FAILED, problem.message
    else:
        chunk.state, chunk.changed = JobState.DONE, changed
    chunk.milliseconds = round((time.perf_counter() - started) * 1000)
    session.flush()
    done, total = session.execute(
        select(func.count().filter(DayChunk.state.in_(ENDED)), func.count()).where(DayChunk.run_id == run_id)
    ).one()
    return Done(chunk.step, changed, done, total)


def _set_aside(session: Session, chunk: DayChunk, reason: str) -> None:
    """Halve a chunk that the database refused; a single account is put aside with the reason."""
    first, last = chunk.first_account_id, chunk.last_account_id
    if first == last:
        chunk.state, chunk.error = JobState.FAILED, f"Account {first}: {reason.splitlines()[0]}"
        return
    middle = (first + last) // 2
    chunk.last_account_id = middle
    session.add(
        DayChunk(
            run_id=chunk.run_id,
            position=chunk.position,
            step=chunk.step,
            first_account_id=middle + 1,
            last_account_id=last,
        )
    )


def close_run(session: Session, run_id: int, *, now: dt.datetime) -> DayRun:
    """Mark a run as done once all its chunks have ended."""
    run = session.scalars(select(DayRun).where(DayRun.id == run_id).with_for_update()).one()
    if run.state is not JobState.DONE:
        run.state, run.finished_at = JobState.DONE, now
    session.flush()
    return run


def open_day(session: Session, *, on: dt.date, now: dt.datetime) -> int:
    """Bring what people see to a new business date: days and amounts past due, follow-ups due, weights. Idempotent.

    Returns how many accounts changed. Snapshots are not touched: the day is yet to come.
    """
    first: int = session.scalar(select(func.min(Account.id))) or 0
    last: int = session.scalar(select(func.max(Account.id))) or 0
    follow_ups.mark_due(session, first=first, last=last, on=on, now=now)
    aged = aging.age(session, first=first, last=last, on=on, now=now)
    return aged + worklist.weigh(session, first=first, last=last, on=on, now=now)


def missed_days(session: Session, *, before: dt.date) -> list[dt.date]:
    """Business dates before `before` that have not ended yet, oldest first; none when no day has ever ended.

    Days after the last one that ended; the very first end of day is always of the day before.
    """
    last_on = session.scalar(select(func.max(DayRun.business_on)).where(DayRun.state == JobState.DONE))
    unfinished = session.scalars(
        select(DayRun.business_on).where(DayRun.state != JobState.DONE, DayRun.business_on < before)
    ).all()
    if last_on is None:
        has_accounts = session.scalar(select(Account.id).limit(1)) is not None
        fresh = {before - dt.timedelta(days=1)} if has_accounts else set()
    else:
        fresh = {last_on + dt.timedelta(days=n) for n in range(1, (before - last_on).days)}
    days = sorted(fresh | set(unfinished))
    if len(days) > MOST_MISSED_DAYS:
        raise RuleViolation(
            f"{len(days)} business dates have not ended since {last_on}; end them with "
            "`leasedesk end-of-day --date`, or check the business date."
        )
    return days


def report(session: Session, run_id: int) -> list[dict[str, object]]:
    """What each step did, in order: {step, chunks, changed, seconds, failed, errors}."""
    rows = session.execute(
        text(
            """
            select step, count(*) as chunks, sum(changed) as changed, round(sum(milliseconds) / 1000.0, 3) as seconds,
                count(*) filter (where state = 'failed') as failed,
                array_remove(array_agg(error order by first_account_id), null) as errors
            from day_chunk where run_id = :run group by position, step order by position
            """
        ),
        {"run": run_id},
    ).mappings()
    return [
        {
            "step": str(row["step"]),
            "chunks": row["chunks"],
            "changed": int(row["changed"]),
            "seconds": float(row["seconds"]),
            "failed": row["failed"],
            "errors": list(row["errors"]),
        }
        for row in rows
    ]
