"""Figures for a monitor, all read from the database, so that every process gives the same answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.domain.autopay.batches import BatchKind, RunState
from app.domain.autopay.breaks import BreakState
from app.domain.autopay.charges import OPEN_CHARGES, ChargeState
from app.domain.payments.square_events import EventState
from app.domain.reporting.jobs import JobState
from app.domain.staff.sessions import SessionLimits
from app.models import AutopayBatch, Charge, DayRun, Job, SquareBreak, SquareEvent, Staff, StaffSession

CHARGE_DAYS = 7
"""Days whose charges are counted by state, besides those that are still open."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure with its values; each value carries the words that tell it from the others."""

    name: str
    meaning: str
    values: tuple[tuple[dict[str, str], float], ...]


def figures(session: Session, *, limits: SessionLimits, now: dt.datetime, today: dt.date) -> list[Figure]:
    """All figures, in a handful of small statements: open jobs, the end of day, cards, who is signed in, who is locked out."""
    return [*_jobs(session, now), *_end_of_day(session, today), *_cards(session, now, today), *_staff(session, limits, now)]


def _jobs(session: Session, now: dt.datetime) -> Iterable[Figure]:
    open_states = (JobState.PLANNED, JobState.RUNNING)
    # Heartbeats are kept by the database's clock alone.
    silence = func.extract("epoch", func.clock_timestamp() - Job.heartbeat_at)
    rows = session.execute(
        select(Job.queue, Job.state, func.count(), func.min(Job.created_at), func.max(silence))
        .where(Job.state.in_(open_states))
        .group_by(Job.queue, Job.state)
    ).all()
    oldest = [created for _, state, _, created, _ in rows if state is JobState.PLANNED]
    silent = [float(seconds) for _, state, _, _, seconds in rows if state is JobState.RUNNING and seconds is not None]
    counts = tuple(({"queue": queue, "state": state.value}, float(count)) for queue, state, count, _, _ in rows)
    yield Figure("leasedesk_jobs_open", "Jobs that wait or run.", counts)
    yield _one("leasedesk_job_oldest_waiting_seconds", "Age of the job that waits longest.", _age(oldest, now))
    yield _one("leasedesk_job_longest_silence_seconds", "Since the quietest running job was heard of.", max(silent, default=0.0))
    failed = session.scalar(
        select(func.count()).select_from(Job).where(Job.state == JobState.FAILED, Job.created_at > now - dt.timedelta(days=1))
    )
    yield _one("leasedesk_jobs_failed_last_day", "Jobs planned in the last 24 hours that failed.", failed or 0)


def _end_of_day(session: Session, today: dt.date) -> Iterable[Figure]:
    last = session.scalar(select(func.max(DayRun.business_on)).where(DayRun.state == JobState.DONE))
    if last is not None:
        yield _one("leasedesk_end_of_day_days_behind", "Days since the last finished end of day.", (today - last).days)


def _cards(session: Session, now: dt.datetime, today: dt.date) -> Iterable[Figure]:
    recent = Charge.business_on > today - dt.timedelta(days=CHARGE_DAYS)
    rows = session.execute(
        select(Charge.state, func.count()).where(or_(Charge.state.in_(OPEN_CHARGES), recent)).group_by(Charge.state)
    )
    counts = tuple(({"state": state.value}, float(count)) for state, count in rows)
    yield Figure("leasedesk_charges", f"Card charges that are open, or of the last {CHARGE_DAYS} days, by state.", counts)
    unknown = session.scalar(select(func.min(Charge.first_sent_at)).where(Charge.state == ChargeState.UNKNOWN))
    yield _one("leasedesk_charge_oldest_unknown_seconds", "Age of the oldest unknown charge.", _since(unknown, now))
    running = session.scalar(select(func.min(AutopayBatch.started_at)).where(AutopayBatch.state == RunState.RUNNING))
    yield _one("leasedesk_autopay_batch_running_seconds", "Since the oldest batch that still runs began.", _since(running, now))
    last = session.scalar(select(func.max(AutopayBatch.business_on)).where(AutopayBatch.kind == BatchKind.DAILY))
    if last is not None:
        yield _one("leasedesk_autopay_batch_days_behind", "Days since the last daily batch.", (today - last).days)
    breaks = session.execute(
        select(SquareBreak.kind, func.count()).where(SquareBreak.state == BreakState.OPEN).group_by(SquareBreak.kind)
    )
    open_breaks = tuple(({"kind": kind.value}, float(count)) for kind, count in breaks)
    yield Figure("leasedesk_square_breaks_open", "Where Square's books and ours do not agree, by kind.", open_breaks)
    waits = session.scalar(select(func.min(SquareEvent.received_at)).where(SquareEvent.state == EventState.WAITING))
    yield _one("leasedesk_webhook_lag_seconds", "Age of the oldest hint of Square's that is not applied yet.", _since(waits, now))


def _staff(session: Session, limits: SessionLimits, now: dt.datetime) -> Iterable[Figure]:
    signed_in = session.scalar(
        select(func.count())
        .select_from(StaffSession)
        .where(
            StaffSession.ended_at.is_(None),
            StaffSession.last_seen_at > now - limits.idle,
            StaffSession.created_at > now - limits.absolute,
        )
    )
    locked = session.scalar(select(func.count()).select_from(Staff).where(Staff.locked_until_at > now))
    yield _one("leasedesk_sessions_open", "Browsers that are signed in.", signed_in or 0)
    yield _one("leasedesk_staff_locked", "Staff locked out by wrong PINs.", locked or 0)


def _since(begun: dt.datetime | None, now: dt.datetime) -> float:
    return _age([begun] if begun else [], now)


def _age(moments: list[dt.datetime], now: dt.datetime) -> float:
    return max(0.0, (now - min(moments)).total_seconds()) if moments else 0.0


def _one(name: str, meaning: str, value: float) -> Figure:
    return Figure(name, meaning, (({}, float(value)),))
