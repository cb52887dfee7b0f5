"""Fees added and waived, balances adjusted, money refunded and returned, payments that wait for their day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.domain.collections.contact import FollowUpStatus
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.charges import FeeKind
from app.domain.servicing.contract import ContractType
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, Adjustment, ContractFinance, Fee, FeePolicy, FollowUp, Installment, Payment, PaymentSplit
from app.queries.payments.invariants import findings
from app.services.payments import adjusting, charging, posting, reversing, settling
from app.services.payments.adjusting import Split
from app.services.servicing import standing
from app.services.servicing.status import set_status
from tests import factories
from tests.factories import NOW, TODAY

DUE = [dt.date(2026, 10, 9), dt.date(2026, 10, 23), dt.date(2026, 11, 6), dt.date(2026, 11, 20), dt.date(2026, 12, 4)]
WHO: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": factories.actor()}


def an_account(session: Session, **given: Any) -> Account:
    return factories.account(session, **{"lines": [(due, 5_400) for due in DUE]} | given)


def a_fee(session: Session, account: Account, cents: int = 2_500) -> Fee:
    return charging.add_fee(
        session, account.id, kind=FeeKind.OTHER, amount_cents=cents, reason="Locksmith", role=Role.MANAGER, **WHO
    )


def pay(session: Session, account: Account, cents: int, **given: Any) -> Payment:
    values: dict[str, Any] = {"method": PaymentMethod.CASH, "amount_cents": cents} | WHO | given
    return posting.post(session, account.id, **values)


def broken(session: Session) -> list[str]:
    return [finding.invariant.name for finding in findings(session) if finding.broken]


def test_a_fee_that_is_added_is_owed_at_once(session: Session) -> None:
    account = an_account(session)
    fee = a_fee(session, account)
    assert (account.fees_cents, account.balance_cents) == (2_500, 29_500)
    assert (fee.reason, fee.rule, fee.assessed_on) == ("Locksmith", None, TODAY)
    assert broken(session) == []


@pytest.mark.parametrize(
    ("role", "cents", "may"),
    [
        (Role.COLLECTOR, 1_000, True),
        (Role.COLLECTOR, 1_001, False),
        (Role.SUPERVISOR, 10_000, True),
        (Role.SUPERVISOR, 10_001, False),
        (Role.MANAGER, 50_000, True),
        (Role.ADMIN, 50_000, True),
    ],
)
def test_how_much_of_a_fee_a_role_may_waive(session: Session, role: Role, cents: int, may: bool) -> None:
    account = an_account(session)
    fee = a_fee(session, account, 60_000)
    if may:
        charging.waive(session, fee.id, amount_cents=cents, reason="Goodwill", role=role, **WHO)
        assert account.fees_cents == 60_000 - cents
    else:
        with pytest.raises(RuleViolation, match="may waive up to"):
            charging.waive(session, fee.id, amount_cents=cents, reason="Goodwill", role=role, **WHO)
        assert account.fees_cents == 60_000
    assert broken(session) == []


def test_a_waiver_is_a_row_and_is_not_waived_twice(session: Session) -> None:
    account = an_account(session)
    fee = a_fee(session, account)
    waiver = charging.waive(session, fee.id, reason="Goodwill", role=Role.SUPERVISOR, **WHO)
    assert (waiver.amount_cents, waiver.fees_cents, waiver.fee_id, waiver.reason) == (-2_500, -2_500, fee.id, "Goodwill")
    assert (account.fees_cents, account.balance_cents) == (0, 27_000)
    with pytest.raises(RuleViolation, match="Nothing is unpaid"):
        charging.waive(session, fee.id, reason="Again", role=Role.MANAGER, **WHO)
    with pytest.raises(RuleViolation, match="Say why"):
        charging.waive(session, a_fee(session, account).id, reason=" ", role=Role.MANAGER, **WHO)


def test_a_credit_takes_rent_off_the_oldest_installment_and_is_no_money(session: Session) -> None:
    account = an_account(session)
    adjusting.credit(session, account.id, Split(principal_cents=6_000), reason="Broken screen", role=Role.SUPERVISOR, **WHO)
    lines = session.scalars(
        select(Installment.paid_cents).where(Installment.account_id == account.id).order_by(Installment.number)
    )
    assert list(lines) == [5_400, 600, 0, 0, 0]
    assert (account.balance_cents, account.paid_cents, account.credit_cents) == (21_000, 0, 0)
    assert account.days_past_due == 28
    assert broken(session) == []


def test_a_credit_is_no_more_than_what_is_owed_of_its_part(session: Session) -> None:
    account = an_account(session)
    with pytest.raises(RuleViolation, match="of fees is owed") as refusal:
        adjusting.credit(session, account.id, Split(fees_cents=1), reason="x", role=Role.ADMIN, **WHO)
    assert refusal.value.field == "fees"
    with pytest.raises(RuleViolation, match=r"\$270.00 of rent is owed"):
        adjusting.credit(session, account.id, Split(principal_cents=27_001), reason="x", role=Role.ADMIN, **WHO)
    with pytest.raises(RuleViolation, match="needs a manager"):
        adjusting.credit(session, account.id, Split(principal_cents=10_001), reason="x", role=Role.SUPERVISOR, **WHO)


def test_a_debit_adds_a_fee_and_a_line(session: Session) -> None:
    account = an_account(session)
    split = Split(fees_cents=500, principal_cents=1_500)
    adjusting.debit(session, account.id, split, reason="Charger kept", role=Role.SUPERVISOR, **WHO)
    assert (account.balance_cents, account.fees_cents, account.total_cents) == (29_000, 500, 28_500)
    row = session.scalars(select(Adjustment).where(Adjustment.account_id == account.id)).one()
    assert (row.amount_cents, row.fees_cents, row.interest_cents, row.principal_cents) == (2_000, 500, 0, 1_500)
    assert broken(session) == []
    with pytest.raises(RuleViolation, match="no interest"):
        adjusting.debit(session, account.id, Split(interest_cents=1), reason="x", role=Role.ADMIN, **WHO)


def test_a_refund_is_a_row_that_takes_the_payment_out_and_needs_its_role(session: Session) -> None:
    account = an_account(session)
    payment = pay(session, account, 10_000)
    with pytest.raises(RuleViolation, match="needs a supervisor"):
        reversing.refund(session, payment.id, reason="Changed their mind", role=Role.COLLECTOR, **WHO)
    row = reversing.refund(session, payment.id, reason="Changed their mind", role=Role.SUPERVISOR, **WHO)
    assert (row.kind, row.reverses_id, row.amount_cents) == (PaymentKind.REFUND, payment.id, 10_000)
    assert payment.state is PaymentState.REFUNDED
    assert (account.balance_cents, account.paid_cents) == (27_000, 0)
    with pytest.raises(RuleViolation, match="only once"):
        reversing.reverse(session, payment.id, reason="x", may_be_older=True, **WHO)
    assert broken(session) == []


def test_money_beyond_the_payoff_asks_for_a_refund_and_is_handed_back_in_parts(session: Session) -> None:
    account = an_account(session)
    pay(session, account, 30_000)
    asked = session.scalars(select(FollowUp).where(FollowUp.account_id == account.id)).one()
    assert asked.note == "Give credit back: $30.00 more was paid than was owed."
    given: dict[str, Any] = {"method": PaymentMethod.CASH, "reason": "Paid too much", "role": Role.SUPERVISOR} | WHO
    with pytest.raises(RuleViolation, match=r"\$30.00 of credit"):
        reversing.refund_credit(session, account.id, amount_cents=3_001, **given)
    reversing.refund_credit(session, account.id, amount_cents=1_000, **given)
    assert (account.credit_cents, account.paid_cents, asked.status) == (2_000, 29_000, FollowUpStatus.OPEN)
    reversing.refund_credit(session, account.id, amount_cents=2_000, idempotency_key="k", **given)
    reversing.refund_credit(session, account.id, amount_cents=2_000, idempotency_key="k", **given)
    assert (account.credit_cents, account.paid_cents, asked.status) == (0, 27_000, FollowUpStatus.DONE)
    assert account.status is AccountStatus.PAID_OFF
    assert broken(session) == []


def a_check_policy(session: Session, account: Account) -> None:
    session.add(
        FeePolicy(
            name="Own",
            portfolio_id=account.portfolio_id,
            contract_from_on=dt.date(2020, 1, 1),
            frequency_class="longer",
            grace_days=7,
            flat_cents=500,
            returned_payment_cents=2_500,
            citation="Contract 4",
        )
    )
    session.flush()


def test_a_check_settles_in_the_evening_and_counts_from_the_day_it_came(session: Session) -> None:
    account = an_account(session)
    check = pay(session, account, 5_400, method=PaymentMethod.CHECK, effective_on=dt.date(2026, 11, 18))
    assert (check.state, check.settles_on, account.balance_cents) == (PaymentState.PROCESSING, TODAY, 27_000)
    assert settling.due(session, state=PaymentState.PROCESSING, on=TODAY) == [check.id]
    evening = NOW + dt.timedelta(hours=11)
    assert settling.settle(session, check.id, today=TODAY, now=evening, actor=factories.actor()) is check
    assert settling.settle(session, check.id, today=TODAY, now=evening, actor=factories.actor()) is None
    assert (check.state, check.completed_at, account.balance_cents) == (PaymentState.COMPLETE, evening, 21_600)
    assert (account.last_paid_on, check.tot_days_past_due) == (dt.date(2026, 11, 18), 42)
    assert broken(session) == []


def test_what_comes_after_the_cut_off_waits_a_day(session: Session) -> None:
    account = an_account(session)
    late = dt.datetime(2026, 11, 20, 20, 30, tzinfo=dt.UTC)  # Half past three in New York.
    check = pay(session, account, 5_400, method=PaymentMethod.CHECK, now=late)
    assert check.settles_on == TODAY + dt.timedelta(days=1)
    assert settling.settle(session, check.id, today=TODAY, now=late, actor=factories.actor()) is None


def test_a_returned_check_takes_its_money_out_and_costs_the_fee_of_the_policy(session: Session) -> None:
    account = an_account(session)
    a_check_policy(session, account)
    check = pay(session, account, 5_400, method=PaymentMethod.CHECK)
    settling.settle(session, check.id, **WHO)
    row = reversing.return_payment(session, check.id, reason="No funds", **WHO)
    assert (row.kind, row.reverses_id, check.state) == (PaymentKind.CHARGEBACK, check.id, PaymentState.REVERSED)
    fee = session.scalars(select(Fee).where(Fee.account_id == account.id)).one()
    assert (fee.kind, fee.amount_cents, fee.reason) == (
        FeeKind.RETURNED_PAYMENT,
        2_500,
        "Own: payment of $54.00 returned (Contract 4)",
    )
    assert (account.balance_cents, account.paid_cents) == (29_500, 0)
    assert broken(session) == []


def test_a_check_that_comes_back_before_it_settled_is_declined_and_cash_cannot_come_back(session: Session) -> None:
    account = an_account(session)
    check = pay(session, account, 5_400, method=PaymentMethod.CHECK)
    assert reversing.return_payment(session, check.id, reason="No funds", **WHO).state is PaymentState.DECLINE
    assert account.balance_cents == 27_000
    with pytest.raises(RuleViolation, match="cannot come back"):
        reversing.return_payment(session, pay(session, account, 100).id, reason="x", **WHO)


def test_a_post_dated_payment_runs_by_itself_on_its_day(session: Session) -> None:
    account = an_account(session)
    friday = TODAY + dt.timedelta(days=7)
    payment = pay(session, account, 5_400, effective_on=friday)
    assert (payment.state, account.balance_cents, account.paid_cents) == (PaymentState.PENDING, 27_000, 0)
    assert settling.due(session, state=PaymentState.PENDING, on=friday - dt.timedelta(days=1)) == []
    assert settling.due(session, state=PaymentState.PENDING, on=friday) == [payment.id]
    settling.settle(session, payment.id, today=friday, now=NOW + dt.timedelta(days=7), actor=factories.actor())
    assert (payment.state, account.balance_cents, account.last_paid_on) == (PaymentState.COMPLETE, 21_600, friday)
    assert broken(session) == []


def test_a_post_dated_payment_can_be_called_off_before_its_day_only(session: Session) -> None:
    account = an_account(session)
    payment = pay(session, account, 5_400, effective_on=TODAY + dt.timedelta(days=7))
    settling.cancel(session, payment.id, reason="Lost the job", now=NOW, actor=factories.actor())
    assert (payment.state, payment.decline_code) == (PaymentState.DECLINE, "CANCELLED")
    later: dict[str, Any] = {"today": TODAY + dt.timedelta(days=7), "now": NOW, "actor": factories.actor()}
    assert settling.settle(session, payment.id, **later) is None
    with pytest.raises(RuleViolation, match="still waits"):
        settling.cancel(session, payment.id, reason="x", now=NOW, actor=factories.actor())
    assert broken(session) == []


def test_a_post_dated_payment_of_an_account_that_is_over_is_not_taken(session: Session) -> None:
    account = an_account(session)
    payment = pay(session, account, 5_400, effective_on=TODAY + dt.timedelta(days=1))
    account.status = AccountStatus.CLOSED
    session.flush()
    settling.settle(session, payment.id, today=TODAY + dt.timedelta(days=1), now=NOW, actor=factories.actor())
    assert (payment.state, payment.decline_code, account.balance_cents) == (PaymentState.DECLINE, "ACCOUNT_OVER", 27_000)


def financed(session: Session, kind: ContractType, **given: Any) -> tuple[Account, ContractFinance]:
    account = an_account(session, contract_type=kind, lines=[(dt.date(2026, 12, 1), 200_000), (dt.date(2027, 1, 1), 200_000)])
    values = {"interest_rate": Decimal(10), "principal_cents": 365_000, "accrued_on": account.start_on} | given
    finance = ContractFinance(account_id=account.id, **values)
    session.add(finance)
    session.flush()
    return account, finance


def test_a_payment_of_a_financed_contract_pays_fees_then_interest_then_principal(session: Session) -> None:
    account, finance = financed(session, ContractType.INSTALLMENT)  # Began on November 17: three days, 1.00 a day.
    a_fee(session, account, 700)
    payment = pay(session, account, 10_000)
    split = session.scalars(select(PaymentSplit).where(PaymentSplit.payment_id == payment.id)).one()
    assert (split.interest_cents, split.principal_cents) == (300, 9_000)
    assert (finance.principal_open_cents, finance.interest_open_cents, account.fees_cents) == (356_000, 0, 0)
    assert (account.balance_cents, account.credit_cents) == (356_000, 0)
    assert broken(session) == []


def test_a_financed_contract_is_paid_off_when_nothing_is_owed_though_lines_remain(session: Session) -> None:
    account, _ = financed(session, ContractType.INSTALLMENT)
    pay(session, account, 365_300)
    assert (account.status, account.balance_cents, account.credit_cents) == (AccountStatus.PAID_OFF, 0, 0)
    assert (account.next_due_on, account.past_due_cents, account.days_past_due) == (None, 0, 0)
    assert broken(session) == []


def test_a_credit_line_takes_charges_within_what_is_available(session: Session) -> None:
    account, finance = financed(session, ContractType.CREDIT_LINE, principal_cents=0, credit_line_cents=500_000)
    session.execute(delete(Installment).where(Installment.account_id == account.id))
    account.total_cents = 0
    standing.restate(session, [account.id], today=TODAY)
    given: dict[str, Any] = {"due_on": dt.date(2026, 12, 1)} | WHO
    adjusting.charge_line(session, account.id, amount_cents=365_000, description="Phone", **given)
    assert (account.balance_cents, adjusting.available_cents(session, account)) == (365_000, 135_000)
    with pytest.raises(RuleViolation, match=r"\$1,350.00 of the line"):
        adjusting.charge_line(session, account.id, amount_cents=135_001, description="Case", **given)
    later: dict[str, Any] = {"today": TODAY + dt.timedelta(days=5), "now": NOW, "actor": factories.actor()}
    posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=10_500, **later)  # Five days, 5.00.
    session.refresh(account)
    assert (finance.principal_open_cents, finance.interest_open_cents, account.balance_cents) == (355_000, 0, 355_000)
    assert broken(session) == []


def test_interest_and_principal_are_adjusted_by_their_parts(session: Session) -> None:
    account, finance = financed(session, ContractType.INSTALLMENT)
    adjusting.debit(session, account.id, Split(interest_cents=200, principal_cents=1_000), reason="x", role=Role.ADMIN, **WHO)
    assert (finance.principal_open_cents, finance.interest_open_cents) == (366_000, 500)
    adjusting.credit(session, account.id, Split(interest_cents=500, principal_cents=6_000), reason="x", role=Role.ADMIN, **WHO)
    assert (finance.principal_open_cents, finance.interest_open_cents, account.balance_cents) == (360_000, 0, 360_000)
    assert session.scalar(select(func.count()).select_from(PaymentSplit)) == 1
    assert broken(session) == []


def test_a_contract_that_is_charged_off_earns_no_more_interest(session: Session) -> None:
    account, finance = financed(session, ContractType.INSTALLMENT)  # Began on November 17: 1.00 a day.
    account.status = AccountStatus.DEFAULT
    given: dict[str, Any] = {"business_on": TODAY, "now": NOW, "actor": factories.actor()}
    set_status(session, account, to=AccountStatus.CHARGED_OFF, reason="Gone", **given)
    assert finance.stops_on == TODAY
    later: dict[str, Any] = {"today": TODAY + dt.timedelta(days=30), "now": NOW, "actor": factories.actor()}
    posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=1_300, **later)
    assert (finance.interest_assessed_cents, finance.principal_open_cents) == (300, 364_000)
    set_status(session, account, to=AccountStatus.ACTIVE, reason="Reinstated", **given)
    assert finance.stops_on is None
    assert broken(session) == []
