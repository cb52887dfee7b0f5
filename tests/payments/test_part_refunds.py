"""A part of a payment is handed back: one row that points at it, and the account as if so much less had come."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.papers import receipt_paper
from app import clock
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.staff.roles import Role
from app.models import Account, AuditEvent, Payment
from app.queries.payments import statements
from app.queries.payments.invariants import findings
from app.services.payments import posting, replaying, reversing
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import signed_in

DAY = dt.timedelta(days=1)
WHO: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": factories.actor()}
BOSS: dict[str, Any] = WHO | {"role": Role.MANAGER, "reason": "Paid for the neighbor too"}


@pytest.fixture(autouse=True)
def _friday() -> object:
    clock.set_clock(pinned_on=TODAY)
    yield None
    clock.set_clock(pinned_on=None)


@pytest.fixture
def account(session: Session) -> Account:
    return factories.account(session, lines=[(TODAY + 14 * n * DAY, 5_400) for n in range(4)])


def pay(session: Session, account: Account, cents: int, method: PaymentMethod = PaymentMethod.CASH) -> Payment:
    return posting.post(session, account.id, method=method, amount_cents=cents, **WHO)


def figures(session: Session, account: Account) -> tuple[int, int, int, dt.date | None]:
    session.refresh(account)
    return account.balance_cents, account.paid_cents, account.credit_cents, account.next_due_on


def broken(session: Session) -> list[str]:
    return [finding.invariant.name for finding in findings(session) if finding.broken]


def test_what_is_left_of_the_payment_covers_so_much_less(session: Session, account: Account) -> None:
    payment = pay(session, account, 10_000)
    row = reversing.refund(session, payment.id, amount_cents=3_000, **BOSS)
    assert (row.kind, row.amount_cents, row.part_of_id, row.reverses_id) == (PaymentKind.REFUND, 3_000, payment.id, None)
    assert payment.state is PaymentState.COMPLETE
    assert figures(session, account) == (4 * 5_400 - 7_000, 7_000, 0, TODAY + 14 * DAY)
    before = figures(session, account)
    replaying.replay(session, account, from_on=TODAY - DAY, today=TODAY)
    assert figures(session, account) == before and broken(session) == []


def test_all_of_it_in_parts_leaves_nothing_of_the_payment(session: Session, account: Account) -> None:
    payment = pay(session, account, 10_000)
    for cents in (2_500, 7_500):
        reversing.refund(session, payment.id, amount_cents=cents, **BOSS)
    assert payment.state is PaymentState.REFUNDED
    assert figures(session, account) == (4 * 5_400, 0, 0, TODAY)
    assert broken(session) == []
    with pytest.raises(RuleViolation, match="Only a complete payment can be refunded"):
        reversing.refund(session, payment.id, amount_cents=1, **BOSS)


def test_the_rest_goes_back_without_saying_how_much_it_is(session: Session, account: Account) -> None:
    payment = pay(session, account, 10_000)
    reversing.refund(session, payment.id, amount_cents=2_500, **BOSS)
    assert reversing.refund(session, payment.id, **BOSS).amount_cents == 7_500


def test_pressing_twice_hands_back_once(session: Session, account: Account) -> None:
    payment = pay(session, account, 10_000)
    rows = {reversing.refund(session, payment.id, amount_cents=1_000, idempotency_key="once", **BOSS).id for _ in range(2)}
    assert len(rows) == 1 and figures(session, account)[1] == 9_000


@pytest.mark.parametrize(
    ("cents", "role", "said"),
    [
        (0, Role.MANAGER, "enter that or less"),
        (10_001, Role.MANAGER, r"\$100.00 of this payment can be handed back"),
        (100, Role.COLLECTOR, "may refund nothing of this kind"),
    ],
)
def test_what_cannot_be_is_refused(session: Session, account: Account, cents: int, role: Role, said: str) -> None:
    payment = pay(session, account, 10_000)
    with pytest.raises(RuleViolation, match=said):
        reversing.refund(session, payment.id, amount_cents=cents, **BOSS | {"role": role})
    assert figures(session, account)[1] == 10_000


def test_the_limit_of_a_role_is_for_the_part(session: Session, account: Account) -> None:
    payment = pay(session, account, 60_000)  # More than a supervisor may refund at once: 500.00.
    with pytest.raises(RuleViolation, match="needs a manager"):
        reversing.refund(session, payment.id, **BOSS | {"role": Role.SUPERVISOR})
    reversing.refund(session, payment.id, amount_cents=10_000, **BOSS | {"role": Role.SUPERVISOR})
    assert figures(session, account) == (0, 50_000, 50_000 - 4 * 5_400, None)
    assert broken(session) == []


def test_a_payment_of_which_a_part_went_back_is_not_reversed_but_the_bank_may_return_it(
    session: Session, account: Account
) -> None:
    payment = pay(session, account, 10_000)
    reversing.refund(session, payment.id, amount_cents=3_000, **BOSS)
    with pytest.raises(RuleViolation, match="refund the rest of it instead"):
        reversing.reverse(session, payment.id, reason="Wrong", may_be_older=True, **WHO)
    check = pay(session, account, 5_000, PaymentMethod.CHECK)
    check.state = PaymentState.COMPLETE
    session.flush()
    replaying.replay(session, account, from_on=TODAY, today=TODAY)
    reversing.refund(session, check.id, amount_cents=1_000, **BOSS)
    reversing.return_payment(session, check.id, reason="No funds", **WHO)
    # 70.00 of the cash stand; the 10.00 that were handed back of a check that never was came out of them.
    assert figures(session, account)[1] == 6_000
    assert broken(session) == []


def test_the_receipt_and_the_page_say_what_went_back(client: FlaskClient, session: Session, account: Account) -> None:
    payment = pay(session, account, 10_000)
    boss = signed_in(client, session, factories.staff(session, Role.MANAGER), stepped_up=True)
    url = f"/admin/accounts/{account.id}/payments/{payment.id}/refund"
    form = boss.get(url).text
    assert 'value="100.00"' in form
    key = re.search(r'name="key"[^>]*value="([^"]+)"', form)
    assert key is not None
    wrong = boss.post(url, {"key": key[1], "amount": "100.01", "reason": "Too much"})
    assert wrong.status_code == 422 and "enter that or less" in wrong.text
    assert boss.post(url, {"key": key[1], "amount": "30", "reason": "Too much"}).status_code == 302
    session.expire_all()
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "part of payment refunded")).one()
    assert event.after is not None and event.after["left_cents"] == 7_000
    receipt = statements.receipt(session, payment)
    assert (receipt.refunded_cents, receipt.credit_cents) == (3_000, 0)
    rows = receipt_paper(receipt, account).tables[0].rows
    assert [row[2] for row in rows] == ["$54.00", "$16.00", "$30.00", "$100.00"]
    page = re.sub(r"<[^>]+>|\s+", " ", boss.get(f"/admin/accounts/{account.id}").text)
    assert "$30.00 handed back" in page and "$30.00 of it was handed back before." in boss.get(url).text
