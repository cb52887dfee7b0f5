"""Children that die, children that do not want to stop, and their logs."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.running import supervisor as supervision
from app.running.supervisor import Program, Supervisor

LIMIT = 20.0
STUBBORN = """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
print("ready", child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def told() -> list[str]:
    """What the supervisor has reported."""
    return []


@pytest.fixture
def supervisor(tmp_path: Path, told: list[str]) -> Iterator[Supervisor]:
    """A supervisor without children yet; they are ended after the test."""
    made = Supervisor(os.environ, tmp_path, tmp_path, (), told.append)
    yield made
    made.is_impatient = lambda: True
    made.stop([[child.program.name for child in made.children]])


def python(name: str, code: str, patience: float = 20) -> Program:
    """A program of a few lines."""
    return Program(name, (sys.executable, "-c", code), patience)


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it becomes true within the limit."""
    deadline = time.monotonic() + LIMIT
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_child_that_dies_is_started_again_and_named(supervisor: Supervisor, told: list[str]) -> None:
    child = supervisor.start([python("worker-1", "import time; time.sleep(600)")])[0]
    child.pause = 0.05
    assert child.process is not None
    first = child.process.pid
    assert not supervisor.look_after()
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: supervisor.look_after() and child.is_running)
    assert child.process.pid != first
    assert told[0].startswith("worker-1 was ended by SIGKILL; starting it again in 0 s. See ")


def test_a_child_that_keeps_dying_is_given_longer_and_longer_pauses(supervisor: Supervisor, told: list[str]) -> None:
    child = supervisor.start([python("tick", "raise SystemExit(7)")])[0]
    pauses = []
    for _ in range(7):
        assert eventually(lambda: not child.is_running)
        supervisor.look_after()
        pauses.append(child.due - time.monotonic())
        child.due = 0  # Time flies.
        supervisor.look_after()
    assert [round(pause) for pause in pauses] == [1, 2, 4, 8, 16, 30, 30]
    assert told[0].startswith("tick ended with code 7; starting it again in 1 s.")


def test_a_child_that_does_not_stop_is_ended_with_all_that_it_started(supervisor: Supervisor, told: list[str]) -> None:
    child = supervisor.start([python("stubborn", STUBBORN, patience=0.2)])[0]
    log = supervisor.log_of(child.program)
    assert eventually(lambda: "ready" in log.read_text(encoding="utf-8"))
    grandchild = psutil.Process(int(log.read_text(encoding="utf-8").split()[1]))
    supervisor.stop([["stubborn"]])
    assert not child.is_running
    grandchild.wait(LIMIT)
    assert told == ["stubborn does not stop and is ended."]


def test_groups_stop_one_after_the_other(supervisor: Supervisor, tmp_path: Path) -> None:
    polite = """
import pathlib, signal, sys, time
def end(*_):
    time.sleep(0.3)
    with open("order", "a") as order: order.write(sys.argv[1])
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
pathlib.Path("ready" + sys.argv[1]).touch()
time.sleep(600)
"""
    names = ("web", "worker", "square")
    supervisor.start([Program(name, (sys.executable, "-c", polite, name[0:2])) for name in names])
    assert eventually(lambda: all((tmp_path / f"ready{name[0:2]}").exists() for name in names))
    supervisor.stop([["square"], ["web"], ["worker"]])
    assert (tmp_path / "order").read_text(encoding="utf-8") == "sqwewo"


def test_a_large_log_is_put_aside_once(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "tick.log"
    with log.open("wb") as file:
        file.truncate(supervision.LARGEST_LOG + 1)
    child = supervisor.start([python("tick", "print('fresh')")])[0]
    assert eventually(lambda: not child.is_running)
    assert log.read_text(encoding="utf-8") == "fresh\n"
    assert (tmp_path / "tick.log.1").stat().st_size == supervision.LARGEST_LOG + 1
