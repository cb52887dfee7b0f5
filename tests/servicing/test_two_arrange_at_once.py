"""Two people on one account at the same moment, one of them arranging: nothing is lost and the second one is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.arrangements import ArrangementKind, ArrangementState, Terms
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, Arrangement, Installment
from app.services.payments import posting
from app.services.servicing import arrangements, closing
from tests.conftest import CommittedDatabase
from tests.payments.test_two_at_once import BOTH, WHO, an_account, both

LONG_AGO: dict[str, Any] = {"start_on": dt.date(2026, 6, 1)}


def ask(account_id: int) -> int:
    made = arrangements.request(db.session(), account_id, ArrangementKind.EXTENSION, Terms(days=10), reason="x", **WHO)
    db.session.commit()
    return made.id


def test_two_supervisors_approve_one_request_and_the_second_is_told(committed_database: CommittedDatabase) -> None:
    account = an_account(**LONG_AGO)
    arrangement_id = ask(account.id)

    def approve(session: Any) -> None:
        arrangements.approve(session, arrangement_id, **WHO)

    assert both(committed_database, account.id, approve, approve) == ["This extension is applied; it cannot be approved."]
    lines = select(Installment.due_on).where(Installment.account_id == account.id).order_by(Installment.number)
    assert next(iter(db.session.scalars(lines))) == dt.date(2026, 10, 19), "moved once"


@BOTH
def test_a_payment_and_an_extension_meet(committed_database: CommittedDatabase, is_swapped: bool) -> None:
    account = an_account(**LONG_AGO)
    arrangement_id = ask(account.id)

    def extend(session: Any) -> None:
        arrangements.approve(session, arrangement_id, **WHO)

    def pay(session: Any) -> None:
        posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=5_400, **WHO)

    acts = (pay, extend) if is_swapped else (extend, pay)
    assert both(committed_database, account.id, *acts) == []
    now = db.session.get_one(Account, account.id)
    moved = db.session.get_one(Arrangement, arrangement_id).state
    assert (moved, now.paid_cents, now.balance_cents) == (ArrangementState.APPLIED, 5_400, 21_600)
    first_open = dt.date(2026, 11, 2)
    assert now.next_due_on == first_open, "the second installment, ten days later"


def test_two_people_close_one_account_and_the_second_is_told(committed_database: CommittedDatabase) -> None:
    account = an_account(**LONG_AGO)

    def close(session: Any) -> None:
        closing.change(session, account.id, AccountStatus.CLOSED, reason="Sold", role=Role.SUPERVISOR, **WHO)

    told = both(committed_database, account.id, close, close)
    assert told == ["An account that is closed cannot be made closed by a supervisor."]
