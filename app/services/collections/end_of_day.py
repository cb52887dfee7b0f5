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
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import JobState, StepName
from app.models import Account, DayChunk, DayRun
from app.queries.collections import collectors
from app.services.collections import day
from app.services.collections.day import STEPS, Step, aging, follow_ups, worklist

CHUNK = 20_000
"""Accounts per chunk: a second of work or less, so that whoever takes a payment meanwhile hardly waits."""
MOST_MISSED_DAYS = 60
"""Catching up more days than that is a decision for a person: `leasedesk end-of-day --date`."""

Range = tuple[int, int]
"""The first and the last id of some accounts."""

REFUSALS = (ArithmeticError, LookupError, ValueError)
"""What a rule raises over an account whose rows make no sense."""
MOST_PUT_ASIDE = 200
"""Accounts that one step of a run puts aside before the whole step is given up."""

ENDED = (JobState.DONE, JobState.FAILED)
_BY_NAME = {step.name: step for step in STEPS}


@dataclass(frozen=True, slots=True)
class Done:
    """One chunk that was just done: its step, the rows it changed, and how far the run is."""

    step: StepName
    changed: int
    chunks_done: int
    chunks: int
    put_aside: int = 0
    """1 when the chunk was an account that could not be done."""


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


def running(session: Session, *, on: dt.date) -> int | None:
    """The id of the run of a business date that was begun and is not over; None when there is none."""
    return session.scalar(select(DayRun.id).where(DayRun.business_on == on, DayRun.state == JobState.RUNNING))


def chunks_expected(session: Session) -> int:
    """How many chunks a run over the accounts there are now has, before it is planned."""
    chunks = ranges(session)
    return sum(len(chunks) if step.is_chunked else 1 for _, step in _steps(session))


def _steps(session: Session) -> list[tuple[int, Step]]:
    """The steps that are switched on, each with its place in the order."""
    off = collectors.settings(session).steps_off
    return [(place, step) for place, step in enumerate(STEPS) if step.name.value not in off]


def ranges(session: Session) -> list[Range]:
    """The accounts there are, as ranges of ids that are worked on one by one."""
    lowest, highest = session.execute(select(func.min(Account.id), func.max(Account.id))).one()
    lowest, highest = lowest or 1, highest or 1
    return [(first, min(first + CHUNK - 1, highest)) for first in range(lowest, highest + 1, CHUNK)]


def _plan(session: Session, run: DayRun) -> None:
    run.accounts = session.scalar(select(func.count()).select_from(Account)) or 0
    chunks = ranges(session)
    lowest, highest = chunks[0][0], chunks[-1][1]
    session.add_all(
        DayChunk(run_id=run.id, position=place, step=step.name, first_account_id=first, last_account_id=last)
        for place, step in _steps(session)
        for first, last in (chunks if step.is_chunked else [(lowest, highest)])
    )
    session.flush()
    session.expire(run)


def do_next(session: Session, run_id: int, *, now: dt.datetime) -> Done | Busy | None:
    """Do the next chunk that nobody else has; the caller commits. BUSY when it must wait for others, None when all is done.

    A step begins when every chunk of the steps before it has ended.
    """
    is_open = (DayChunk.run_id == run_id, DayChunk.state.not_in(ENDED))
    following = session.execute(
        select(DayChunk.position, DayChunk.step, DayChunk.first_account_id)
        .where(*is_open)
        .order_by(DayChunk.position, DayChunk.first_account_id)
        .limit(1)
    ).one_or_none()
    if following is None:
        return None
    wanted = select(DayChunk).where(*is_open, DayChunk.position == following.position)
    if _BY_NAME[following.step].is_in_turn:
        wanted = wanted.where(DayChunk.first_account_id == following.first_account_id)
    chunk = session.scalar(wanted.order_by(DayChunk.first_account_id).limit(1).with_for_update(skip_locked=True))
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
    except (IntegrityError, DataError, *REFUSALS) as error:
        changed = 0
        _set_aside(session, chunk, error)
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
    return Done(chunk.step, changed, done, total, put_aside=int(chunk.state is JobState.FAILED))


def reason_of(error: Exception) -> str:
    """Why an account could not be done, in one line."""
    said = str(error.orig) if isinstance(error, DBAPIError) else f"{type(error).__name__}: {error}"
    return said.splitlines()[0].rstrip(".") if said else type(error).__name__


def _set_aside(session: Session, chunk: DayChunk, error: Exception) -> None:
    """Halve a chunk that could not be done; a single account is put aside with the reason.

    Where too many accounts of a step fail, it is not the accounts that are wrong: then the error goes on to whoever runs this.
    """
    first, last = chunk.first_account_id, chunk.last_account_id
    if first == last:
        query = select(func.count()).where(
            DayChunk.run_id == chunk.run_id, DayChunk.step == chunk.step, DayChunk.state == JobState.FAILED
        )
        if (session.scalar(query) or 0) >= MOST_PUT_ASIDE:
            raise error
        chunk.state, chunk.error = JobState.FAILED, f"Account {first}: {reason_of(error)}"
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


def open_day(session: Session, *, on: dt.date, now: dt.datetime, accounts: Range | None = None) -> int:
    """Bring what people see to a new business date: days and amounts past due, follow-ups due, weights. Idempotent.

    All accounts, or those of one range: a doorway opens a large book range by range, so that nobody waits for a lock on it.
    Returns how many accounts changed. Snapshots are not touched: the day is yet to come.
    """
    changed = 0
    for first, last in [accounts] if accounts else ranges(session):
        follow_ups.mark_due(session, first=first, last=last, on=on, now=now)
        changed += aging.age(session, first=first, last=last, on=on, now=now)
        changed += worklist.weigh(session, first=first, last=last, on=on, now=now)
    return changed


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


def outcome(session: Session, run_id: int) -> dict[str, Any]:
    """What a run came to: {accounts, changed, failed, steps}."""
    steps = report(session, run_id)
    return {
        "accounts": session.get_one(DayRun, run_id).accounts,
        "changed": sum(int(step["changed"]) for step in steps),
        "failed": sum(int(step["failed"]) for step in steps),
        "steps": steps,
    }


def report(session: Session, run_id: int) -> list[dict[str, Any]]:
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
