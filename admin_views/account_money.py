"""Corrections on one account: fees added and waived, balances adjusted, money handed back, returned or called off."""

from __future__ import annotations

import secrets
from typing import Any

from flask import abort, flash
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import DateField, HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from admin_views import account_forms as forms
from admin_views.account_forms import MANUAL_CHOICES, MoneyField
from admin_views.account_screen import AccountScreen
from admin_views.base import expose
from admin_views.demands import needs
from admin_views.gate import actor, person, visible
from app.clock import now, today
from app.domain.money import as_text
from app.domain.payments.card_refunds import CardRefundState
from app.domain.payments.kinds import MANUAL_METHODS, RETURNABLE_METHODS, PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.charges import FeeKind
from app.domain.servicing.contract import FINANCED
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, CardRefund, Fee, Payment
from app.services.payments import adjusting, card_refunds, charging, reversing, settling
from app.services.payments.adjusting import Split
from app.transaction import transaction
from tasks import card_refunds as card_refunds_at_square

REASON = [InputRequired("Say why."), Length(max=180)]
BY_HAND = [choice for choice in FeeKind.choices() if choice[0] != FeeKind.LATE.value]


class FeeForm(FlaskForm):
    """A fee that somebody adds."""

    amount = MoneyField("Amount", [InputRequired("Enter the amount.")])
    kind = SelectField("Type", choices=BY_HAND, default=FeeKind.OTHER.value)
    reason = StringField("Reason", REASON, description="It stands on the fee's line and on statements.")


class WaiveForm(FlaskForm):
    """How much of a fee is waived, and why."""

    amount = MoneyField("Amount", [InputRequired("Enter the amount.")])
    reason = StringField("Reason", REASON, description="A waived fee does not come back.")


class AdjustForm(FlaskForm):
    """A correction of what is owed, by its parts."""

    direction = RadioField("Direction", choices=[("credit", "Take off"), ("debit", "Add")], default="credit")
    fees = MoneyField("Fees", default="0.00")
    interest = MoneyField("Interest", default="0.00")
    principal = MoneyField("Rent", default="0.00")
    reason = StringField("Reason", REASON)


class WhyForm(FlaskForm):
    """Why something is done."""

    reason = StringField("Reason", REASON)


class RefundForm(FlaskForm):
    """How much of a payment is handed back. `key` makes pressing twice hand back once."""

    key = HiddenField(validators=[InputRequired(), Length(max=45)])
    amount = MoneyField("Amount", [InputRequired("Enter the amount.")], description="All of it, or the part that is handed back.")
    reason = StringField("Reason", REASON)


class CreditForm(FlaskForm):
    """Credit that is handed back. `key` makes pressing twice pay out once."""

    key = HiddenField(validators=[InputRequired(), Length(max=45)])
    amount = MoneyField("Amount", [InputRequired("Enter the amount.")])
    method = SelectField("Method", choices=MANUAL_CHOICES)
    reason = StringField("Reason", REASON)


class ChargeForm(FlaskForm):
    """A purchase on a credit line."""

    amount = MoneyField("Amount", [InputRequired("Enter the amount.")])
    description = StringField("What for", [InputRequired("Say what was bought."), Length(max=180)])
    due_on = DateField("Due", [InputRequired("Enter the day by which it is to be paid.")])


def payment_actions(payment: Payment, role: Role) -> list[tuple[str, str]]:
    """What can be done with a payment besides reversing it: (route, word)."""
    if payment.kind is not PaymentKind.PAYMENT:
        return []
    is_supervisor, found = role.includes(Role.SUPERVISOR), []
    if payment.state is PaymentState.PENDING:
        found.append(("cancel", "Cancel"))
    is_there = payment.state in (PaymentState.COMPLETE, PaymentState.PROCESSING)
    if is_there and payment.method in RETURNABLE_METHODS and is_supervisor:
        found.append(("returned", "Returned"))
    is_refundable = payment.method in MANUAL_METHODS or (payment.method is PaymentMethod.CARD and payment.square_payment_id)
    if payment.state is PaymentState.COMPLETE and is_refundable and is_supervisor:
        found.append(("refund", "Refund"))
    return found


class AccountMoney(AccountScreen):
    """Each correction is a form in a side sheet; it says what it will do before it does it."""

    endpoint = "account_money"

    @expose("/<int:account_id>/fee", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR)
    def fee(self, account_id: int) -> ResponseReturnValue:
        """Add a fee."""
        account = visible(db.session(), Account, account_id)
        form = FeeForm()

        def do(session: Session) -> str:
            cents = forms.cents(form.amount)
            charging.add_fee(
                session,
                account_id,
                kind=FeeKind(form.kind.data),
                amount_cents=cents,
                reason=form.reason.data or "",
                role=person().role,
                **_who(),
            )
            return f"Fee of {as_text(cents)} added."

        return self._do(form, do, account, title="Add fee", verb="Add fee", money=["amount"])

    @expose("/<int:account_id>/fees/<int:fee_id>/waive", methods=("GET", "POST"))
    def waive(self, account_id: int, fee_id: int) -> ResponseReturnValue:
        """Waive what is unpaid of a fee, or a part of it."""
        account = visible(db.session(), Account, account_id)
        fee = visible(db.session(), Fee, fee_id)
        if fee.account_id != account.id:
            abort(404)
        open_cents = fee.amount_cents - fee.paid_cents - fee.waived_cents
        form = WaiveForm()
        if not form.is_submitted():
            form.amount.data = forms.plain(open_cents)

        def do(session: Session) -> str:
            cents = forms.cents(form.amount)
            charging.waive(session, fee_id, amount_cents=cents, reason=form.reason.data or "", role=person().role, **_who())
            return f"{as_text(cents)} waived."

        title = f"Waive {fee.kind.label.lower()} of {as_text(open_cents)}"
        return self._do(form, do, account, title=title, verb="Waive fee", money=["amount"])

    @expose("/<int:account_id>/adjust", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def adjust(self, account_id: int) -> ResponseReturnValue:
        """Correct what is owed, by fees, interest, and principal or rent."""
        account = visible(db.session(), Account, account_id)
        form = AdjustForm()
        if account.contract_type not in FINANCED:
            del form.interest
        else:
            form.principal.label.text = "Principal"
        fields = [name for name in ("fees", "interest", "principal") if name in form]

        def do(session: Session) -> str:
            split = Split(**{f"{name}_cents": forms.cents(form[name]) for name in fields})
            act = adjusting.credit if form.direction.data == "credit" else adjusting.debit
            act(session, account_id, split, reason=form.reason.data or "", role=person().role, **_who())
            return f"Balance adjusted by {as_text(split.cents)}."

        return self._do(form, do, account, title="Adjust balance", verb="Adjust balance", money=fields)

    @expose("/<int:account_id>/charge", methods=("GET", "POST"))
    def charge(self, account_id: int) -> ResponseReturnValue:
        """A purchase on a credit line."""
        account = visible(db.session(), Account, account_id)
        form = ChargeForm(due_on=account.next_due_on or today())
        available = adjusting.available_cents(db.session(), account)
        form.amount.description = f"{as_text(available)} of the line is available." if available is not None else ""

        def do(session: Session) -> str:
            cents = forms.cents(form.amount)
            adjusting.charge_line(
                session,
                account_id,
                amount_cents=cents,
                description=form.description.data or "",
                due_on=form.due_on.data or today(),
                **_who(),
            )
            return f"{as_text(cents)} charged."

        return self._do(form, do, account, title="Charge the line", verb="Charge", money=["amount"])

    @expose("/<int:account_id>/credit", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def credit(self, account_id: int) -> ResponseReturnValue:
        """Hand credit back."""
        account = visible(db.session(), Account, account_id)
        form = CreditForm(key=secrets.token_urlsafe(24))
        if not form.is_submitted():
            form.amount.data = forms.plain(max(0, account.credit_cents))

        def do(session: Session) -> str:
            cents = forms.cents(form.amount)
            reversing.refund_credit(
                session,
                account_id,
                amount_cents=cents,
                method=PaymentMethod(form.method.data),
                reason=form.reason.data or "",
                idempotency_key=form.key.data,
                role=person().role,
                **_who(),
            )
            return f"{as_text(cents)} handed back."

        title = f"Hand back credit of {as_text(account.credit_cents)}"
        return self._do(form, do, account, title=title, verb="Hand back", money=["amount"], danger=True)

    @expose("/<int:account_id>/payments/<int:payment_id>/refund", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def refund(self, account_id: int, payment_id: int) -> ResponseReturnValue:
        """Hand a payment back, or a part of it."""
        account, payment = self._payment(account_id, payment_id)
        form = RefundForm(key=secrets.token_urlsafe(24))
        left_cents = payment.amount_cents - reversing.handed_back(db.session(), payment_id)
        if left_cents < payment.amount_cents:
            form.amount.description = f"{as_text(payment.amount_cents - left_cents)} of it was handed back before."
        if not form.is_submitted():
            form.amount.data = forms.plain(left_cents)

        def do(session: Session) -> str:
            cents = forms.cents(form.amount)
            reversing.refund(
                session,
                payment_id,
                amount_cents=cents,
                reason=form.reason.data or "",
                idempotency_key=form.key.data,
                role=person().role,
                **_who(),
            )
            return f"{as_text(cents)} refunded."

        title = _titled("Refund", payment)
        if payment.method is PaymentMethod.CARD:
            look: dict[str, Any] = {"title": title, "verb": "Refund to the card", "money": ["amount"], "danger": True}
            return self._answer(form, lambda: self._refund_card(form, payment_id), account, **look)
        return self._do(form, do, account, title=title, verb="Refund", money=["amount"], danger=True)

    def _refund_card(self, form: RefundForm, payment_id: int) -> str:
        """Ask Square to give it back and wait for the answer, in words."""
        refund_id = card_refunds_at_square.refund_now(
            payment_id,
            amount_cents=forms.cents(form.amount),
            reason=form.reason.data or "",
            form_key=form.key.data,
            role=person().role,
            actor=actor(),
        )
        refund = db.session().get_one(CardRefund, refund_id, populate_existing=True)
        said = card_refunds.words_for(refund)
        if refund.state is CardRefundState.COMPLETED:
            return said
        flash(said, "error" if refund.state is CardRefundState.REFUSED else "warning")
        return "The refund stands under Card refunds."

    @expose("/<int:account_id>/payments/<int:payment_id>/returned", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR)
    def returned(self, account_id: int, payment_id: int) -> ResponseReturnValue:
        """The bank sent a check or bank payment back."""
        account, payment = self._payment(account_id, payment_id)
        form = WhyForm()

        def do(session: Session) -> str:
            reversing.return_payment(session, payment_id, reason=form.reason.data or "", **_who())
            return f"{as_text(payment.amount_cents)} taken out again."

        return self._do(form, do, account, title=_titled("Returned:", payment), verb="Take payment out", danger=True)

    @expose("/<int:account_id>/payments/<int:payment_id>/cancel", methods=("GET", "POST"))
    def cancel(self, account_id: int, payment_id: int) -> ResponseReturnValue:
        """Call a post-dated payment off."""
        account, payment = self._payment(account_id, payment_id)
        form = WhyForm()

        def do(session: Session) -> str:
            settling.cancel(session, payment_id, reason=form.reason.data or "", now=now(), actor=actor())
            return "Payment cancelled."

        return self._do(form, do, account, title=_titled("Cancel", payment), verb="Cancel payment", danger=True)

    def _payment(self, account_id: int, payment_id: int) -> tuple[Account, Payment]:
        account = visible(db.session(), Account, account_id)
        payment = visible(db.session(), Payment, payment_id)
        if payment.account_id != account.id:
            abort(404)
        return account, payment

    def _do(self, form: FlaskForm, do: Any, account: Account, **look: Any) -> ResponseReturnValue:
        """`_answer` around one transaction."""

        def inside() -> str:
            with transaction() as session:
                said: str = do(session)
            return said

        return self._answer(form, inside, account, **look)


def _who() -> dict[str, Any]:
    return {"today": today(), "now": now(), "actor": actor()}


def _titled(word: str, payment: Payment) -> str:
    return f"{word} {as_text(payment.amount_cents)} of {payment.effective_on:%b %-d, %Y}"
