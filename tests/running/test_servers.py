"""The embedded servers: shared, ended after the last user, and startable after every kind of accident."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from redis import Redis

from app.running import locks
from app.running.embedded import Files
from app.running.errors import ServersUnavailable
from app.running.servers import RunningServers, ensured
from app.settings import Settings
from tests.product import leasedesk_process

LIMIT = 20.0


def query(servers: RunningServers, statement: str) -> list[tuple[object, ...]]:
    """Run one statement on the program's database and commit."""
    with psycopg.connect(servers.settings.sqlalchemy_url.replace("+psycopg", "", 1)) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def has_ended(home: Path) -> bool:
    """Whether no process of the home's servers is left, watched for a while."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if not any(locks.is_held(Files(home, name)["alive"]) for name in ("postgres", "valkey")):
            return True
        time.sleep(0.05)
    return False


def processes(home: Path) -> list[psutil.Process]:
    """Processes whose command line speaks of the home."""
    return [process for process in psutil.process_iter() if any(str(home) in word for word in words(process))]


def words(process: psutil.Process) -> list[str]:
    """The command line; empty when the process has ended."""
    try:
        found: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return found


def keepers(home: Path) -> list[psutil.Process]:
    """The two keepers of the home."""
    return [process for process in processes(home) if any(word.endswith("keeper.py") for word in words(process))]


def test_servers_keep_their_data_and_leave_nothing_running(home: Path) -> None:
    with ensured(Settings(home=home)) as servers:
        query(servers, "create table kept as select 42 as answer")
        Redis.from_url(servers.settings.queue_url).set("answer", 42)
        assert len(keepers(home)) == 2
    psutil.wait_procs(processes(home), LIMIT)
    assert processes(home) == []
    with ensured(Settings(home=home)) as servers:
        assert query(servers, "select answer from kept") == [(42,)]
        assert Redis.from_url(servers.settings.queue_url).get("answer") == b"42"


def test_the_program_is_no_superuser_of_its_database(home: Path) -> None:
    with ensured(Settings(home=home)) as servers:
        assert query(servers, "select rolsuper from pg_roles where rolname = current_user") == [(False,)]
        assert query(servers, "show synchronous_commit") == [("on",)]
        assert query(servers, "show listen_addresses") == [("",)]


def test_the_second_user_takes_over_what_the_first_has_started(home: Path) -> None:
    first, second = ensured(Settings(home=home)), ensured(Settings(home=home))
    with first as servers:
        before = query(servers, "select pg_postmaster_start_time()")
        joined = second.__enter__()
    assert query(joined, "select pg_postmaster_start_time()") == before
    second.__exit__(None, None, None)
    assert has_ended(home)


def test_servers_stop_when_their_only_user_is_killed(home: Path) -> None:
    user = """
import sys, time
from pathlib import Path
from app.running.servers import ensured
from app.settings import Settings
with ensured(Settings(home=Path(sys.argv[1]))):
    print("up", flush=True)
    time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", user, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.kill()
    process.wait()
    assert has_ended(home)
    with ensured(Settings(home=home)) as servers:
        assert query(servers, "select 1") == [(1,)]


def test_servers_end_with_a_killed_keeper_and_start_again_with_their_data(home: Path) -> None:
    with ensured(Settings(home=home)) as servers:
        query(servers, "create table kept as select 42 as answer")
        for keeper in keepers(home):
            keeper.kill()
        assert has_ended(home)
        assert sorted(servers.restart_missing()) == ["postgres", "valkey"]
        assert query(servers, "select answer from kept") == [(42,)]
    assert has_ended(home)


def test_a_killed_database_comes_back_with_what_was_committed(home: Path) -> None:
    with ensured(Settings(home=home)) as servers:
        query(servers, "create table kept as select 42 as answer")
        postmaster = int((home / "postgres" / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        os.kill(postmaster, signal.SIGKILL)
        deadline = time.monotonic() + LIMIT
        while not servers.restart_missing():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert query(servers, "select answer from kept") == [(42,)]


def test_a_left_over_process_number_that_is_now_another_process_does_not_matter(home: Path) -> None:
    with ensured(Settings(home=home)):
        taken = (home / "postgres" / "postmaster.pid").read_text(encoding="ascii").splitlines()
    # After a crash in a container the number often belongs to something else; here: to this test.
    (home / "postgres" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *taken[1:]]), encoding="ascii")
    with ensured(Settings(home=home)) as servers:
        assert query(servers, "select 1") == [(1,)]


def test_a_first_start_that_broke_off_is_made_anew(home: Path) -> None:
    (home / "postgres.new").mkdir()
    (home / "postgres.new" / "PG_VERSION").write_text("18\n", encoding="ascii")
    with ensured(Settings(home=home)) as servers:
        assert query(servers, "select 1") == [(1,)]
    assert not (home / "postgres.new").exists()


def test_a_home_with_a_very_long_path_has_its_sockets_elsewhere(home: Path) -> None:
    long = home / ("a" * 60) / ("b" * 60)
    with ensured(Settings(home=long)) as servers:
        assert query(servers, "select 1") == [(1,)]
        assert Redis.from_url(servers.settings.queue_url).ping()
        assert str(home) not in servers.settings.sqlalchemy_url
    assert has_ended(long)


def test_a_home_below_a_private_folder_works_and_the_folder_stays_private(home: Path) -> None:
    private = home / "private"
    private.mkdir(mode=0o700)
    with ensured(Settings(home=private / "desk")) as servers:
        assert query(servers, "select 1") == [(1,)]
    assert stat.S_IMODE(private.stat().st_mode) & 0o007 == 0
    assert not group_may_read(private)


def group_may_read(folder: Path) -> bool:
    """Whether the group's bits, which a list of named users shows as their limit, allow more than passing."""
    return bool(stat.S_IMODE(folder.stat().st_mode) & 0o060)


def test_data_of_another_postgresql_version_is_refused_with_a_sentence(home: Path) -> None:
    with ensured(Settings(home=home)):
        pass
    (home / "postgres" / "PG_VERSION").write_text("15\n", encoding="ascii")
    with pytest.raises(ServersUnavailable, match=r"written by PostgreSQL 15, and this LeaseDesk brings \d+\."):
        ensured(Settings(home=home)).__enter__()


def test_an_address_without_a_database_is_a_sentence_without_its_password(home: Path) -> None:
    settings = Settings.load({"LEASEDESK_HOME": str(home), "DATABASE_URL": "postgresql://me:geheim@127.0.0.1:1/x"})
    with pytest.raises(ServersUnavailable, match="DATABASE_URL does not answer") as refusal:
        ensured(settings).__enter__()
    assert "geheim" not in str(refusal.value)
    assert not (home / "postgres").exists()


def test_an_address_without_a_queue_is_a_sentence(home: Path) -> None:
    settings = Settings.load({"LEASEDESK_HOME": str(home), "REDIS_URL": "redis://127.0.0.1:1"})
    with pytest.raises(ServersUnavailable, match="REDIS_URL does not answer"):
        ensured(settings).__enter__()
    assert has_ended(home)


def test_two_commands_at_once_on_an_empty_home_both_succeed(home: Path) -> None:
    environment = os.environ | {"LEASEDESK_HOME": str(home)}
    command = [sys.executable, "-m", "app", "db", "upgrade", "--json"]
    started = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    reached = {json.loads(process.communicate()[0])["to"] for process in started}
    assert len(reached) == 1
    assert leasedesk_process("db", "check", environment=environment).returncode == 0
    assert has_ended(home)


def test_a_child_ends_when_its_parent_is_killed() -> None:
    parent = """
import subprocess, sys, signal
from app.running.keeper import dies_with_parent
child = subprocess.Popen(["sleep", "600"], preexec_fn=dies_with_parent(signal.SIGTERM))
print(child.pid, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        child = psutil.Process(int(started.stdout.readline()))
        started.kill()
    child.wait(LIMIT)  # Raises when the child is still there.
