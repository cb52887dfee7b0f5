"""Doorways for the end of a business date: as a job, and in the command line's own process."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy.exc import DBAPIError

from app.clock import now, today
from app.services.collections import drafts
from app.services.collections import end_of_day as day
from app.services.collections.end_of_day import Busy, Done
from app.services.reporting import jobs
from app.services.staff.audit import SYSTEM
from app.transaction import transaction
from tasks.doorbell import ring
from tasks.passing import is_passing
from tasks.registry import task
from tasks.work import Result, Work

SECONDS_TO_WAIT = 0.2
MOST_TRIES = 5
"""Times that a chunk is begun again after a deadlock or a lost connection before the run is given up for now."""

Told = Callable[[Done], None]


@task("default")
def end_of_day(work: Work) -> Result:
    """End every business date that has passed, in order, then open today; arguments: {"until": ISO date}, exclusive."""
    until = dt.date.fromisoformat(work.arguments["until"]) if "until" in work.arguments else today()
    with transaction() as session:
        days = day.missed_days(session, before=until)
        chunks = day.chunks_expected(session)
    work.progress(planned=chunks * len(days), done=0, step="Counting accounts")
    put_aside = 0

    def told(on: dt.date, done: Done) -> None:
        nonlocal put_aside
        put_aside += done.put_aside
        work.progress(
            planned=done.chunks * len(days),
            done=done.chunks_done + done.chunks * days.index(on) - put_aside,
            failed=put_aside,
            step=f"{on:%a %b %-d}: {done.step.label}",
        )

    catch_up(days, told, call_for_help)
    work.progress(step="Opening the day")
    values = {"days": [on.isoformat() for on in days], "opened": today().isoformat(), "changed": open_today()}
    return Result(values | {"put_aside": put_aside}, url="/admin/jobs/#put-aside" if put_aside else None)


@task("default")
def help_end_of_day(work: Work) -> Result:
    """Share in the end of a business date that another worker has begun; arguments: {"on": ISO date}."""
    on = dt.date.fromisoformat(work.arguments["on"])
    with transaction() as session:
        run_id = day.running(session, on=on)
    done = 0

    def told(outcome: Done) -> None:
        nonlocal done
        done += 1
        work.progress(planned=outcome.chunks, done=done, step=outcome.step.label)

    if run_id is not None:
        share(run_id, told)
    return Result({"on": on.isoformat(), "chunks": done})


def call_for_help(on: dt.date) -> None:
    """Ask another worker to share in the end of a business date; where there is none, its job finds nothing to do later."""
    with transaction() as session:
        job = jobs.plan(
            session,
            "help_end_of_day",
            f"Share in the end of {on:%a %b %-d, %Y}",
            arguments={"on": on.isoformat()},
            unique_key=f"help_end_of_day:{on.isoformat()}",
            now=now(),
            actor=SYSTEM,
        )
    ring(job)


def catch_up(
    days: Sequence[dt.date], told: Callable[[dt.date, Done], None], call: Callable[[dt.date], None] = lambda on: None
) -> list[int]:
    """End these business dates one after another, the oldest first; returns their runs' ids."""
    return [end(on, partial(told, on), call) for on in days]


def open_today() -> int:
    """Bring what people see to today's business date, range by range; returns how many accounts changed."""
    with transaction() as session:
        ranges = day.ranges(session)
    changed = 0
    for accounts in ranges:
        with transaction() as session:
            changed += day.open_day(session, on=today(), now=now(), accounts=accounts)
    with transaction() as session:
        drafts.throw_away_old(session, now=now())
    return changed


def end(on: dt.date, told: Told = lambda done: None, call: Callable[[dt.date], None] = lambda on: None) -> int:
    """End one business date, sharing the work with whoever else is at it; returns the run's id.

    Each chunk is a transaction of its own, so a kill at any point loses no more than the chunk in hand. `call` asks for
    help with a book of more than one chunk.
    """
    with transaction() as session:
        run_id = day.open_run(session, on=on, now=now()).id
        is_large = len(day.ranges(session)) > 1
    if is_large:
        call(on)
    share(run_id, told)
    with transaction() as session:
        day.close_run(session, run_id, now=now())
    return run_id


def share(run_id: int, told: Told = lambda done: None) -> None:
    """Do chunk after chunk of a run until all of them are done, by whomever."""
    while (outcome := _next(run_id)) is not None:
        if isinstance(outcome, Done):
            told(outcome)
        else:
            time.sleep(SECONDS_TO_WAIT)  # Another worker has the last chunks of this step.


def _next(run_id: int) -> Done | Busy | None:
    """The next chunk. A deadlock with somebody's payment undoes the chunk and nothing else, so it is begun again."""
    for tries in range(1, MOST_TRIES + 1):
        try:
            with transaction() as session:
                return day.do_next(session, run_id, now=now())
        except DBAPIError as error:
            if not is_passing(error) or tries == MOST_TRIES:
                raise
    raise AssertionError("unreachable")
