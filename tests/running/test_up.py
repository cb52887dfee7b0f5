"""`leasedesk up` as a person meets it: start, stop, accidents, and the next start."""

import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from app.running import locks
from app.running.home import HomeFiles
from app.running.postgres import Postgres
from tests.conftest import Databases
from tests.product import SECONDS_TO_START, RunningProduct, environment_for, launched, leasedesk_process, started_product

LIMIT = 90.0

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("running_product")]


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it becomes true within the limit."""
    deadline = time.monotonic() + LIMIT
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def left_over(home: Path) -> list[str]:
    """Command lines of living processes that were started for this home."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            is_ours = any(str(home) in word for word in words) or process.environ().get("LEASEDESK_HOME") == str(home)
        except psutil.Error:
            continue  # It has ended, or it is nobody's business of ours.
        if is_ours and process.status() != psutil.STATUS_ZOMBIE:
            found.append(" ".join(words))
    return found


def accounts(home: Path) -> int:
    """How many accounts the home's database holds; it has to be running."""
    address = Postgres(home, print).url.replace("+psycopg", "", 1)
    with psycopg.connect(address) as connection:
        row = connection.execute("select count(*) from account").fetchone()
    return int(row[0]) if row else 0


def postmaster(home: Path) -> int:
    """The process number of the home's database."""
    return int((home / "postgres" / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])


def wait_for_greeting(product: RunningProduct) -> None:
    assert product.greeted.wait(SECONDS_TO_START), product.output
    assert product.process.poll() is None, product.output


def test_it_greets_answers_and_says_who_may_sign_in(running_product: RunningProduct) -> None:
    with urllib.request.urlopen(f"{running_product.url}/healthz", timeout=10) as answer:
        assert answer.status == 200
    assert f"LeaseDesk is running at {running_product.url}" in running_product.output
    staff = json.loads((running_product.home / "demo-staff.json").read_text(encoding="utf-8"))
    roles = [member["role"] for member in staff]
    assert {"collector", "supervisor", "manager", "admin"} <= set(roles)
    assert roles.count("collector") >= 2
    for member in staff:
        assert set(member) == {"username", "name", "role", "pin"}
        assert member["username"] in running_product.output
    assert running_product.record["pid"] == running_product.process.pid


def test_the_staff_file_is_for_its_owner_only(running_product: RunningProduct) -> None:
    assert (running_product.home / "demo-staff.json").stat().st_mode & 0o077 == 0


def test_it_listens_on_loopback_only(running_product: RunningProduct) -> None:
    port = int(running_product.environment["PORT"])
    found = [c.laddr.ip for c in psutil.net_connections("inet") if c.status == psutil.CONN_LISTEN and c.laddr.port == port]
    assert set(found) == {"127.0.0.1"}


def test_a_command_uses_the_running_servers_and_leaves_them_running(running_product: RunningProduct) -> None:
    done = running_product.leasedesk("db", "upgrade", "--json")
    assert json.loads(done.stdout)["from"] == json.loads(done.stdout)["to"]
    with urllib.request.urlopen(f"{running_product.url}/healthz", timeout=10) as answer:
        assert answer.status == 200


def test_a_second_start_on_the_same_home_is_refused_with_the_address(running_product: RunningProduct) -> None:
    done = running_product.leasedesk("up")
    assert done.returncode == 1
    assert f"already runs on {running_product.home} ({running_product.url})" in done.stderr


def test_a_taken_port_is_a_sentence_that_names_port(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = leasedesk_process("up", environment=environment_for(home, {"PORT": str(port)}))
    assert done.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in done.stderr
    assert "PORT=" in done.stderr
    assert not (home / "postgres").exists()


@pytest.mark.parametrize("name", ["web", "worker-1", "tick", "square", "hexnode"])
def test_a_killed_process_is_started_again(running_product: RunningProduct, name: str) -> None:
    before = running_product.record["children"][name]
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: running_product.record["children"].get(name, before) != before)
    assert any(line.startswith(f"{name} was ended by SIGKILL") for line in running_product.lines)
    assert eventually(lambda: answers(running_product))


def answers(product: RunningProduct) -> bool:
    """Whether the web server answers now."""
    try:
        with urllib.request.urlopen(f"{product.url}/healthz", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_it_stops_without_a_trace_finds_its_data_again_and_outlives_its_database(home: Path) -> None:
    with started_product(home) as product:
        before = accounts(home)
        assert product.stop() == 0
    assert product.output.endswith("Stopping …\nStopped.\n")
    assert left_over(home) == []
    assert not (home / "run.json").exists()
    with started_product(home) as again:
        assert accounts(home) == before > 0
        os.kill(postmaster(home), signal.SIGKILL)
        assert eventually(lambda: "postgres had ended and was started again." in again.output)
        assert accounts(home) == before
        again.process.send_signal(signal.SIGINT)
        assert again.process.wait(LIMIT) == 0
    assert left_over(home) == []


def test_a_start_right_after_a_kill_waits_for_the_old_processes_and_a_kill_leaves_none(home: Path) -> None:
    with started_product(home) as product:
        before = accounts(home)
        product.process.kill()
        again = launched(home)
        wait_for_greeting(again)
        assert accounts(home) == before > 0
        again.process.kill()
    assert eventually(lambda: left_over(home) == [])


def test_a_stop_in_the_middle_of_the_first_start_is_clean_and_the_next_start_completes(home: Path) -> None:
    product = launched(home)
    assert eventually(lambda: "Making the tables" in product.output)
    assert product.stop() == 0
    assert left_over(home) == []
    with started_product(home):
        assert accounts(home) > 0


def test_it_runs_on_a_database_given_by_address(home: Path, databases: Databases) -> None:
    with databases.fresh() as empty, started_product(home, {"DATABASE_URL": empty.sqlalchemy_url}) as product:
        assert not (home / "postgres").exists()
        with psycopg.connect(empty.sqlalchemy_url.replace("+psycopg", "", 1)) as connection:
            assert connection.execute("select count(*) > 0 from account").fetchone() == (True,)
        assert product.stop() == 0
        assert not locks.is_held(HomeFiles(home).children_lock)
