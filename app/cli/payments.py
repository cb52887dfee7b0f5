"""`leasedesk payment …` and `leasedesk fee …`: money taken and taken back, fees waived, without a screen."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from app.cli.one_account import account_by_number
from app.cli.product import answer, product_command

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.models import Account


@click.group()
def payment() -> None:
    """Take a payment, or take one back."""


@payment.command("take")
@click.argument("number")
@click.argument("amount")
@click.option("--method", default="cash", show_default=True, help="cash, zelle, cash_app, venmo, check or money_order.")
@click.option("--on", "on_text", metavar="DATE", help="The day from which it counts; one to come is a post-dated payment.")
@click.option("--reference", help="Confirmation, check or receipt number.")
@click.option("--note", help="Stands beside the payment.")
@click.option("--key", help="A key of your own: the same one twice posts once.")
@product_command
def take(
    number: str, amount: str, method: str, on_text: str | None, reference: str | None, note: str | None, key: str | None
) -> None:
    """Post AMOUNT on the account NUMBER, as the Account page does."""
    from app.clock import now, today
    from app.domain.money import as_text
    from app.services.payments import posting
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction

    cents, chosen, on = _cents(amount), _method(method), _day(on_text)
    with transaction() as session:
        account = account_by_number(session, number)
        entry = posting.post(
            session,
            account.id,
            method=chosen,
            amount_cents=cents,
            effective_on=on,
            reference=reference,
            note=note,
            idempotency_key=key,
            today=today(),
            now=now(),
            actor=SYSTEM,
        )
        told = {
            "payment_id": entry.id,
            "state": entry.state,
            "amount_cents": entry.amount_cents,
            "effective_on": entry.effective_on,
            "settles_on": entry.settles_on,
            **_standing(session, account),
        }
    counts = "" if entry.settles_on is None else f", {told['state'].label.lower()} until {told['settles_on']:%b %-d, %Y}"
    answer(told, f"Payment {told['payment_id']}: {as_text(cents)} by {chosen.label}{counts}.", _said(told))


@payment.command("reverse")
@click.argument("payment_id", type=int)
@click.option("--reason", required=True, help="Why it is taken back.")
@click.option("--returned", is_flag=True, help="The bank sent it back: the returned-payment fee of the policy is added.")
@product_command
def reverse(payment_id: int, reason: str, returned: bool) -> None:
    """Take the payment PAYMENT_ID back; the account stands as if it had never come."""
    from app.clock import now, today
    from app.domain.errors import RuleViolation
    from app.models import Account, Payment
    from app.services.payments import reversing
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction

    given: dict[str, Any] = {"reason": reason, "today": today(), "now": now(), "actor": SYSTEM}
    with transaction() as session:
        if session.get(Payment, payment_id) is None:
            raise RuleViolation(f"There is no payment {payment_id}.")
        if returned:
            row = reversing.return_payment(session, payment_id, **given)
        else:
            row = reversing.reverse(session, payment_id, may_be_older=True, **given)
        account = session.get_one(Account, row.account_id)
        told = {"payment_id": payment_id, "row_id": row.id, "kind": row.kind, **_standing(session, account)}
    answer(told, f"Payment {payment_id} was taken back.", _said(told))


@click.group()
def fee() -> None:
    """Look after fees."""


@fee.command("waive")
@click.argument("fee_id", type=int)
@click.option("--amount", help="A part of it; all that is unpaid when left out.")
@click.option("--reason", required=True, help="Why it is waived.")
@product_command
def waive(fee_id: int, amount: str | None, reason: str) -> None:
    """Waive the fee FEE_ID; `leasedesk account show` tells the numbers of fees."""
    from app.clock import now, today
    from app.domain.errors import RuleViolation
    from app.domain.money import as_text
    from app.domain.staff.roles import Role
    from app.models import Account, Fee
    from app.services.payments import charging
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction

    cents = None if amount is None else _cents(amount)
    with transaction() as session:
        if session.get(Fee, fee_id) is None:
            raise RuleViolation(f"There is no fee {fee_id}.")
        row = charging.waive(
            session,
            fee_id,
            amount_cents=cents,
            reason=reason,
            today=today(),
            now=now(),
            actor=SYSTEM,
            role=Role.ADMIN,
        )
        account = session.get_one(Account, row.account_id)
        told = {"fee_id": fee_id, "waived_cents": -row.amount_cents, **_standing(session, account)}
    answer(told, f"{as_text(told['waived_cents'])} of fee {fee_id} waived.", _said(told))


def _standing(session: Session, account: Account) -> dict[str, Any]:
    session.refresh(account)
    return {
        "account_number": account.account_number,
        "status": account.status,
        "balance_cents": account.balance_cents,
        "credit_cents": account.credit_cents,
        "past_due_cents": account.past_due_cents,
        "days_past_due": account.days_past_due,
        "next_due_on": account.next_due_on,
    }


def _said(told: dict[str, Any]) -> str:
    from app.domain.money import as_text

    late = f"{told['days_past_due']} days past due" if told["days_past_due"] else "current"
    return f"{told['account_number']} is {told['status'].label.lower()}, {late}; balance {as_text(told['balance_cents'])}."


def _cents(amount: str) -> int:
    from app.domain.errors import RuleViolation
    from app.domain.money import cents_from_text

    try:
        return cents_from_text(amount)
    except RuleViolation as problem:
        raise click.UsageError(problem.message) from problem


def _method(method: str) -> Any:
    from app.domain.payments.kinds import MANUAL_METHODS, PaymentMethod

    known = sorted(each.value for each in MANUAL_METHODS)
    if method not in known:
        raise click.UsageError(f"--method is one of {', '.join(known)}.")
    return PaymentMethod(method)


def _day(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as problem:
        raise click.UsageError(f"--on takes a day such as 2026-11-21, not “{text}”.") from problem
