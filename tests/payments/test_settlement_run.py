"""The timetable takes post-dated payments up in the morning and settles what is processing in the evening."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.payments.kinds import PaymentMethod, PaymentState
from app.models import Account, Job, Payment, Setting
from app.services.payments import posting
from tasks import timetable
from tasks.perform import perform
from tests import factories

DAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.set_clock(pinned_on=None)


def at(day: dt.date, hour: int, minute: int = 0) -> None:
    """It is this time of a day in New York."""
    clock.set_clock(pinned_on=day, stopped_at=dt.time(hour, minute))


def pay(session: Session, account: Account, **given: Any) -> Payment:
    values: dict[str, Any] = {"amount_cents": 5_400, "method": PaymentMethod.CASH, "actor": factories.actor()}
    return posting.post(session, account.id, **values | {"today": clock.today(), "now": clock.now()} | given)


def tick(session: Session) -> list[str]:
    """What the timetable starts now besides the end of the day and the forecast; its jobs are done at once."""
    session.commit()
    started = [kind for kind in timetable.tick() if kind not in ("end_of_day", "keep_forecast")]
    for job_id in session.scalars(select(Job.id).where(Job.state == "planned", Job.kind.in_(started))).all():
        perform(job_id)
    session.expire_all()
    return started


def an_account(session: Session) -> Account:
    return factories.account(session, lines=[(DAY + dt.timedelta(days=14 * n), 5_400) for n in range(3)], today=DAY)


@pytest.mark.usefixtures("client")
def test_a_check_of_the_day_settles_at_nine_in_the_evening(session: Session) -> None:
    at(DAY, 11)
    account = an_account(session)
    check = pay(session, account, method=PaymentMethod.CHECK)
    at(DAY, 20, 59)
    assert tick(session) == []
    at(DAY, 21)
    assert tick(session) == ["settle_payments"]
    assert (check.state, account.balance_cents) == (PaymentState.COMPLETE, 10_800)
    assert tick(session) == [], "once a day, and only while something is due"


@pytest.mark.usefixtures("client")
def test_the_time_of_the_settlement_run_and_its_methods_are_settings(session: Session) -> None:
    session.add(Setting(name="payments", value={"settles_at": "18:30", "settles_later": ["zelle"]}, changed_at=clock.now()))
    session.flush()
    at(DAY, 11)
    account = an_account(session)
    assert pay(session, account, method=PaymentMethod.CHECK).state is PaymentState.COMPLETE
    zelle = pay(session, account, method=PaymentMethod.ZELLE)
    assert zelle.state is PaymentState.PROCESSING
    at(DAY, 18, 29)
    assert tick(session) == []
    at(DAY, 18, 30)
    assert tick(session) == ["settle_payments"]
    assert zelle.state is PaymentState.COMPLETE


@pytest.mark.usefixtures("client")
def test_a_post_dated_payment_is_taken_up_on_the_morning_of_its_day(session: Session) -> None:
    at(DAY, 11)
    account = an_account(session)
    cash = pay(session, account, effective_on=DAY + dt.timedelta(days=2))
    check = pay(session, account, effective_on=DAY + dt.timedelta(days=2), method=PaymentMethod.CHECK)
    at(DAY + dt.timedelta(days=1), 7)
    assert tick(session) == []
    at(DAY + dt.timedelta(days=2), 7)
    assert tick(session) == ["run_post_dated"]
    assert (cash.state, check.state, account.balance_cents) == (PaymentState.COMPLETE, PaymentState.PROCESSING, 10_800)
    at(DAY + dt.timedelta(days=2), 21)
    assert tick(session) == ["settle_payments"]
    assert (check.state, account.balance_cents) == (PaymentState.COMPLETE, 5_400)
