"""kill -9 in the middle of an end of day: the next start goes on where it was; nothing doubled, nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from sqlalchemy import select, update

from app import ROOT
from app.domain.reporting.jobs import StepName
from app.extensions import db
from app.models import Account, AccountSnapshot, DayChunk
from app.transaction import transaction
from tests import factories
from tests.conftest import CommittedDatabase, Databases
from tests.factories import TODAY
from tests.faults import nights
from tests.product import environment_for

SECONDS_TO_BLOCK = 60
ROUNDS = int(os.environ.get("LEASEDESK_TEST_ROUNDS", "2"))
"""Nights with kills; `make faults` plays thirty."""


def started(database: CommittedDatabase, home: Path) -> subprocess.Popen[str]:
    """`leasedesk end-of-day` in a process of its own, on the test's database."""
    given = {
        "DATABASE_URL": database.url,
        "REDIS_URL": database.settings.queue_url,
        "LEASEDESK_TODAY": TODAY.isoformat(),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "app", "end-of-day", "--json"],
        cwd=ROOT,
        env=environment_for(home, given),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until_blocked(watcher: psycopg.Connection[tuple[int]], process: subprocess.Popen[str]) -> None:
    """Return once a statement on the database waits for a lock."""
    query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    until = time.monotonic() + SECONDS_TO_BLOCK
    while time.monotonic() < until:
        row = watcher.execute(query).fetchone()
        if row and row[0]:
            return
        assert process.poll() is None, f"it ended before it was blocked: {process.communicate()}"
    raise AssertionError("it never came to the lock")


def test_an_end_of_day_that_is_killed_goes_on_where_it_was(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    with transaction() as session:
        for _ in range(12):
            factories.account(session)
        session.execute(update(Account).values(days_past_due=0, past_due_cents=0, worklist_weight=None))
    url = committed_database.url
    with psycopg.connect(url) as blocker, psycopg.connect(url, autocommit=True) as watcher:
        # The snapshots step cannot write while this is held, so that is where the process stands when it is killed.
        blocker.execute("lock table account_snapshot in exclusive mode")
        process = started(committed_database, tmp_path)
        wait_until_blocked(watcher, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        blocker.rollback()
    states = {chunk.step: (chunk.state, chunk.changed) for chunk in db.session.scalars(select(DayChunk))}
    assert states[StepName.AGE] == ("done", 12)
    assert states[StepName.SNAPSHOTS] == ("planned", 0)
    assert db.session.scalars(select(AccountSnapshot)).all() == []
    db.session.rollback()

    again = started(committed_database, tmp_path)
    answer, complaint = again.communicate(timeout=SECONDS_TO_BLOCK)
    assert again.returncode == 0, complaint
    steps = {step["step"]: step["changed"] for step in json.loads(answer)["steps"]}
    assert steps["age"] == 12, "what was done before the kill is not done again"
    assert steps["snapshots"] == 12
    snapshots = db.session.scalars(select(AccountSnapshot)).all()
    assert [(each.days_past_due, each.past_due_cents) for each in snapshots] == [(42, 16_200)] * 12


def test_nights_whose_workers_and_timetable_are_killed_end_like_one_that_nobody_disturbed(
    databases: Databases, redis_url: str, tmp_path: Path
) -> None:
    with nights.built(databases, redis_url, tmp_path) as house:
        assert house.chunks > 40, "each step of two nights fans out"
        wrong = {seed: found for seed in range(ROUNDS) if (found := nights.disturbed(house, seed))}
        assert house.begun_again > 0, "workers died in the middle of their jobs"
    assert wrong == {}
