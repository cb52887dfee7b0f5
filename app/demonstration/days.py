"""Some days of work in the demonstration: customers pay or do not, collectors call, promises are taken, days end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from random import Random

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app import clock
from app.demonstration.arranging import arrange
from app.demonstration.cases import Cases
from app.demonstration.cast import Member
from app.domain.collections.contact import Disposition, FollowUpKind
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.status import OPEN_STATUSES
from app.models import Account, Installment
from app.services.collections import assignments, end_of_day, promises, work
from app.services.payments import posting

PAYS_ON_TIME = 0.93
"""Share of the customers without arrears who pay on their due date."""
PAYS_LATE = 0.05
"""Share of the late accounts that catch up on a day."""
PAYS_BY_NOW = 0.25
"""Share of today's payers who have come before anybody looks."""
CALLS_A_DAY = 6
"""Calls of each collector on a day."""

METHODS = (
    (PaymentMethod.CASH, 40),
    (PaymentMethod.CASH_APP, 22),
    (PaymentMethod.ZELLE, 20),
    (PaymentMethod.VENMO, 12),
    (PaymentMethod.CHECK, 6),
)

OUTCOMES = (
    (Disposition.NO_ANSWER, 34),
    (Disposition.LEFT_MESSAGE, 22),
    (Disposition.PROMISED, 20),
    (Disposition.CALL_BACK, 10),
    (Disposition.REFUSED, 4),
    (Disposition.WRONG_PARTY, 3),
    (Disposition.BUSY, 7),
)

NOTES = (
    "Says payday is Friday and will stop by the store.",
    "Phone was in repair, asked for one more week.",
    "Prefers texts in the morning, works nights.",
    "New address, moved in with her sister.",
    "Asked what it takes to own the phone early.",
    "Spouse answered and will pass the message on.",
)


ARRANGING_SEED = 7
"""The same accounts are arranged each time, whatever else is drawn."""


def work_days(session: Session, rng: Random, members: Sequence[Member], *, home: Path, first_on: dt.date, today: dt.date) -> None:
    """Work and end every day from the first one on, then open today and begin it."""
    # Invented data must be the same every time, whatever else is drawn.
    cases = Cases(session, Random(rng.random()), members, home=home)  # noqa: S311
    arranging = Random(ARRANGING_SEED)  # noqa: S311
    on = first_on
    _assign(session, members, on)
    while on < today:
        _pay(session, rng, members, on, share=PAYS_ON_TIME)
        _call(session, rng, members, on)
        cases.work(on)
        arrange(session, arranging, members, on, is_today=False)
        _end(session, on)
        on += dt.timedelta(days=1)
    end_of_day.open_day(session, on=today, now=clock.moment(today, dt.time(6, 0)))
    _assign(session, members, today)
    _pay(session, rng, members, today, share=PAYS_ON_TIME * PAYS_BY_NOW)
    _call(session, rng, members, today, calls=2)
    cases.work(today)
    arrange(session, arranging, members, today, is_today=True)


def _assign(session: Session, members: Sequence[Member], on: dt.date) -> None:
    """Put late accounts that no end of day has handed out into the collectors' books, in turn."""
    supervisor = next(member for member in members if member.is_supervisor)
    collectors = [member for member in members if member.is_collector]
    free = (
        select(Account.id)
        .where(Account.status.in_(OPEN_STATUSES), Account.days_past_due > 0, Account.assigned_to_id.is_(None))
        .order_by(Account.id)
    )
    ids = session.scalars(free).all()
    for place, collector in enumerate(collectors):
        share = ids[place :: len(collectors)]
        if share:
            assignments.assign(
                session,
                share,
                collector.staff_id,
                reason="New past due",
                now=clock.moment(on, dt.time(8, 45)),
                actor=supervisor.actor,
            )


def _pay(session: Session, rng: Random, members: Sequence[Member], on: dt.date, *, share: float) -> None:
    """Most of those whose installment falls due pay it, and a few of the late ones catch up."""
    due = session.execute(
        select(Installment.account_id, (Installment.amount_cents - Installment.paid_cents).label("cents"))
        .join(Account, Account.id == Installment.account_id)
        .where(
            Installment.due_on == on,
            Installment.paid_cents < Installment.amount_cents,
            Account.status.in_(OPEN_STATUSES),
            Account.days_past_due == 0,
        )
        .order_by(Installment.account_id)
    ).all()
    late = session.execute(
        select(Account.id.label("account_id"), Account.past_due_cents.label("cents"))
        .where(Account.status.in_(OPEN_STATUSES), Account.past_due_cents > 0)
        .order_by(Account.id)
    ).all()
    payers = [row for row in due if rng.random() < share] + [row for row in late if rng.random() < PAYS_LATE * share]
    takers = cycle([member for member in members if member.is_collector or member.is_supervisor])
    moments = _moments(on, len(payers), until=dt.time(18, 0))
    for number, (row, at) in enumerate(zip(payers, moments, strict=True)):
        method = rng.choices([method for method, _ in METHODS], [weight for _, weight in METHODS])[0]
        # Somebody pays a part of it now and then.
        cents = row.cents // 2 if number % 17 == 16 and row.cents > 1_000 else row.cents
        posting.post(
            session,
            row.account_id,
            method=method,
            amount_cents=cents,
            reference=None if method is PaymentMethod.CASH else f"{method.value[:2].upper()}{rng.randrange(10**7):07d}",
            today=on,
            now=at,
            actor=next(takers).actor,
        )


def _call(session: Session, rng: Random, members: Sequence[Member], on: dt.date, calls: int = CALLS_A_DAY) -> None:
    """Each collector works the top of their own list."""
    for collector in (member for member in members if member.is_collector):
        top = session.execute(
            select(Account.id, Account.past_due_cents, Account.customer_id)
            .where(Account.assigned_to_id == collector.staff_id, Account.past_due_cents > 0)
            .order_by(Account.worklist_weight.desc().nulls_last(), Account.id)
            .limit(4 * calls)
        ).all()
        chosen = rng.sample(top, min(calls, len(top)))
        for row, at in zip(chosen, _moments(on, len(chosen), until=dt.time(17, 0)), strict=True):
            _talk(session, rng, collector, row, on, at)


def _talk(session: Session, rng: Random, collector: Member, row: Row[int, int, int], on: dt.date, at: dt.datetime) -> None:
    """One call and what follows from it."""
    disposition = rng.choices([word for word, _ in OUTCOMES], [weight for _, weight in OUTCOMES])[0]
    note = rng.choice(NOTES) if rng.random() < 0.4 else None
    work.log_call(session, row.id, disposition=disposition, phone_id=None, note=note, now=at, actor=collector.actor)
    if disposition is Disposition.PROMISED:
        due_on = on + dt.timedelta(days=rng.randrange(1, 6))
        promises.take(
            session,
            row.id,
            amount_cents=row.past_due_cents,
            due_on=due_on,
            method=PaymentMethod.CASH_APP,
            today=on,
            now=at,
            actor=collector.actor,
        )
        _follow_up(session, collector, row.id, FollowUpKind.PROMISE, due_on, f"Promised {as_text(row.past_due_cents)}", at)
    elif disposition in (Disposition.CALL_BACK, Disposition.LEFT_MESSAGE):
        due_on = on + dt.timedelta(days=rng.randrange(1, 4))
        _follow_up(session, collector, row.id, FollowUpKind.CALL, due_on, "Asked to be called again", at)


def _follow_up(
    session: Session, collector: Member, account_id: int, kind: FollowUpKind, on: dt.date, note: str, at: dt.datetime
) -> None:
    work.add_follow_up(
        session,
        account_id,
        kind=kind,
        due_at=clock.moment(on, dt.time(10, 0)),
        note=note,
        now=at,
        actor=collector.actor,
    )


def _end(session: Session, on: dt.date) -> None:
    """The end of a day, as the timetable would run it in the night after."""
    at = clock.moment(on, dt.time(23, 30))
    run = end_of_day.open_run(session, on=on, now=at)
    while end_of_day.do_next(session, run.id, now=at) is not None:
        pass
    end_of_day.close_run(session, run.id, now=at)


def _moments(on: dt.date, count: int, *, until: dt.time) -> Iterator[dt.datetime]:
    """So many moments spread over a working day, in order."""
    first, last = clock.moment(on, dt.time(9, 0)), clock.moment(on, until)
    step = (last - first) / max(count, 1)
    return (first + step * number for number in range(count))
