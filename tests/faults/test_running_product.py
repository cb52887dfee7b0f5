"""The running product loses a worker in the middle of an import, and its queue while people are at their screens."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from app.running.postgres import Postgres
from tests.browser.office import Office
from tests.browser.test_import import MILLISECONDS_FOR_A_JOB, confirm
from tests.product import RunningProduct, started_product
from tests.stories.book import OPEN, OTIS, WADE, Lease, workbook

SECONDS = 90.0

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("running_product")]


@pytest.fixture(scope="module")
def own_product() -> Iterator[RunningProduct]:
    """A product of these tests alone, with its own database and queue."""
    with tempfile.TemporaryDirectory(prefix="ld-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o711)  # The system user of an embedded PostgreSQL has to pass through.
        with started_product(home, {"LEASEDESK_DEMONSTRATION_ACCOUNTS": "20"}) as product:
            yield product


@pytest.fixture
def office(browser: Browser, own_product: RunningProduct) -> Iterator[Office]:
    """Windows on it. What their consoles say does not matter here: servers are taken away under them."""
    opened = Office(browser, own_product)
    yield opened
    opened.close()


def until(holds: Callable[[], Any], what: str) -> None:
    """Return once it holds."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def database(product: RunningProduct) -> psycopg.Connection[Any]:
    """A connection of one's own to the product's database."""
    return psycopg.connect(Postgres(product.home, print).url.replace("+psycopg", "", 1), autocommit=True)


@contextmanager
def held_still(pid: int) -> Iterator[None]:
    """A process that neither answers nor ends; whoever talks to it waits."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def upload(page: Page, name: str, *leases: Lease) -> None:
    """Send a report of these leases."""
    page.goto("/admin/import/")
    page.get_by_label("File", exact=True).set_input_files(
        FilePayload(name=name, mimeType="application/octet-stream", buffer=workbook(leases))
    )
    page.get_by_role("button", name="Upload and read").click()


def test_a_worker_killed_in_the_middle_of_an_import_costs_time_and_nothing_else(office: Office) -> None:
    product, page = office.product, office.window("supervisor")
    upload(page, "river-city.xlsx", *OPEN, WADE)
    expect(page.get_by_role("button", name="Apply import…")).to_be_enabled(timeout=MILLISECONDS_FOR_A_JOB)
    with database(product) as watcher:
        accounts = "select count(*) from account"
        before = watcher.execute(accounts).fetchone()
        with database(product) as blocker, blocker.transaction(force_rollback=True):
            # The last statement of an import waits for this: everything else of it is written by then.
            blocker.execute("lock table activity in exclusive mode")
            confirm(page, "Apply import…", "Apply import", product.staff("supervisor")["pin"])
            waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            until(lambda: watcher.execute(waiting).fetchone() != (0,), "the import to come to the lock")
            worker = product.record["children"]["worker-1"]
            os.kill(worker, signal.SIGKILL)
            until(lambda: product.record["children"].get("worker-1", worker) != worker, "another worker")
        until(lambda: watcher.execute(waiting).fetchone() == (0,), "the killed worker's transaction to end")
        assert watcher.execute(accounts).fetchone() == before, "nothing is half imported"
        watcher.execute("update job set heartbeat_at = now() - interval '61 seconds' where state = 'running'")
        expect(page.get_by_role("button", name="Undo import…")).to_be_visible(timeout=MILLISECONDS_FOR_A_JOB)
        numbers = [lease.contract for lease in (*OPEN, WADE)]
        found = watcher.execute("select approval_id from account where approval_id = any(%s) order by 1", [numbers]).fetchall()
        assert [row[0] for row in found] == sorted(numbers)
    checked = json.loads(product.leasedesk("check-ledger", "--json").stdout)
    assert checked["clean"], checked


def test_people_go_on_while_the_queue_hangs_and_jobs_run_when_it_is_back(office: Office) -> None:
    product = office.product
    queue: int = json.loads((product.home / "run" / "valkey.record").read_text(encoding="utf-8"))["server"]
    with held_still(queue):
        page = office.window("supervisor")
        expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
        page.goto("/admin/accounts/")
        expect(page.locator("tbody tr").first).to_be_visible()
        upload(page, "late.xlsx", OTIS, WADE)
        page.wait_for_url("**/admin/import/*/")
        with database(product) as watcher:
            state = watcher.execute("select state from job order by id desc limit 1").fetchone()
        assert state == ("planned",), "the job waits in the database"
    expect(page.get_by_role("button", name="Apply import…")).to_be_attached(timeout=MILLISECONDS_FOR_A_JOB)
