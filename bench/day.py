"""The end of a business date beside the bare UPDATE that any end of day needs, over the same rows, each rolled back.

The first night of a portfolio is done and kept before: it gives every late account its status and every account its figures,
which happens once. What is measured is the night after it, as it comes every day.

The bare statement writes days and amounts past due and nothing else. The end of day also weighs the worklist, keeps changes
of bucket and status, settles promises, and takes a snapshot of every open account with the sums of all of them.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, func, select, text

from app.domain.reporting.jobs import JobState
from app.extensions import db
from app.models import DayRun, Payment
from app.services.collections import end_of_day
from app.settings import Settings
from bench import books, machine, tables
from bench.timing import Sample, timed
from tasks.end_of_day import end

BARE = text(
    """
    update account a set days_past_due = x.days_past_due, past_due_cents = x.past_due_cents
    from (
        select a.id, coalesce(:on - min(i.due_on), 0) as days_past_due,
            coalesce(sum(i.amount_cents - i.paid_cents), 0) as past_due_cents
        from account a
        left join installment i on i.account_id = a.id and i.paid_cents < i.amount_cents and i.due_on < :on
        where a.status in ('active', 'default', 'recovery', 'pending_review')
        group by a.id
    ) x
    where x.id = a.id and (a.days_past_due, a.past_due_cents) is distinct from (x.days_past_due, x.past_due_cents)
    """
)
PATIENCE_SECONDS = 240
"""After so long no further round is begun; a first round that takes longer is the one that counts."""

CHANGED = (
    "account",
    "account_behavior",
    "account_collection_status",
    "account_signal",
    "account_snapshot",
    "activity",
    "assignment",
    "bucket_change",
    "collection_status_change",
    "day_chunk",
    "day_run",
    "fee",
    "follow_up",
    "portfolio_day",
    "status_change",
)


@contextmanager
def rolled_back(app: Flask) -> Iterator[Connection]:
    """All sessions of the application on one connection, in one transaction that never ends well."""
    with app.app_context():
        engines: Any = db.engines
        engine: Engine = engines[None]
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        with engine.connect() as connection:
            outer = connection.begin()
            engines[None] = connection
            try:
                yield connection
            finally:
                db.session.remove()
                engines[None] = engine
                outer.rollback()


def bare(app: Flask, on: dt.date) -> int:
    """Run the bare statement; returns how many accounts it changed."""
    with rolled_back(app) as connection:
        # As in the end of day: compiling the statement would be half of what it takes.
        connection.execute(text("set local jit = off"))
        return connection.execute(BARE, {"on": on}).rowcount


def whole(app: Flask, on: dt.date) -> dict[str, tuple[int, float]]:
    """Run the end of day as the command does; returns {step: (rows changed, seconds)}."""
    with rolled_back(app):
        run_id = end(on)
        return {
            str(step["step"]): (int(str(step["changed"])), float(str(step["seconds"])))
            for step in end_of_day.report(db.session(), run_id)
        }


def swept(app: Flask) -> None:
    """Clear away what was rolled back, and write out what is dirty, so that every run begins alike."""
    with app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in CHANGED:
            connection.execute(text(f"vacuum (analyze) {table}"))
        connection.execute(text("checkpoint"))


def first_night(app: Flask, told: Callable[[str], None]) -> float | None:
    """End the day after the one on which a portfolio was seeded, and keep it; milliseconds, or None when that was done before."""
    with app.app_context():
        done = db.session.scalar(select(DayRun.id).where(DayRun.state == JobState.DONE).limit(1))
        on = db.session.scalars(select(func.max(Payment.posted_on))).one() + dt.timedelta(days=1)
        db.session.remove()
    if done is not None:
        return None
    swept(app)
    with app.app_context():
        took = timed(lambda: end(on))
        db.session.remove()
    told(f"The first night: {took / 1000:.1f} s")
    return round(took, 1)


def measure(settings: Settings, sizes: Sequence[int], told: Callable[[str], None], runs: int = 5) -> dict[str, Any]:
    """Measure the second day after the one on which each portfolio was seeded.

    Returns {machine, days: [{accounts, first_ms, bare_ms, day_ms, bare_changed, steps: {name: [changed, seconds]}, runs}]}.
    """
    days = []
    where = ""
    for accounts in sizes:
        app = books.ensured(settings, accounts, told)
        with app.app_context():
            where = machine.described(db.session())
            db.session.remove()
        first_ms = first_night(app, told)
        with app.app_context():
            on = db.session.scalars(select(func.max(DayRun.business_on))).one() + dt.timedelta(days=1)
            db.session.remove()
        days.append({"accounts": accounts, "first_ms": first_ms} | _measured(app, on, runs))
        told(f"{accounts:,} accounts: bare {days[-1]['bare_ms'] / 1000:.2f} s, whole {days[-1]['day_ms'] / 1000:.2f} s")
        books.close(app)
    return {"machine": where, "days": days}


def _measured(app: Flask, on: dt.date, runs: int) -> dict[str, Any]:
    outcome: dict[str, Any] = {}

    def one() -> None:
        outcome["changed"] = bare(app, on)

    def other() -> None:
        outcome["steps"] = whole(app, on)

    swept(app)
    samples = {"bare": Sample(), "day": Sample()}
    until = time.monotonic() + PATIENCE_SECONDS
    for _ in range(runs + 1):
        for name, call in (("bare", one), ("day", other)):
            samples[name].add(timed(call))
            swept(app)
        if time.monotonic() > until:
            break
    if samples["day"].runs > 1:  # The first round warmed up.
        samples = {name: Sample(sample.milliseconds[1:]) for name, sample in samples.items()}
    return {
        "bare_ms": round(samples["bare"].median, 1),
        "day_ms": round(samples["day"].median, 1),
        "bare_changed": outcome["changed"],
        "steps": outcome["steps"],
        "runs": samples["day"].runs,
    }


def markdown(result: Mapping[str, Any]) -> str:
    """The result as a table: seconds for each size, their ratio, and how long 1,000 accounts take."""
    head = ["Accounts", "changed", "bare UPDATE, s", "end of day, s", "end of day / bare", "ms per 1,000 accounts"]
    rows = [
        [
            tables.size(day["accounts"]),
            f"{day['bare_changed']:,}",
            tables.figure(day["bare_ms"] / 1000),
            tables.figure(day["day_ms"] / 1000),
            tables.times(day["day_ms"], day["bare_ms"]),
            tables.figure(day["day_ms"] * 1000 / day["accounts"]),
        ]
        for day in result["days"]
    ]
    return tables.table(head, rows)
