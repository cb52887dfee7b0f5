"""kill -9 of a worker in the middle of an import: the job is found again and finishes; nothing doubled, nothing lost."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
from sqlalchemy import func, select, update

from app import ROOT
from app.domain.portfolio.imports import BatchState
from app.domain.reporting.jobs import JobState
from app.extensions import db
from app.models import Account, ImportBatch, ImportRow, Installment, Job, Payment, Portfolio
from app.queries.payments.invariants import findings
from app.services.portfolio import import_apply, imports, uploads
from app.services.reporting import jobs
from app.services.staff.audit import SYSTEM
from app.transaction import transaction
from app.workbooks.gate import admit
from tasks.doorbell import ring
from tasks.perform import perform
from tasks.sweep import sweep
from tests.conftest import CommittedDatabase
from tests.factories import NOW, TODAY
from tests.portfolio.importing import applied, opened, report
from tests.product import environment_for

SECONDS = 60
ROWS = [{"CONTRACT#": str(7_000_000 + number)} for number in range(40)]


def worker(database: CommittedDatabase, home: Path) -> subprocess.Popen[bytes]:
    """A real worker process on the test's database and queue."""
    given = {"DATABASE_URL": database.url, "REDIS_URL": database.settings.queue_url, "LEASEDESK_TODAY": TODAY.isoformat()}
    command = [sys.executable, "-m", "tasks.worker", "imports"]
    with (home / "worker.log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment_for(home, given), stdout=log, stderr=log, start_new_session=True
        )


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.05)


def is_blocked(url: str) -> bool:
    """Whether a statement on the database waits for a lock."""
    query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with psycopg.connect(url, autocommit=True) as watcher:
        row = watcher.execute(query).fetchone()
    return bool(row and row[0])


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill -9 of the worker alone; what it started must not outlive it."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


def forget_heartbeat() -> None:
    """Let a minute pass for the sweep: the job's last sign of life is that old."""
    with transaction() as session:
        old = func.clock_timestamp() - dt.timedelta(seconds=61)
        session.execute(update(Job).where(Job.state == JobState.RUNNING).values(heartbeat_at=old))


def state_of(job_id: int) -> JobState:
    with transaction() as session:
        state = session.scalar(select(Job.state).where(Job.id == job_id))
    assert state is not None
    return state


def counts() -> tuple[int, int, int]:
    """Accounts, installments, payments."""
    with transaction() as session:
        found = [session.scalar(select(func.count()).select_from(model)) or 0 for model in (Account, Installment, Payment)]
    return found[0], found[1], found[2]


def planned(kind: str, batch_id: int) -> Job:
    with transaction() as session:
        job = jobs.plan(session, kind, kind, arguments={"batch_id": batch_id}, queue="imports", now=NOW, actor=SYSTEM)
        session.flush()
        session.expunge(job)
    ring(job.id, "imports")
    return job


def finished(database: CommittedDatabase, home: Path, job_id: int) -> None:
    """Let a new worker take what the sweep finds, to the end of the job."""
    forget_heartbeat()
    assert sweep() == 1
    second = worker(database, home)
    try:
        wait_until(lambda: state_of(job_id) not in (JobState.PLANNED, JobState.RUNNING), "the second worker")
    finally:
        second.send_signal(signal.SIGTERM)
        second.wait(SECONDS)


def test_an_import_whose_worker_is_killed_is_finished_by_the_next(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    with transaction() as session:
        book = session.scalars(select(Portfolio)).one()
        batch = opened(session, book, report(ROWS))
        imports.start_apply(session, batch, now=NOW, actor=SYSTEM)
        batch_id = batch.id
    url = committed_database.url
    with psycopg.connect(url) as blocker:
        # The last statement of applying cannot write while this is held: all accounts and schedules are written by then.
        blocker.execute("lock table activity in exclusive mode")
        job = planned("import_apply", batch_id)
        first = worker(committed_database, tmp_path)
        wait_until(lambda: is_blocked(url), "the first worker")
        kill(first)
        blocker.rollback()
    wait_until(lambda: not is_blocked(url), "the killed worker's transaction to end")
    assert counts() == (0, 0, 0), "nothing is half imported"
    with transaction() as session:
        left = session.get_one(Job, job.id)
        assert (left.state, left.planned, left.done) == (JobState.RUNNING, 40, 40), "its progress survived it"
    finished(committed_database, tmp_path, job.id)
    assert state_of(job.id) is JobState.DONE
    assert counts() == (40, 40 * 26, 40)
    with transaction() as session:
        assert session.get_one(ImportBatch, batch_id).state is BatchState.APPLIED
        assert session.get_one(Job, job.id).attempts == 2
        assert [finding.invariant.name for finding in findings(session) if finding.broken] == []
    perform(job.id)  # RQ may deliver it once more.
    assert counts() == (40, 40 * 26, 40)


def test_a_reading_whose_worker_is_killed_starts_again_from_the_first_row(
    committed_database: CommittedDatabase, tmp_path: Path
) -> None:
    file = admit(report(ROWS), "report.csv")
    uploads.keep(tmp_path, file)
    with transaction() as session:
        book = session.scalars(select(Portfolio)).one()
        batch_id = imports.open_batch(session, file, portfolio=book, today=TODAY, now=NOW, actor=SYSTEM).id
    url = committed_database.url
    with psycopg.connect(url) as blocker:
        blocker.execute("lock table import_row in exclusive mode")
        job = planned("import_read", batch_id)
        first = worker(committed_database, tmp_path)
        wait_until(lambda: is_blocked(url), "the first worker")
        kill(first)
        blocker.rollback()
    finished(committed_database, tmp_path, job.id)
    with transaction() as session:
        batch = session.get_one(ImportBatch, batch_id)
        assert (batch.state, batch.rows, batch.outcomes) == (BatchState.PREVIEW, 40, {"imported": 40})
        assert session.scalar(select(func.count()).select_from(ImportRow)) == 40


def test_a_worker_killed_after_the_commit_does_not_import_twice(committed_database: CommittedDatabase) -> None:
    with transaction() as session:
        batch_id = applied(session, opened(session, session.scalars(select(Portfolio)).one(), report(ROWS))).id
        job = jobs.plan(session, "import_apply", "x", arguments={"batch_id": batch_id}, queue="imports", now=NOW, actor=SYSTEM)
        job_id = job.id
    perform(job_id)
    assert state_of(job_id) is JobState.DONE
    assert counts() == (40, 40 * 26, 40)


def test_two_imports_of_the_same_contracts_at_once_write_them_once(committed_database: CommittedDatabase) -> None:
    batch_ids = []
    for name in ("one.csv", "two.csv"):
        with transaction() as session:
            book = session.scalars(select(Portfolio)).one()
            batch = opened(session, book, report(ROWS), name, may_repeat=True)
            imports.start_apply(session, batch, now=NOW, actor=SYSTEM)
            batch_ids.append(batch.id)
    both_ready = threading.Barrier(2)
    problems: list[BaseException] = []

    def apply(batch_id: int) -> None:
        try:
            with committed_database.app.app_context(), transaction() as session:
                both_ready.wait()
                import_apply.apply(session, batch_id, today=TODAY, now=NOW, actor=SYSTEM)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=apply, args=(batch_id,)) for batch_id in batch_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert problems == []
    assert counts() == (40, 40 * 26, 40)
    db.session.expire_all()
    with transaction() as session:
        outcomes = [session.get_one(ImportBatch, batch_id).outcomes for batch_id in batch_ids]
    assert sorted(outcomes, key=str) == [{"imported": 40}, {"skipped:duplicate": 40}]
