"""Doorways for the end of a business date: as a job, and in the command line's own process."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from app.clock import now, today
from app.services.collections import end_of_day as day
from app.services.collections.end_of_day import Done
from app.transaction import transaction
from tasks.registry import task
from tasks.work import Result, Work

SECONDS_TO_WAIT = 0.2

Told = Callable[[Done], None]


@task("default")
def end_of_day(work: Work) -> Result:
    """End every business date that has passed, in order, then open today; arguments: {"until": ISO date}, exclusive."""
    until = dt.date.fromisoformat(work.arguments["until"]) if "until" in work.arguments else today()
    with transaction() as session:
        days = day.missed_days(session, before=until)
        chunks = day.chunks_expected(session)
    work.progress(planned=chunks * len(days), done=0, step="Counting accounts")
    for on in days:
        end(
            on,
            lambda done, on=on: work.progress(  # type: ignore[misc]
                planned=done.chunks * len(days),
                done=done.chunks_done + done.chunks * days.index(on),
                step=f"{on:%a %b %-d}: {done.step.label}",
            ),
        )
    work.progress(step="Opening the day")
    with transaction() as session:
        changed = day.open_day(session, on=today(), now=now())
    return Result({"days": [on.isoformat() for on in days], "opened": today().isoformat(), "changed": changed})


def end(on: dt.date, told: Told = lambda done: None) -> int:
    """End one business date, sharing the work with whoever else is at it; returns the run's id.

    Each chunk is a transaction of its own, so a kill at any point loses no more than the chunk in hand.
    """
    with transaction() as session:
        run_id = day.open_run(session, on=on, now=now()).id
    while True:
        with transaction() as session:
            outcome = day.do_next(session, run_id, now=now())
        if outcome is None:
            break
        if isinstance(outcome, Done):
            told(outcome)
        else:
            time.sleep(SECONDS_TO_WAIT)  # Another worker has the last chunks of this step.
    with transaction() as session:
        day.close_run(session, run_id, now=now())
    return run_id
