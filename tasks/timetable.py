"""The timetable: what starts by itself, and when. Asked every few seconds; each entry starts once per business date.

The claim is a row in `timetable_tick`, unique by (kind, business date): any number of ticking processes start it once, and a
lost Redis loses nothing, because the job is a row too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.clock import now, today, zone
from app.domain.payments.kinds import PaymentState
from app.models import Job, TimetableTick
from app.queries.payments.settings import payment_settings
from app.services.payments import settling
from app.services.reporting import jobs
from app.services.staff.audit import SYSTEM
from app.transaction import transaction
from tasks.doorbell import ring
from tasks.sweep import sweep


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that starts by itself once per business date, at or after a time of day in the business time zone."""

    kind: str
    title: str
    at: dt.time
    plan: Callable[[Session, dt.date], Job]
    at_by_settings: Callable[[Session], dt.time] | None = None
    """Where people set the time themselves; `at` is the default."""
    is_needed: Callable[[Session, dt.date], bool] = lambda session, on: True
    """Whether there is anything to do; while there is not, nothing starts and the day stays unclaimed."""


def _plan_end_of_day(session: Session, on: dt.date) -> Job:
    return jobs.plan(
        session,
        "end_of_day",
        f"End of day up to {on - dt.timedelta(days=1):%a %b %-d, %Y}",
        arguments={"until": on.isoformat()},
        unique_key="end_of_day",
        now=now(),
        actor=SYSTEM,
    )


def _plan_payments(kind: str, title: str) -> Callable[[Session, dt.date], Job]:
    def plan(session: Session, on: dt.date) -> Job:
        return jobs.plan(
            session,
            kind,
            f"{title}, {on:%a %b %-d, %Y}",
            arguments={},
            unique_key=f"{kind}:{on.isoformat()}",
            now=now(),
            actor=SYSTEM,
            queue="payments",
        )

    return plan


def _any_due(state: PaymentState) -> Callable[[Session, dt.date], bool]:
    return lambda session, on: bool(settling.due(session, state=state, on=on))


def _settles_at(session: Session) -> dt.time:
    return payment_settings(session).settles_at


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "end_of_day", "End of the business dates that have passed, then the new day is opened", dt.time(0, 5), _plan_end_of_day
    ),
    Entry(
        "run_post_dated",
        "Post-dated payments whose day has come",
        dt.time(6, 0),
        _plan_payments("run_post_dated", "Post-dated payments"),
        is_needed=_any_due(PaymentState.PENDING),
    ),
    Entry(
        "settle_payments",
        "Settlement run: what is processing becomes complete",
        dt.time(21, 0),
        _plan_payments("settle_payments", "Settlement run"),
        at_by_settings=_settles_at,
        is_needed=_any_due(PaymentState.PROCESSING),
    ),
)


def tick() -> list[str]:
    """Start what is due and has not been started for this business date; give abandoned jobs away. Returns what it started."""
    started: list[str] = []
    rings: list[tuple[int, str]] = []
    for entry in ENTRIES:
        if entry.at_by_settings is None and now().astimezone(zone()).time() < entry.at:
            continue
        with transaction() as session:
            if entry.at_by_settings is not None and now().astimezone(zone()).time() < entry.at_by_settings(session):
                continue
            if entry.is_needed(session, today()) and _claim(session, entry.kind, today()):
                job = entry.plan(session, today())
                rings.append((job.id, job.queue))
                started.append(entry.kind)
    for job_id, queue in rings:
        ring(job_id, queue)
    sweep()
    return started


def _claim(session: Session, kind: str, on: dt.date) -> bool:
    """Whether this process is the one that starts an entry for a business date."""
    claimed = session.execute(
        insert(TimetableTick)
        .values(kind=kind, business_on=on, started_at=now())
        .on_conflict_do_nothing()
        .returning(TimetableTick.kind)
    )
    return claimed.one_or_none() is not None
