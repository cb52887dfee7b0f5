"""What a replay costs: it reads the ledger in as many statements however long it is, and the rule itself is quick."""

from __future__ import annotations

import datetime as dt
import time

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.domain.payments.allocation import Charge
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.payments.ledger import Ledger, Received
from app.domain.payments.replay import replay
from app.domain.servicing.charges import ChargeKind
from app.models import Payment
from app.services.payments import replaying
from tests import factories
from tests.factories import NOW, TODAY

START = dt.date(2023, 1, 6)


def statements(session: Session, payments: int) -> int:
    """How many statements one more replay of an account with so many payments sends."""
    lines = [(START + dt.timedelta(days=7 * n), 5_400) for n in range(150)]
    account = factories.account(session, lines=lines, today=TODAY)
    session.add_all(
        Payment(
            account_id=account.id,
            kind=PaymentKind.PAYMENT,
            method=PaymentMethod.CASH,
            state=PaymentState.COMPLETE,
            amount_cents=3_900,
            received_at=NOW,
            effective_on=START + dt.timedelta(days=5 * n),
            posted_at=NOW,
            posted_on=TODAY,
        )
        for n in range(payments)
    )
    session.flush()
    replaying.replay(session, account, from_on=TODAY, today=TODAY, now=NOW)
    sent: list[str] = []

    def count(connection: object, cursor: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    engine = session.connection().engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        replaying.replay(session, account, from_on=TODAY, today=TODAY, now=NOW)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert account.paid_cents == 3_900 * payments
    return len(sent)


def test_a_ledger_of_200_entries_is_read_in_as_many_statements_as_one_of_5(session: Session) -> None:
    few = statements(session, 5)
    assert 5 < few < 25
    assert statements(session, 200) == few


def test_the_rule_replays_200_entries_over_150_installments_in_less_than_20_milliseconds() -> None:
    lines = tuple(Charge(ChargeKind.INSTALLMENT, n, START + dt.timedelta(days=7 * n), 5_400) for n in range(150))
    payments = tuple(Received(n, START + dt.timedelta(days=5 * n), 3_900) for n in range(200))
    ledger, taken = Ledger(lines, payments), []
    for _ in range(3):
        began = time.process_time()
        after = replay(ledger, today=TODAY)
        taken.append(time.process_time() - began)
    assert after.balance_cents == 150 * 5_400 - 200 * 3_900
    assert min(taken) < 0.020
