"""The worker process: what a job finds, and what becomes of it when the worker has to go."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import psycopg
import pytest
from redis import Redis
from rq import Queue
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from app import ROOT
from tests.conftest import CommittedDatabase

LIMIT = 60.0


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it becomes true within the limit."""
    deadline = time.monotonic() + LIMIT
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def running(database: CommittedDatabase, *module: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A background process on the test's database and queue."""
    environment = database.settings.as_environment()
    process = subprocess.Popen([sys.executable, "-m", *module], env=environment, cwd=ROOT, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def worker(committed_database: CommittedDatabase) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker for the queue of imports and the default queue."""
    with running(committed_database, "tasks.worker", "imports", "default") as process:
        yield process


def enqueued(redis: Redis, function: str, *arguments: object, queue: str = "default") -> Job:
    return Queue(queue, connection=redis, serializer=JSONSerializer).enqueue(f"tests.running.jobs.{function}", *arguments)


def noted(database: CommittedDatabase) -> dict[str, list[int]]:
    """What the jobs have written: name → own process, parent."""
    with psycopg.connect(database.url) as connection:
        return dict(connection.execute("select name, value from setting").fetchall())


def test_a_job_finds_the_application_and_runs_in_a_process_of_its_own(
    worker: "subprocess.Popen[bytes]", committed_database: CommittedDatabase, redis: Redis
) -> None:
    for key in ("first", "second"):
        enqueued(redis, "note", key)
    assert eventually(lambda: set(noted(committed_database)) == {"first", "second"})
    (first, parent), (second, _) = noted(committed_database).values()
    assert parent == worker.pid
    assert len({first, second, worker.pid}) == 3


def test_a_worker_that_shall_stop_finishes_the_job_in_hand(
    worker: "subprocess.Popen[bytes]", committed_database: CommittedDatabase, redis: Redis
) -> None:
    job = enqueued(redis, "note_before_and_after", 1.0)
    assert eventually(lambda: "before" in noted(committed_database))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(LIMIT) == 0
    assert "after" in noted(committed_database)
    assert job.get_status() is JobStatus.FINISHED


def test_a_job_ends_with_its_killed_worker(
    worker: "subprocess.Popen[bytes]", committed_database: CommittedDatabase, redis: Redis
) -> None:
    enqueued(redis, "note_before_and_after", 60.0)
    assert eventually(lambda: "before" in noted(committed_database))
    horse = psutil.Process(noted(committed_database)["before"][0])
    os.kill(worker.pid, signal.SIGKILL)
    horse.wait(LIMIT)  # Raises when it lives on.
    assert "after" not in noted(committed_database)


def test_the_tick_ends_at_once_when_told_to(committed_database: CommittedDatabase, redis: Redis) -> None:
    with running(committed_database, "tasks.tick") as tick:
        assert eventually(lambda: others_connected(committed_database) > 0)
        before = time.monotonic()
        tick.send_signal(signal.SIGTERM)
        assert tick.wait(LIMIT) == 0
        assert time.monotonic() - before < 5


def others_connected(database: CommittedDatabase) -> int:
    """How many others are connected to the database now; the first is the tick."""
    with psycopg.connect(database.url) as connection:
        statement = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
