"""What an end of day put aside: one account that a step could not do, tried again once its reason was mended."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import JobState
from app.models import DayChunk, DayRun
from app.queries.collections import collectors, day_runs
from app.services.collections import day, end_of_day
from app.services.collections.day import STEPS, sums
from app.services.staff import audit
from app.services.staff.audit import Actor


def try_again(session: Session, chunk_id: int, *, today: dt.date, now: dt.datetime, actor: Actor) -> str:
    """Do for one account what an end of day could not, and the days that ended since; returns what was done in a sentence.

    All steps from the one that failed run over the account, day after day, and the sums of those days are made again. Where
    the step was about all accounts (the sums do not tie out), that step runs again. Raises RuleViolation with the reason
    when it still cannot be done; then nothing is changed.
    """
    chunk = session.scalars(select(DayChunk).where(DayChunk.id == chunk_id).with_for_update()).one()
    if chunk.state is not JobState.FAILED:
        raise RuleViolation("That was done already.")
    on = session.scalars(select(DayRun.business_on).where(DayRun.id == chunk.run_id)).one()
    days = [one for one in day_runs.ended_since(session, on) if one <= today] or [on]
    try:
        with session.begin_nested():
            for each in days:
                _end(session, chunk, each, is_first=each == on, now=now)
            if chunk.first_account_id == chunk.last_account_id and days[-1] < today:
                accounts = (chunk.first_account_id, chunk.last_account_id)
                end_of_day.open_day(session, on=today, now=now, accounts=accounts)
    except (IntegrityError, DataError, *end_of_day.REFUSALS) as error:
        reason = end_of_day.reason_of(error)
        raise RuleViolation(f"It still cannot be done: {reason}.") from error
    chunk.state, chunk.error = JobState.DONE, None
    # The same account may have failed in a later step as well; that was done now too.
    for other in session.scalars(
        select(DayChunk).where(
            DayChunk.run_id == chunk.run_id,
            DayChunk.state == JobState.FAILED,
            DayChunk.first_account_id == chunk.first_account_id,
            DayChunk.last_account_id == chunk.last_account_id,
            DayChunk.position > chunk.position,
        )
    ):
        other.state, other.error = JobState.DONE, None
    session.flush()
    after = {"step": chunk.step.value, "business_on": on, "days": len(days)}
    account_id = chunk.first_account_id if chunk.first_account_id == chunk.last_account_id else None
    audit.record(
        session, "end of day tried again", now=now, actor=actor, entity="day_chunk", entity_id=chunk.id, account_id=account_id,
        after=after,
    )  # fmt: skip
    return f"Done: {chunk.step.label} of {on:%b %-d, %Y}" + (f" and the {len(days) - 1} days since." if len(days) > 1 else ".")


def _end(session: Session, chunk: DayChunk, on: dt.date, *, is_first: bool, now: dt.datetime) -> None:
    """The steps of one day over the accounts of the chunk; on the day that failed, those from its step on."""
    off = collectors.settings(session).steps_off
    span: dict[str, Any] = {"first": chunk.first_account_id, "last": chunk.last_account_id, "on": on, "now": now}
    for place, step in enumerate(STEPS):
        if (is_first and place < chunk.position) or step.name.value in off or step.run is sums.check:
            continue
        day.run(session, step, **span)
    sums.check(session, **span)
