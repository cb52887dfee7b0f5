"""Customers are told once that their card will be charged, and once that it was declined, by the rules of all messages."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.autopay.batches import BatchKind
from app.domain.autopay.notices import NoticeState
from app.domain.autopay.settings import AutopaySettings, kept_of
from app.domain.collections import messages
from app.domain.collections.contact_rules import Channel
from app.models import Account, AutopayNotice, Card, Message, MessageTemplate, PaymentLink, Setting
from app.queries.autopay.settings import NAME
from app.queries.collections.messages import templates
from app.services.autopay import notices
from app.services.staff.audit import SYSTEM
from tasks import autopay, autopay_notices
from tests import factories
from tests.autopay.conftest import Clock, enrolled
from tests.autopay.processor import Processor
from tests.factories import TODAY

TOMORROW = TODAY + dt.timedelta(days=1)
PAGE = "https://pay.example.com"


def ohioan(session: Session, *, due_on: dt.date = TOMORROW, email: str | None = None) -> tuple[Account, Card]:
    """Somebody in Ohio whose installment of $54.00 is charged to a card."""
    book = factories.portfolio(session, name="Northside Phones")
    person = factories.customer(session, book, state="OH", zip_code="43004", email=email)
    return enrolled(session, customer=person, portfolio=book, first_due_on=due_on)


def switched_on(session: Session, **given: object) -> None:
    settings = AutopaySettings(is_on=True, **given)  # type: ignore[arg-type]
    session.merge(Setting(name=NAME, value=kept_of(settings), changed_at=factories.NOW))
    session.flush()


def plan(session: Session, time: Clock) -> int:
    return notices.plan_upcoming(session, today=time.today, now=time.now)


def told(session: Session) -> list[tuple[Channel, str]]:
    session.expire_all()
    return [(row.channel, row.body) for row in session.scalars(select(Message).order_by(Message.id))]


def states(session: Session) -> list[tuple[NoticeState, str | None]]:
    session.expire_all()
    return [(row.state, row.said) for row in session.scalars(select(AutopayNotice).order_by(AutopayNotice.id))]


def declined(session: Session, square: Processor, code: str = "INSUFFICIENT_FUNDS") -> Account:
    """Somebody whose card a batch has just tried in vain."""
    account, card = ohioan(session, due_on=TODAY)
    square.cards[card.square_card_id] = code
    batch_id, _ = autopay.start_batch(BatchKind.DAILY, on=TODAY, actor=SYSTEM, in_background=False)
    autopay.send(batch_id)
    session.expire_all()
    return account


@pytest.fixture
def morning(time: Clock) -> Clock:
    """Ten o'clock in New York: a time at which anybody may be texted."""
    time.forward(hours=4)
    return time


def test_the_day_before_a_charge_the_customer_is_told_once(session: Session, square: Processor, morning: Clock) -> None:
    ohioan(session)
    switched_on(session)
    assert [plan(session, morning), plan(session, morning)] == [1, 0]
    for _ in range(2):
        autopay_notices.tell()
    ((channel, body),) = told(session)
    assert channel is Channel.TEXT
    assert body.startswith("Northside Phones: Jordan, on Sat Nov 21 your VISA ending in ")
    assert "will be charged $54.00" in body
    assert states(session) == [(NoticeState.WRITTEN, None)]


@pytest.mark.parametrize("days", [2, 3])
def test_the_settings_say_how_many_days_before(session: Session, square: Processor, morning: Clock, days: int) -> None:
    ohioan(session)
    ohioan(session, due_on=TODAY + dt.timedelta(days=days))
    switched_on(session, notice_days=days)
    assert plan(session, morning) == 1
    assert session.scalars(select(AutopayNotice.about_on)).all() == [TODAY + dt.timedelta(days=days)]


def test_nobody_is_told_of_what_will_not_be_charged(session: Session, square: Processor, morning: Clock) -> None:
    _, card = ohioan(session)
    card.is_enabled = False
    factories.account(session, first_due_on=TOMORROW)
    held, _ = ohioan(session)
    held.balance_cents = 0
    session.flush()
    switched_on(session)
    assert plan(session, morning) == 0
    card.is_enabled = True
    session.flush()
    for given in ({"notice_days": 0}, {"locked_because": "restored"}):
        switched_on(session, **given)
        assert plan(session, morning) == 0
    session.merge(Setting(name=NAME, value=kept_of(AutopaySettings()), changed_at=factories.NOW))
    session.flush()
    assert plan(session, morning) == 0, "the scheduler is off"


def test_at_six_in_the_morning_a_notice_waits_until_the_rules_allow_it(session: Session, square: Processor, time: Clock) -> None:
    ohioan(session)
    switched_on(session)
    plan(session, time)
    autopay_notices.tell()
    ((state, said),) = states(session)
    assert (state, told(session)) == (NoticeState.WAITING, [])
    assert said
    time.forward(hours=4)
    assert autopay_notices.needed()
    autopay_notices.tell()
    assert [channel for channel, _ in told(session)] == [Channel.TEXT]


def test_who_may_not_be_texted_gets_an_email_or_is_left_out_with_the_reason(
    session: Session, square: Processor, morning: Clock
) -> None:
    written, _ = ohioan(session, email="jordan@example.com")
    silent, _ = ohioan(session)
    for account in (written, silent):
        for phone in account.customer.phones:
            phone.is_bad = True
    session.flush()
    switched_on(session)
    plan(session, morning)
    autopay_notices.tell()
    assert [channel for channel, _ in told(session)] == [Channel.EMAIL]
    morning.forward(days=1)
    autopay_notices.tell()
    ((state, said),) = [each for each in states(session) if each[0] is not NoticeState.WRITTEN]
    assert (state, len(told(session))) == (NoticeState.LEFT_OUT, 1)
    assert "No good phone number" in (said or "")


def test_a_decline_is_told_once_with_a_link_by_which_it_can_be_paid(session: Session, square: Processor, morning: Clock) -> None:
    account = declined(session, square)
    assert autopay_notices.needed()
    for _ in range(2):
        autopay_notices.tell()
    ((_, body),) = told(session)
    (link,) = session.scalars(select(PaymentLink)).all()
    assert (link.account_id, link.amount_cents, link.charge_id is not None) == (account.id, 5_400, True)
    assert f"You can pay here: {link.url} " in body
    assert "was declined for $54.00" in body
    assert autopay_notices.needed() == []


def test_without_a_link_the_companys_own_page_is_named(session: Session, square: Processor, morning: Clock) -> None:
    declined(session, square)
    square.script = ["lost before"]
    autopay_notices.tell()
    ((_, body),) = told(session)
    assert PAGE in body


def test_our_own_faults_and_what_was_charged_after_all_are_not_told(session: Session, square: Processor, morning: Clock) -> None:
    ohioan(session, due_on=TODAY)
    batch_id, _ = autopay.start_batch(BatchKind.DAILY, on=TODAY, actor=SYSTEM, in_background=False)
    square.script = ["unauthorized"]
    autopay.send(batch_id)
    assert autopay_notices.needed() == []
    declined(session, square)
    with_notice = notices.plan_declined(session, today=morning.today, now=morning.now)
    assert with_notice == 0, "the second batch of a day is the first one"


def test_a_decline_that_was_paid_meanwhile_is_left_out(session: Session, square: Processor, morning: Clock) -> None:
    account = declined(session, square)
    account.balance_cents = 0
    session.flush()
    autopay_notices.tell()
    assert states(session) == [(NoticeState.LEFT_OUT, "The account owes nothing any more.")]
    assert session.scalars(select(PaymentLink)).all() == []


def test_the_programs_templates_are_not_offered_to_people_and_each_can_be_filled(session: Session) -> None:
    rows = session.scalars(select(MessageTemplate).where(MessageTemplate.purpose.is_not(None))).all()
    assert len(rows) == 4
    for row in rows:
        filled = messages.filled(row.body, messages.FIELDS)
        messages.check(filled, subject=row.subject, is_text=row.channel is Channel.TEXT)
        assert row.channel is Channel.EMAIL or messages.size(filled).segments == 1
        assert row not in templates(session, row.channel)
