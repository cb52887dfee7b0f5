"""Two people act on one account at the same moment: nothing is lost, nothing happens twice, the second one is told.

Each test runs both orders: whoever gets the account's row first keeps the other waiting until the commit.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.charges import FeeKind
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, Adjustment, Fee, Payment
from app.queries.payments.invariants import findings
from app.services.payments import charging, posting, reversing
from app.transaction import transaction
from tests import factories
from tests.conftest import CommittedDatabase
from tests.factories import NOW, TODAY

DUE = [dt.date(2026, 10, 9), dt.date(2026, 10, 23), dt.date(2026, 11, 6), dt.date(2026, 11, 20), dt.date(2026, 12, 4)]
WHO: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": factories.actor()}
Act = Callable[[Any], None]
BOTH = pytest.mark.parametrize("is_swapped", [False, True], ids=["in this order", "the other way round"])


def both(database: CommittedDatabase, account_id: int, first: Act, second: Act) -> list[str]:
    """Let `second` begin while `first` holds the account, and wait for its lock; returns what was refused, in order."""
    refused: list[str] = []
    troubles: list[BaseException] = []
    holds = threading.Event()

    def run(act: Act, is_first: bool) -> None:
        try:
            with database.app.app_context():
                if not is_first:
                    holds.wait(30)
                try:
                    with transaction() as session:
                        act(session)
                        session.flush()
                        if is_first:
                            holds.set()
                            _until_somebody_waits(database)
                except RuleViolation as refusal:
                    refused.append(refusal.message)
                finally:
                    holds.set()
                    db.session.remove()
        except BaseException as trouble:  # The main thread has to hear of it.
            troubles.append(trouble)

    threads = [threading.Thread(target=run, args=given) for given in ((first, True), (second, False))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    db.session.expire_all()
    assert [finding.invariant.name for finding in findings(db.session()) if finding.broken] == []
    return refused


def _until_somebody_waits(database: CommittedDatabase) -> None:
    """Return once another connection of this database waits for a lock: that proves that the two really met."""
    waiting = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
        "and pid <> pg_backend_pid()"
    )
    deadline = threading.Event()
    for _ in range(200):
        with db.engine.connect() as connection:
            if connection.execute(waiting).scalar_one():
                return
        deadline.wait(0.05)
    raise AssertionError("Nobody waited: the second one did not ask for the account's lock.")


def an_account(**given: Any) -> Account:
    account = factories.account(db.session(), lines=[(due, 5_400) for due in DUE], **given)
    db.session.commit()
    return account


def paying(account_id: int, cents: int, key: str | None = None) -> Act:
    return lambda session: _ignore(
        posting.post(session, account_id, method=PaymentMethod.CASH, amount_cents=cents, idempotency_key=key, **WHO)
    )


def reversing_it(payment_id: int) -> Act:
    return lambda session: _ignore(reversing.reverse(session, payment_id, reason="Wrong", may_be_older=True, **WHO))


def waiving(fee_id: int) -> Act:
    return lambda session: _ignore(charging.waive(session, fee_id, reason="Goodwill", role=Role.ADMIN, **WHO))


def _ignore(_: object) -> None:
    return None


def in_turn(first: Act, second: Act, is_swapped: bool) -> tuple[Act, Act]:
    return (second, first) if is_swapped else (first, second)


@BOTH
def test_two_payments_both_count(committed_database: CommittedDatabase, is_swapped: bool) -> None:
    account = an_account()
    acts = in_turn(paying(account.id, 5_400), paying(account.id, 3_000), is_swapped)
    assert both(committed_database, account.id, *acts) == []
    assert (account.paid_cents, account.balance_cents) == (8_400, 18_600)


def test_the_same_form_sent_twice_at_once_posts_once(committed_database: CommittedDatabase) -> None:
    account = an_account()
    assert both(committed_database, account.id, paying(account.id, 5_400, "form"), paying(account.id, 5_400, "form")) == []
    assert db.session.scalar(select(func.count()).select_from(Payment)) == 1
    assert account.balance_cents == 21_600


@BOTH
def test_a_payment_and_a_reversal_of_another_both_count(committed_database: CommittedDatabase, is_swapped: bool) -> None:
    account = an_account()
    with transaction() as session:
        earlier = posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=5_400, **WHO).id
    acts = in_turn(paying(account.id, 3_000), reversing_it(earlier), is_swapped)
    assert both(committed_database, account.id, *acts) == []
    assert (account.paid_cents, account.balance_cents) == (3_000, 24_000)


def test_of_two_reversals_of_one_payment_the_second_is_told(committed_database: CommittedDatabase) -> None:
    account = an_account()
    with transaction() as session:
        earlier = posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=5_400, **WHO).id
    refused = both(committed_database, account.id, reversing_it(earlier), reversing_it(earlier))
    assert refused == ["Only a complete payment can be reversed, and only once."]
    assert account.balance_cents == 27_000


@BOTH
def test_a_waiver_and_a_payment_of_the_fee_never_take_it_off_twice(
    committed_database: CommittedDatabase, is_swapped: bool
) -> None:
    account = an_account()
    with transaction() as session:
        fee = charging.add_fee(
            session, account.id, kind=FeeKind.OTHER, amount_cents=700, reason="Locksmith", role=Role.ADMIN, **WHO
        ).id
    with transaction() as session:  # The rent is paid, so that the next money goes to the fee.
        posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=21_600, **WHO)
        session.get_one(Fee, fee)
    acts = in_turn(waiving(fee), paying(account.id, 6_100), is_swapped)
    both(committed_database, account.id, *acts)
    db.session.expire_all()
    waived = -(db.session.scalar(select(func.sum(Adjustment.amount_cents))) or 0)
    row = db.session.get_one(Fee, fee)
    assert row.paid_cents + row.waived_cents == 700
    assert account.paid_cents == 27_700
    assert account.balance_cents == 0
    assert account.credit_cents == waived


def test_of_two_waivers_the_second_is_told(committed_database: CommittedDatabase) -> None:
    account = an_account()
    with transaction() as session:
        fee = charging.add_fee(
            session, account.id, kind=FeeKind.OTHER, amount_cents=700, reason="Locksmith", role=Role.ADMIN, **WHO
        ).id
    assert both(committed_database, account.id, waiving(fee), waiving(fee)) == ["Nothing is unpaid of this fee any more."]
    assert (account.fees_cents, account.balance_cents) == (0, 27_000)
