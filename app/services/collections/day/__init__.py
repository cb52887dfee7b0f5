"""The steps of an end of day, each a set-based statement over a range of accounts; `STEPS` is their order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.domain.reporting.jobs import StepName
from app.services.collections.day import (
    aging,
    assignment,
    defaults,
    fees,
    follow_ups,
    promises,
    signals,
    snapshots,
    statuses,
    sums,
    worklist,
)

Run = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it does to the accounts from one id to another as of a business date; returns the rows it changed."""

    name: StepName
    run: Run
    is_chunked: bool
    """Whether it runs over ranges of accounts; else it runs once over all."""
    is_in_turn: bool = False
    """Whether its ranges are done one after another, the lowest first; else side by side."""


STEPS: tuple[Step, ...] = (
    Step(StepName.AGE, aging.age, is_chunked=True),
    Step(StepName.FEES, fees.assess, is_chunked=True),
    Step(StepName.PROMISES, promises.settle, is_chunked=False),
    Step(StepName.STATUSES, statuses.give, is_chunked=True),
    Step(StepName.DEFAULTS, defaults.declare, is_chunked=True),
    # One after another, for each account changes the loads by which the next is handed out.
    Step(StepName.ASSIGNMENT, assignment.hand_out, is_chunked=True, is_in_turn=True),
    Step(StepName.WEIGHTS, worklist.weigh, is_chunked=True),
    Step(StepName.FOLLOW_UPS, follow_ups.mark_due, is_chunked=False),
    Step(StepName.WORKLIST, worklist.rank, is_chunked=True),
    Step(StepName.SIGNALS, signals.observe, is_chunked=True),
    Step(StepName.SNAPSHOTS, snapshots.take, is_chunked=True),
    Step(StepName.SUMS, sums.add_up, is_chunked=False),
    Step(StepName.INVARIANTS, sums.check, is_chunked=False),
)


def run(session: Session, step: Step, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Run one step over the accounts `first`..`last` as of the business date `on`; returns how many rows changed."""
    return step.run(session, first=first, last=last, on=on, now=now)
