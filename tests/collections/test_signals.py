"""How accounts were paid: SQL and the rule agree on random accounts; each signal is seen with its evidence."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.domain.collections import signals
from app.domain.collections.contact import ConsentChannel, PromiseStatus
from app.domain.collections.signals import DEFAULT_POINTS, Line, Risk, SignalKind, behaviour, payment_to_income
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.enrollment import Verdict
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.models import (
    Account,
    AccountBehavior,
    AccountSignal,
    Card,
    Consent,
    DeviceCheck,
    Installment,
    ManagedDevice,
    Payment,
    Promise,
    SignalWeight,
)
from app.queries.collections import behaviour as queries
from app.services.collections.day import signals as step
from tests import factories
from tests.factories import NOW, TODAY

DAY = dt.timedelta(days=1)


def pay(session: Session, account: Account, cents: int, on: dt.date, **given: object) -> None:
    values = {"state": PaymentState.COMPLETE, "method": PaymentMethod.CASH} | given
    session.add(
        Payment(
            account_id=account.id, kind=PaymentKind.PAYMENT, amount_cents=cents, received_at=NOW, effective_on=on,
            posted_at=NOW, posted_on=on, **values,
        )
    )  # fmt: skip
    session.flush()


def seen(session: Session, account: Account) -> dict[SignalKind, queries.Seen]:
    return {one.kind: one for one in queries.seen_of(session, account.id, on=TODAY)}


def agree_to_autopay(session: Session, account: Account) -> None:
    session.add(Consent(customer_id=account.customer_id, channel=ConsentChannel.AUTOPAY, is_granted=True, at=NOW, source="lease"))
    session.flush()


def test_sql_and_the_rule_agree_on_random_accounts(session: Session) -> None:
    chance = random.Random(20261120)
    book = factories.portfolio(session)
    accounts = []
    for _ in range(60):
        frequency = chance.choice(list(Frequency))
        first = TODAY - chance.randint(-20, 200) * DAY
        lines = [(first + n * chance.choice((7, 14)) * DAY, 5_400) for n in range(chance.randint(1, 14))]
        income = chance.choice((None, 0, 250_000))
        person = factories.customer(session, book, monthly_income_cents=income)
        account = factories.account(session, book, customer=person, lines=sorted(set(lines)), frequency=frequency)
        for row in session.scalars(select(Installment).where(Installment.account_id == account.id)):
            fate = chance.random()
            if fate < 0.15:
                row.paid_cents = 2_000
            elif fate < 0.85:
                row.paid_cents = row.amount_cents
                row.paid_on = None if fate < 0.2 else min(TODAY, row.due_on + chance.randint(-9, 20) * DAY)
        accounts.append((account, frequency, income))
    session.flush()
    for account, frequency, income in accounts:
        rows = session.scalars(select(Installment).where(Installment.account_id == account.id).order_by(Installment.number)).all()
        known = [Line(row.due_on, row.paid_cents >= row.amount_cents, row.paid_on) for row in rows]
        rule = behaviour(known, frequency, today=TODAY)
        sql = queries.figures_of(session, account.id, on=TODAY)
        assert sql is not None
        assert (sql.judged, sql.on_time, sql.on_time_rate, sql.days_late, sql.on_time_run, sql.early_run) == (
            rule.judged, rule.on_time, rule.on_time_rate, rule.days_late, rule.on_time_run, rule.early_run,
        )  # fmt: skip
        assert sql.pti_rate == payment_to_income([(frequency, account.payment_cents)], income)
        found = seen(session, account).get(SignalKind.FIRST_PAYMENT_DEFAULT)
        assert (found.seen_on if found else None) == rule.first_payment_default_on


def test_on_time_and_days_late_by_hand() -> None:
    due = dt.date(2026, 9, 1)
    lines = [
        Line(due, True, due),  # On its day.
        Line(due + 7 * DAY, True, due + 10 * DAY),  # Three days late: inside the grace of weekly leases.
        Line(due + 14 * DAY, True, due + 18 * DAY),  # Four days late.
        Line(due + 21 * DAY, True, None),  # The prior system had it: nobody knows when.
        Line(due + 28 * DAY, False),  # 52 days late today.
        Line(TODAY - DAY, False),  # One day late, and inside its grace: counted late, not yet judged.
        Line(TODAY + 6 * DAY, False),
    ]
    seen_in = behaviour(lines, Frequency.WEEKLY, today=TODAY)
    assert (seen_in.judged, seen_in.on_time, seen_in.on_time_rate) == (4, 2, Decimal("0.5000"))
    assert seen_in.days_late == Decimal("12.00")  # (0 + 3 + 4 + 52 + 1) / 5


def test_an_unknown_income_is_unknown_and_not_nothing() -> None:
    assert payment_to_income([(Frequency.MONTHLY, 10_000)], None) is None
    assert payment_to_income([(Frequency.WEEKLY, 12_000)], 520_000) == Decimal("0.1000")


def test_bad_signals_are_seen_with_their_evidence_and_day(session: Session) -> None:
    account = factories.account(session, lines=[(TODAY - 40 * DAY, 5_400), (TODAY + 9 * DAY, 5_400)])
    other = factories.account(session)
    for owner in (account, other):
        session.add(
            Card(
                customer_id=owner.customer_id, square_card_id=f"c{owner.id}", brand="VISA", last_four="1111", expires_month=12,
                expires_year=2026, fingerprint="same", created_at=NOW, is_primary=True,
            )
        )  # fmt: skip
    session.add(
        Promise(
            account_id=account.id, amount_cents=100, due_on=TODAY - 9 * DAY, made_at=NOW, status=PromiseStatus.BROKEN,
            resolved_on=TODAY - 8 * DAY,
        )
    )  # fmt: skip
    for days in (3, 20):
        pay(
            session,
            account,
            5_400,
            TODAY - days * DAY,
            state=PaymentState.DECLINE,
            method=PaymentMethod.CARD,
            decline_code="PAN_FAILURE",
        )
    account.customer.phones[0].is_bad = True
    session.flush()
    found = seen(session, account)
    assert {kind: (one.seen_on, one.evidence) for kind, one in found.items()} == {
        # Biweekly: seven days of grace, so it defaulted on the eighth.
        SignalKind.FIRST_PAYMENT_DEFAULT: (TODAY - 32 * DAY, "Nothing came for the first installment, due 2026-10-11"),
        SignalKind.BROKEN_PROMISE: (TODAY - 8 * DAY, "1 promise broken in 90 days"),
        SignalKind.DECLINES: (TODAY - 3 * DAY, "2 declines in 30 days"),
        SignalKind.HARD_DECLINE: (TODAY - 3 * DAY, "The card was refused for good: PAN_FAILURE"),
        SignalKind.SHARED_CARD: (TODAY, "VISA …1111 is on file for 1 other customer"),
        SignalKind.NO_AUTOPAY: (account.start_on, "Nobody agreed to AutoPay"),
        SignalKind.PHONE_DEAD: (account.start_on, "No number reaches them: all 1 bad"),
    }


@pytest.mark.parametrize(
    ("verdict", "reported", "expected"),
    [
        (Verdict.NOT_FOUND, None, (TODAY, "Hexnode does not know the device")),
        (Verdict.NOT_ENROLLED, 40, (TODAY, "The device is not enrolled in Hexnode")),
        (Verdict.SILENT, 9, (TODAY - 9 * DAY, "The device was last heard of 2026-11-11")),
        (Verdict.SILENT, None, (TODAY, "The device has never reported")),
        (Verdict.ENROLLED, 0, None),
        (Verdict.WRONG_MODEL, 0, None),
        (Verdict.TWO_ACCOUNTS, 0, None),
    ],
)
def test_a_device_out_of_reach_is_a_signal(
    session: Session, verdict: Verdict, reported: int | None, expected: tuple[dt.date, str] | None
) -> None:
    account = factories.account(session)
    heard = None if reported is None else NOW - reported * DAY
    there = ManagedDevice(hexnode_id=1, is_enrolled=True, last_reported_at=heard, seen_at=NOW)
    session.add(there)
    session.flush()
    session.add(DeviceCheck(account_id=account.id, managed_device_id=there.id, verdict=verdict, checked_at=NOW))
    session.flush()
    found = seen(session, account).get(SignalKind.DEVICE)
    assert (None if found is None else (found.seen_on, found.evidence)) == expected


@pytest.mark.parametrize(("month", "year", "is_seen"), [(11, 2026, True), (12, 2026, False), (10, 2026, True)])
def test_a_card_that_ends_in_less_than_thirty_days_is_seen(session: Session, month: int, year: int, is_seen: bool) -> None:
    account = factories.account(session)
    session.add(
        Card(
            customer_id=account.customer_id, square_card_id="c", brand="VISA", last_four="1111", expires_month=month,
            expires_year=year, created_at=NOW,
        )
    )  # fmt: skip
    session.flush()
    assert (SignalKind.CARD_EXPIRING in seen(session, account)) is is_seen


def test_good_signals_take_points_off(session: Session) -> None:
    due = [TODAY - 7 * n * DAY for n in range(7, 0, -1)]
    account = factories.account(session, lines=[(day, 5_400) for day in due], frequency=Frequency.WEEKLY)
    for number, day in enumerate(due, start=1):
        line = session.get_one(Installment, (account.id, number))
        line.paid_cents, line.paid_on = 5_400, day - 2 * DAY if number > 3 else day
        pay(session, account, 5_400, day)  # TODAY is a Friday, and so are they.
    before = factories.account(session, customer=account.customer, status=AccountStatus.PAID_OFF, start_on=dt.date(2024, 1, 1))
    agree_to_autopay(session, account)
    found = seen(session, account)
    assert {kind: one.evidence for kind, one in found.items()} == {
        SignalKind.ON_TIME_RUN: "7 installments on time in a row",
        SignalKind.PAID_EARLY: "The last 4 installments came early",
        SignalKind.PAYDAY_PAYER: "6 of the last 6 payments came on a payday",
        SignalKind.SECOND_LEASE: f"They leased before: {before.account_number}",
    }
    assert signals.score(found, DEFAULT_POINTS) == 0


def test_the_end_of_day_keeps_signals_and_risk_and_a_second_run_changes_nothing(session: Session) -> None:
    account = factories.account(session, lines=[(TODAY - 40 * DAY, 5_400), (TODAY + 9 * DAY, 5_400)])
    span = {"first": account.id, "last": account.id}
    assert step.observe(session, **span, on=TODAY, now=NOW) == 1
    kept = session.get_one(AccountBehavior, account.id)
    # First payment default 40, no AutoPay 10.
    assert (kept.score, kept.risk, kept.judged, kept.on_time) == (50, Risk.HIGH, 1, 0)
    # One line is open, 40 days late today, due on October 11.
    assert (kept.on_time_rate, kept.due_lines, kept.open_lines) == (Decimal("0.0000"), 1, 1)
    assert kept.late_base + (TODAY - dt.date(2000, 1, 1)).days == 40
    assert step.observe(session, **span, on=TODAY, now=NOW) == 0
    agree_to_autopay(session, account)
    assert step.observe(session, **span, on=TODAY, now=NOW) == 1
    session.expire_all()
    assert (kept.score, kept.risk) == (40, Risk.MEDIUM)
    kinds = session.scalars(select(AccountSignal.kind).where(AccountSignal.account_id == account.id)).all()
    assert kinds == [SignalKind.FIRST_PAYMENT_DEFAULT]


def test_a_night_sees_a_device_that_fell_silent_and_one_that_came_back(session: Session) -> None:
    account = factories.account(session, lines=[(TODAY + 9 * DAY, 5_400)])
    agree_to_autopay(session, account)
    span = {"first": account.id, "last": account.id}
    step.observe(session, **span, on=TODAY, now=NOW)
    assert step.observe(session, **span, on=TODAY + 7 * DAY, now=NOW) == 0
    for verdict, kinds in ((Verdict.SILENT, [SignalKind.DEVICE]), (Verdict.ENROLLED, [])):
        session.execute(delete(DeviceCheck))
        session.add(DeviceCheck(account_id=account.id, verdict=verdict, checked_at=NOW))
        session.flush()
        assert step.observe(session, **span, on=TODAY + 7 * DAY, now=NOW) == 1
        assert session.scalars(select(AccountSignal.kind).where(AccountSignal.account_id == account.id)).all() == kinds


def test_other_points_score_what_was_seen_again(session: Session) -> None:
    account = factories.account(session, lines=[(TODAY - 40 * DAY, 5_400)])
    span = {"first": account.id, "last": account.id}
    step.observe(session, **span, on=TODAY, now=NOW)
    session.execute(update(SignalWeight).where(SignalWeight.kind == SignalKind.NO_AUTOPAY).values(points=0))
    assert step.rescore(session, **span) == 1
    session.expire_all()
    assert session.get_one(AccountBehavior, account.id).risk is Risk.MEDIUM


def test_the_points_of_the_tables_are_those_of_the_rule(session: Session) -> None:
    assert queries.points(session) == DEFAULT_POINTS
    assert queries.bands(session) == signals.DEFAULT_BANDS
