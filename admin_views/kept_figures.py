"""Figures that are dear to work out are kept for a while, and the dearer the longer.

A small book is asked anew for every page. Over millions of installments the same figures take seconds; then they are worked
out once and shown with the time of which they are. When they are older than twenty times what they cost, whoever asks next
still gets them at once, while new ones are worked out aside.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Generic, TypeVar

from flask import current_app

T = TypeVar("T")

DEAR_SECONDS = 0.5
"""What is worked out more quickly is not kept at all."""
LARGE_BOOK = 20_000
"""Open accounts; figures of a smaller book are never kept, however busy the machine is."""
TIMES_ITS_COST = 20
LONGEST_FRESH_SECONDS = 120.0
LONGEST_USABLE_SECONDS = 900.0
"""Older ones are shown to nobody: who comes first in the morning waits."""
MOST_ANSWERS = 200

Aside = Callable[[Callable[[], None]], None]


def in_a_thread(work: Callable[[], None]) -> None:
    """Do something beside the request, with an application context and a database session of its own."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def run() -> None:
        with app.app_context():
            work()

    Thread(target=run, name="figures", daemon=True).start()


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    value: T
    fresh_until: float
    usable_until: float


class Kept(Generic[T]):
    """Answers of one question by key, in this process."""

    def __init__(self, may_keep: Callable[[T], bool], *, dear_seconds: float = DEAR_SECONDS, aside: Aside = in_a_thread) -> None:
        self._may_keep = may_keep
        self._dear_seconds = dear_seconds
        self._aside = aside
        self._answers: dict[Hashable, _Answer[T]] = {}
        self._working: dict[Hashable, Lock] = {}
        self._renewing: set[Hashable] = set()
        self._lock = Lock()

    def get(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """The kept answer, or a new one. Of several who ask at once one works, the others wait for it."""
        kept = self._answers.get(key)
        if kept is not None and time.monotonic() < kept.usable_until:
            if time.monotonic() >= kept.fresh_until:
                self._renew(key, work_out)
            return kept.value
        with self._lock:
            working = self._working.setdefault(key, Lock())
        with working:
            kept = self._answers.get(key)
            if kept is not None and time.monotonic() < kept.fresh_until:
                return kept.value
            return self._work_out(key, work_out)

    def _renew(self, key: Hashable, work_out: Callable[[], T]) -> None:
        with self._lock:
            if key in self._renewing:
                return
            self._renewing.add(key)

        def renew() -> None:
            try:
                self._work_out(key, work_out)
            finally:
                self._renewing.discard(key)

        self._aside(renew)

    def _work_out(self, key: Hashable, work_out: Callable[[], T]) -> T:
        started = time.monotonic()
        value = work_out()
        self.keep(key, value, time.monotonic() - started)
        return value

    def keep(self, key: Hashable, value: T, cost_seconds: float) -> None:
        """Keep an answer that took so long; what was quick, or is of a small book, is let go."""
        now = time.monotonic()
        with self._lock:
            for stale in [each for each, answer in self._answers.items() if answer.usable_until <= now]:
                del self._answers[stale]
            self._answers.pop(key, None)
            if cost_seconds >= self._dear_seconds and self._may_keep(value) and len(self._answers) < MOST_ANSWERS:
                fresh = min(cost_seconds * TIMES_ITS_COST, LONGEST_FRESH_SECONDS)
                self._answers[key] = _Answer(value, now + fresh, now + LONGEST_USABLE_SECONDS)
