"""How the last end of day went, and which accounts an end of day could not do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import Session

from app.domain.reporting.jobs import JobState, StepName
from app.models import Account, DayChunk, DayRun

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class StepDone:
    """What one step of a run did so far."""

    step: StepName
    changed: int
    seconds: float
    chunks_done: int
    chunks: int
    failed: int


def latest(session: Session) -> DayRun | None:
    """The run of the latest business date that was ended or is being ended."""
    return session.scalar(select(DayRun).order_by(DayRun.business_on.desc()).limit(1))


def steps(session: Session, run_id: int) -> list[StepDone]:
    """The steps of a run, in their order."""
    rows = session.execute(
        select(
            DayChunk.step,
            func.sum(DayChunk.changed),
            func.sum(DayChunk.milliseconds),
            func.count().filter(DayChunk.state.in_((JobState.DONE, JobState.FAILED))),
            func.count(),
            func.count().filter(DayChunk.state == JobState.FAILED),
        )
        .where(DayChunk.run_id == run_id)
        .group_by(DayChunk.position, DayChunk.step)
        .order_by(DayChunk.position)
    )
    return [StepDone(step, int(changed), int(ms) / 1000, *counts) for step, changed, ms, *counts in rows]


def put_aside(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """What an end of day could not do and nobody tried again since, the latest first.

    (id, business_on, step, error, account_id, account_number); the last two are null for a step that is about all accounts.
    """
    one = and_(Account.id == DayChunk.first_account_id, DayChunk.first_account_id == DayChunk.last_account_id)
    return session.execute(
        select(
            DayChunk.id,
            DayRun.business_on,
            DayChunk.step,
            DayChunk.error,
            Account.id.label("account_id"),
            Account.account_number,
        )
        .join(DayRun, DayRun.id == DayChunk.run_id)
        .outerjoin(Account, one)
        .where(DayChunk.state == JobState.FAILED)
        .order_by(DayRun.business_on.desc(), DayChunk.position, DayChunk.first_account_id)
        .limit(MOST_SHOWN)
    ).all()


def ended_since(session: Session, on: dt.date) -> list[dt.date]:
    """Business dates from `on` that were ended, the oldest first."""
    query = select(DayRun.business_on).where(DayRun.business_on >= on, DayRun.state == JobState.DONE)
    return list(session.scalars(query.order_by(DayRun.business_on)))
