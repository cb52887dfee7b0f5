"""Measuring contenders in turn, so that a busy moment of the machine falls on all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass
class Sample:
    """How long one contender took, each time, in milliseconds."""

    milliseconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    """Milliseconds for which this process computed: what other programs on the machine do hardly shows in it."""

    def add(self, took: float, computed: float = 0.0) -> None:
        """Note one more time."""
        self.milliseconds.append(took)
        self.processor.append(computed)

    @property
    def computed(self) -> float:
        """The middle one of the times for which this process computed."""
        return median(self.processor) if self.processor else 0.0

    @property
    def median(self) -> float:
        """The middle one; 0.0 when nothing was measured."""
        return median(self.milliseconds) if self.milliseconds else 0.0

    @property
    def best(self) -> float:
        """The shortest one: what it takes when nobody else is busy; 0.0 when nothing was measured."""
        return min(self.milliseconds, default=0.0)

    @property
    def runs(self) -> int:
        """How often it was measured."""
        return len(self.milliseconds)


def timed(call: Callable[[], Any]) -> float:
    """Milliseconds that one call takes."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def in_turn(
    contenders: Mapping[str, Callable[[], Any]], *, runs: int = 21, warm_up: int = 3, patience: float = 15.0
) -> dict[str, Sample]:
    """Measure all contenders round by round.

    Whoever has used up `patience` seconds is left out of the rounds that follow, but not before three of them.
    """
    samples = {name: Sample() for name in contenders}
    spent = dict.fromkeys(contenders, 0.0)
    for call in contenders.values():
        started = time.perf_counter()
        for _ in range(warm_up):
            call()
            if time.perf_counter() - started > patience / 4:
                break
    for number in range(runs):
        for name, call in contenders.items():
            if number >= 3 and spent[name] > patience:
                continue
            computed = time.process_time()
            took = timed(call)
            samples[name].add(took, (time.process_time() - computed) * 1000)
            spent[name] += took / 1000
    return samples
