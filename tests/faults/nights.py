"""Nights that are disturbed: the same book ended by workers and a timetable that are killed at random moments, and compared.

The book's ids lie in three ranges, so that each step of the night fans out in three chunks over both workers.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from redis import Redis
from sqlalchemy import select

from app import clock, create_app
from app.domain.reporting.jobs import JobState
from app.extensions import db
from app.models import CollectorProfile, DayRun, Job, Portfolio, PortfolioCollectionSettings
from app.models.base import Base
from app.services.collections.end_of_day import CHUNK
from app.settings import Settings
from app.transaction import transaction
from tasks import timetable
from tasks.perform import perform
from tests import factories
from tests.collections import large_book
from tests.conftest import Databases, emptied
from tests.factories import NOW, TODAY
from tests.faults import shift
from tests.product import environment_for

RANGES = 3
ACCOUNTS_PER_RANGE = 80
MORNING = TODAY + dt.timedelta(days=2)
"""Two nights have passed by then: the tests' day, and the one after it."""
AT = dt.time(1)
"""When the timetable ends them; nothing else starts by itself so early."""
SECONDS = 60

NOT_COMPARED = {"job"}
"""How often a job was begun is what a kill changes."""
COLUMNS_NOT_COMPARED = {"day_chunk": frozenset({"milliseconds"})}
MADE_AT_NIGHT = {"account_collection_status": {"follow_up_id": "follow_up"}, "day_chunk": {"run_id": "day_run"}}
"""Columns that point at rows which the night itself makes."""

Row = tuple[tuple[str, Any], ...]
Tables = dict[str, list[Row]]


@dataclass
class House:
    """A seeded database to copy, what its nights come to when nothing disturbs them, and where processes write."""

    databases: Databases
    seeded: str
    redis_url: str
    folder: Path
    undisturbed: Tables
    chunks: int
    begun_again: int = 0
    """Jobs that lost a worker, over all nights that were disturbed."""

    def settings(self, database: Settings) -> Settings:
        """For a copy of the seeded database."""
        return Settings.model_validate(database.model_dump() | {"redis_url": self.redis_url, "today": MORNING})


@contextmanager
def built(databases: Databases, redis_url: str, folder: Path) -> Iterator[House]:
    """Seed a book once, and end its nights once without disturbance, in this process."""
    with databases.migrated() as fresh:
        app = create_app(fresh)
        with app.app_context():
            with transaction() as session:
                for number in range(RANGES):
                    large_book.seeded(session, ACCOUNTS_PER_RANGE, base=number * CHUNK)
                _staff(session)
                session.add(
                    DayRun(business_on=TODAY - dt.timedelta(days=1), state=JobState.DONE, started_at=NOW, finished_at=NOW)
                )
            name = str(db.engine.url.database)
            db.session.remove()
            db.engine.dispose()
        house = House(databases, name, redis_url, folder, undisturbed={}, chunks=0)
        with databases.fresh(name) as copy:
            _end_here(house.settings(copy))
            house.undisturbed = tables(copy)
            house.chunks = len(house.undisturbed["day_chunk"])
        yield house


def _staff(session: Any) -> None:
    """Collectors who share the alphabet, twice; for one portfolio of two a supervisor who gets what fits nobody."""
    for number, letters in enumerate(("ABCDEFGHIJKLM", "NOPQRSTUVWXYZ", "AEIOUXZ", "BCDFGMQV")):
        person = factories.staff(session, username=f"collector{number}")
        session.add(
            CollectorProfile(staff_id=person.id, name_letters=letters, status_letters="EFOTZ", minimum_cents=number * 1_000)
        )
    for book in session.scalars(select(Portfolio).order_by(Portfolio.id)).all()[::2]:
        session.add(PortfolioCollectionSettings(portfolio_id=book.id, supervisor_id=person.id))


def _end_here(settings: Settings) -> None:
    """What the timetable plans, done by this process alone."""
    app = create_app(settings)
    clock.set_clock(pinned_on=MORNING, stopped_at=AT)
    try:
        with app.app_context():
            assert timetable.tick() == ["end_of_day"]
            with transaction() as session:
                planned = session.scalars(select(Job.id)).all()
            for job_id in planned:
                perform(job_id)
            with transaction() as session:
                states = set(session.scalars(select(Job.state).where(Job.id.in_(planned))))
            assert states == {JobState.DONE}
            db.session.remove()
            db.engine.dispose()
    finally:
        clock.set_clock(pinned_on=None)


def tables(settings: Settings) -> Tables:
    """Every row of every table, sorted. A number that the database gave says nothing; what it points at stands in its place."""
    with psycopg.connect(_libpq(settings), row_factory=dict_row) as connection:
        rows = {
            name: connection.execute(sql.SQL("select * from {}").format(sql.Identifier(name))).fetchall()
            for name in Base.metadata.tables
            if name not in NOT_COMPARED
        }
    found: Tables = {}
    for name, all_of_it in rows.items():
        left_out = COLUMNS_NOT_COMPARED.get(name, frozenset()) | {"id"}
        pointed = {
            column: {row["id"]: _without(row, {"id"}) for row in rows[target]}
            for column, target in MADE_AT_NIGHT.get(name, {}).items()
        }
        seen = [row | {column: repr(by_id.get(row[column])) for column, by_id in pointed.items()} for row in all_of_it]
        found[name] = sorted((_without(row, left_out) for row in seen), key=repr)
    return found


def _without(row: dict[str, Any], columns: Set[str]) -> Row:
    return tuple((name, value) for name, value in row.items() if name not in columns)


def differences(found: Tables, expected: Tables) -> list[str]:
    """The tables that differ, each with the first rows that only one of them has."""
    told = []
    for name in expected:
        if found[name] != expected[name]:
            more = [row for row in found[name] if row not in expected[name]][:2]
            fewer = [row for row in expected[name] if row not in found[name]][:2]
            told.append(
                f"{name}: {len(found[name])} rows for {len(expected[name])}; only after the kills {more}; missing {fewer}"
            )
    return told


@dataclass
class Kill:
    """When and who: once so many chunks have ended, and so many milliseconds after that."""

    chunks: int
    milliseconds: float
    roles: tuple[str, ...]


def planned(seed: int, chunks: int) -> list[Kill]:
    """One or two kills of some of those who work, or of all; a job is given up when its third worker dies."""
    chance = random.Random(seed)
    moments = sorted(chance.randrange(chunks + 1) for _ in range(chance.choice([1, 2, 2])))
    some = [chance.sample(shift.ROLES, chance.choice([1, 2, 2, 3])) for _ in moments]
    return [Kill(moment, chance.uniform(0, 40), tuple(roles)) for moment, roles in zip(moments, some, strict=True)]


def disturbed(house: House, seed: int) -> list[str]:
    """End the nights of a fresh copy with the kills of a seed; returns what is not as it is without them."""
    with house.databases.fresh(house.seeded) as copy, Redis.from_url(house.redis_url) as queue:
        emptied(queue)
        settings = house.settings(copy)
        given = {"DATABASE_URL": _libpq(settings), "REDIS_URL": house.redis_url, "LEASEDESK_TODAY": MORNING.isoformat()}
        environment = environment_for(house.folder, given)

        def start(role: str) -> shift.Process:
            return shift.start(role, environment, AT, house.folder / f"{role}.log")

        with psycopg.connect(_libpq(settings), autocommit=True) as watcher:
            working = {role: start(role) for role in shift.ROLES}
            try:
                for each in planned(seed, house.chunks):
                    _wait_until(watcher, f"select count(*) >= {each.chunks} from day_chunk where state in ('done', 'failed')")
                    time.sleep(each.milliseconds / 1000)  # Not to wait for something: any moment within a chunk will do.
                    shift.kill(*(working[role] for role in each.roles))
                    working |= {role: start(role) for role in each.roles}
                    watcher.execute(_LET_A_MINUTE_PASS)
                _wait_until(watcher, _IS_OVER)
            finally:
                shift.kill(*working.values())
            _wait_until(watcher, _IS_QUIET)
            again = watcher.execute("select count(*) from job where attempts > 1").fetchone()
            house.begun_again += again[0] if again else 0
        return differences(tables(settings), house.undisturbed)


_LET_A_MINUTE_PASS = """
    update job set heartbeat_at = clock_timestamp() - interval '61 seconds' where state in ('planned', 'running')
"""
_IS_OVER = "select bool_or(state = 'done') from job where kind = 'end_of_day'"
_IS_QUIET = "select count(*) = 1 from pg_stat_activity where datname = current_database()"


def _wait_until(watcher: psycopg.Connection[Any], query: str) -> None:
    until = time.monotonic() + SECONDS
    while True:
        row = watcher.execute(query).fetchone()
        if row and row[0]:
            return
        if time.monotonic() > until:
            jobs = watcher.execute("select kind, state, attempts, step, error from job").fetchall()
            raise AssertionError(f"waited in vain for {query}; {jobs}")
        time.sleep(0.002)


def _libpq(settings: Settings) -> str:
    return settings.sqlalchemy_url.replace("postgresql+psycopg://", "postgresql://", 1)
