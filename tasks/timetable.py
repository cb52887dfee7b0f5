"""The timetable: what starts by itself, and when. Asked every few seconds; each entry starts once per business date.

The claim is a row in `timetable_tick`, unique by (kind, business date): any number of ticking processes start it once, and a
lost Redis loses nothing, because the job is a row too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.clock import now, today, zone
from app.domain.autopay.batches import BatchKind
from app.domain.payments.kinds import PaymentState
from app.models import ApiCall, Charge, Job, TimetableTick
from app.queries.autopay.settings import autopay_settings
from app.queries.payments.settings import payment_settings
from app.queries.portfolio.codes import zones
from app.services.payments import settling
from app.services.reporting import jobs
from app.services.staff.audit import SYSTEM
from app.transaction import transaction
from tasks import autopay, autopay_notices, card_refunds, devices, payment_links, square_events
from tasks.doorbell import ring
from tasks.gateways import is_device_manager_there
from tasks.messages import sweep_messages
from tasks.sweep import sweep

_AFTER = dt.time(0, 5)
"""A business date is ended so many minutes after it is over."""


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


def _plan_forecast(session: Session, on: dt.date) -> Job:
    title = f"Forecast of what comes in, {on:%a %b %-d, %Y}"
    return jobs.plan(session, "keep_forecast", title, unique_key=f"keep_forecast:{on.isoformat()}", now=now(), actor=SYSTEM)


def _plan_device_check(session: Session, on: dt.date) -> Job:
    title = f"Check of all devices, {on:%a %b %-d, %Y}"
    return jobs.plan(session, devices.KEY, title, unique_key=devices.KEY, now=now(), actor=SYSTEM)


def _any_due(state: PaymentState) -> Callable[[Session, dt.date], bool]:
    return lambda session, on: bool(settling.due(session, state=state, on=on))


def _is_over_everywhere(session: Session, on: dt.date) -> bool:
    """Whether the day before `on` is over in the time zone of each portfolio that has accounts, by the minutes of the entry.

    A house in New York with a portfolio in Los Angeles ends its day three hours later: payments there still count for it.
    """
    moment = now()
    return all(
        moment.astimezone(ZoneInfo(name)).replace(tzinfo=None) >= dt.datetime.combine(on, _AFTER) for name in zones(session)
    )


def _settles_at(session: Session) -> dt.time:
    return payment_settings(session).settles_at


def _plan_autopay(kind: BatchKind) -> Callable[[Session, dt.date], Job]:
    def plan(session: Session, on: dt.date) -> Job:
        return jobs.plan(
            session,
            "start_autopay",
            f"AutoPay {kind.label.lower()}, {on:%a %b %-d, %Y}",
            arguments={"kind": kind.value, "on": on.isoformat()},
            unique_key=f"start_autopay:{kind.value}:{on.isoformat()}",
            now=now(),
            actor=SYSTEM,
            queue="payments",
        )

    return plan


def _autopay_at(session: Session) -> dt.time:
    return autopay_settings(session).runs_at


def _autopay_is_on(session: Session, on: dt.date) -> bool:
    """While the scheduler is on, and not so late that customers would be charged in the night."""
    settings = autopay_settings(session)
    return settings.is_on and settings.locked_because is None and now().astimezone(zone()).time() <= settings.cut_off


def _plan_notices(session: Session, on: dt.date) -> Job:
    title = f"Notices of upcoming charges, {on:%a %b %-d, %Y}"
    key = f"tell_of_upcoming_charges:{on.isoformat()}"
    return jobs.plan(session, "tell_of_upcoming_charges", title, unique_key=key, now=now(), actor=SYSTEM)


def _notices_are_on(session: Session, on: dt.date) -> bool:
    settings = autopay_settings(session)
    return settings.is_on and settings.locked_because is None and settings.notice_days > 0


def _any_card_payment(session: Session, on: dt.date) -> bool:
    return session.scalar(select(Charge.id).limit(1)) is not None


def _any_call(session: Session, on: dt.date) -> bool:
    return session.scalar(select(ApiCall.id).limit(1)) is not None


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "end_of_day",
        "End of the business dates that have passed, then the new day is opened",
        _AFTER,
        _plan_end_of_day,
        is_needed=_is_over_everywhere,
    ),
    Entry(
        "check_devices",
        "The devices of all accounts are checked against Hexnode",
        dt.time(2, 30),
        _plan_device_check,
        is_needed=lambda session, on: is_device_manager_there(),
    ),
    Entry("keep_forecast", "Forecast of what comes in, kept to be held against what came", dt.time(5, 0), _plan_forecast),
    Entry(
        "run_post_dated",
        "Post-dated payments whose day has come",
        dt.time(6, 0),
        _plan_payments("run_post_dated", "Post-dated payments"),
        is_needed=_any_due(PaymentState.PENDING),
    ),
    Entry(
        "autopay_daily",
        "AutoPay: cards are charged for what is due",
        dt.time(6, 0),
        _plan_autopay(BatchKind.DAILY),
        at_by_settings=_autopay_at,
        is_needed=_autopay_is_on,
    ),
    Entry(
        "autopay_promises",
        "AutoPay: promises to pay by card whose day has come",
        dt.time(6, 0),
        _plan_autopay(BatchKind.PROMISES),
        at_by_settings=_autopay_at,
        is_needed=_autopay_is_on,
    ),
    Entry(
        "tell_of_upcoming_charges",
        "AutoPay: customers are told of the charge that is coming",
        dt.time(10, 0),
        _plan_notices,
        is_needed=_notices_are_on,
    ),
    Entry(
        "reconcile_square",
        "Square's books are compared with ours",
        dt.time(4, 30),
        _plan_payments("reconcile_square", "Reconciliation with Square"),
        is_needed=_any_card_payment,
    ),
    Entry(
        "forget_calls",
        "Calls whose retention is over leave the API log",
        dt.time(3, 30),
        _plan_payments("forget_calls", "API log cleared of old calls"),
        is_needed=_any_call,
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
    rings += autopay.needed()
    rings += card_refunds.needed()
    rings += payment_links.needed()
    rings += autopay_notices.needed()
    rings += square_events.needed()
    rings += devices.needed()
    for job_id, queue in rings:
        ring(job_id, queue)
    sweep()
    sweep_messages()
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
