"""Figures that are dear to work out are kept for a while, and the dearer the longer.

A small book is asked anew for every page. Over millions of installments the same figures take seconds; then they are worked
out once, shown with the time of which they are, and asked again when twenty times as long has passed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

DEAR_SECONDS = 0.5
"""What is worked out more quickly is not kept at all."""
LARGE_BOOK = 20_000
"""Open accounts; figures of a smaller book are never kept, however busy the machine is."""
TIMES_ITS_COST = 20
LONGEST_SECONDS = 300.0
MOST_ANSWERS = 200


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    value: T
    until: float


class Kept(Generic[T]):
    """Answers of one question by key, in this process."""

    def __init__(self, may_keep: Callable[[T], bool], *, dear_seconds: float = DEAR_SECONDS) -> None:
        self._may_keep = may_keep
        self._dear_seconds = dear_seconds
        self._answers: dict[Hashable, _Answer[T]] = {}
        self._working: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """The kept answer while it lasts, or a new one. Of several who ask at once one works, the others wait for it."""
        with self._lock:
            working = self._working.setdefault(key, Lock())
        with working:
            kept = self._answers.get(key)
            if kept is not None and time.monotonic() < kept.until:
                return kept.value
            started = time.monotonic()
            value = work_out()
            self._keep(key, value, time.monotonic() - started)
            return value

    def _keep(self, key: Hashable, value: T, cost: float) -> None:
        now = time.monotonic()
        with self._lock:
            for stale in [each for each, answer in self._answers.items() if answer.until <= now]:
                del self._answers[stale]
            if cost >= self._dear_seconds and self._may_keep(value) and len(self._answers) < MOST_ANSWERS:
                self._answers[key] = _Answer(value, now + min(cost * TIMES_ITS_COST, LONGEST_SECONDS))
