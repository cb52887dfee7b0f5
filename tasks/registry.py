"""Which function does which kind of job, and on which queue it waits."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import tasks
from tasks.work import Result, Work

TaskFunction = Callable[[Work], Result | None]
GivenUp = Callable[[Mapping[str, Any], str], None]

DOORWAYS = frozenset({"tick", "worker", "perform"})
"""Modules of this package that are started and hold no tasks."""


@dataclass(frozen=True)
class Task:
    """A kind of job: where it waits, what does it, and what tidies up when it is not going to be finished."""

    kind: str
    queue: str
    function: TaskFunction
    given_up: GivenUp | None


_tasks: dict[str, Task] = {}


def task(queue: str = "default", *, given_up: GivenUp | None = None) -> Callable[[TaskFunction], TaskFunction]:
    """Make a function the task of the kind that it is named after.

    `given_up(arguments, sentence)` is called in no transaction after the job failed or was stopped, also when its worker
    died too often: it puts back what the plan had set aside. It must be safe to call twice.
    """

    def register(function: TaskFunction) -> TaskFunction:
        kind = function.__name__
        if kind in _tasks and _tasks[kind].function.__module__ != function.__module__:
            raise TypeError(f"Two tasks are called {kind}.")
        _tasks[kind] = Task(kind, queue, function, given_up)
        return function

    return register


@cache
def _load() -> None:
    """Import every module of the package once, so that its tasks are known."""
    for module in pkgutil.iter_modules(tasks.__path__):
        if module.name not in DOORWAYS:
            import_module(f"tasks.{module.name}")


def task_of(kind: str) -> Task | None:
    """The task of a kind; None for one that this version of the program does not know."""
    _load()
    return _tasks.get(kind)


def known_tasks() -> Mapping[str, Task]:
    """All tasks by kind."""
    _load()
    return dict(_tasks)
