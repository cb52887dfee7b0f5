"""Whoever works at night, each in a process of its own: two workers and the timetable, which a test kills and starts again.

They are the real `tasks.worker` and `tasks.tick`, forked from a process that has imported everything already, since importing
takes longer than a small night. The clock stands still, so that whatever they write can be compared row for row.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import sys
import time
from collections.abc import Mapping
from functools import partial
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

SECONDS_BETWEEN_TICKS = 0.2
"""What the timetable finds within twenty seconds, it finds sooner here; it does the same."""
PRELOADED = ["tests.faults.shift", "tasks.worker", "tasks.tick", "tasks.perform", "tasks.timetable", "tasks.end_of_day"]
SECONDS_TO_DIE = 10
ROLES = ("worker-1", "worker-2", "timetable")

Process = BaseProcess


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def start(role: str, environment: Mapping[str, str], at: dt.time, log: Path) -> Process:
    """Start one of them on the database and the queue that the environment names, at a time of day of its date."""
    process = _context().Process(target=_work, args=(role, dict(environment), at, log), name=role, daemon=False)
    process.start()
    return process


def kill(*processes: Process) -> None:
    """End these processes alone with kill -9, all at once; what they started must not outlive them."""
    children = [child for each in processes if each.pid for child in psutil.Process(each.pid).children(recursive=True)]
    for process in processes:
        process.kill()
    for process in processes:
        process.join()
    until = time.monotonic() + SECONDS_TO_DIE
    while alive := [child for child in children if _is_alive(child)]:
        assert time.monotonic() < until, f"{[each.name for each in processes]} were killed and left {alive}"
        time.sleep(0.002)


def _is_alive(process: psutil.Process) -> bool:
    """Whether it still runs; one that has ended may wait a while until somebody asks for its exit code."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _work(role: str, environment: dict[str, str], at: dt.time, log: Path) -> None:
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    from app import clock
    from tasks import tick, worker

    # Each application that is made sets the clock to the date of its settings.
    clock.set_clock = partial(clock.set_clock, stopped_at=at)
    tick.SECONDS_BETWEEN_TICKS = SECONDS_BETWEEN_TICKS  # type: ignore[assignment]
    sys.exit(tick.main() if role == "timetable" else worker.main(["default"]))
