"""Cards of one account: charge one now, consent to AutoPay, hold it, revoke it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import abort, flash
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from admin_views import account_forms as forms
from admin_views.account_forms import MoneyField
from admin_views.account_screen import AccountScreen
from admin_views.autopay.charges import TONES, next_try, plain_outcome
from admin_views.base import expose
from admin_views.gate import actor, visible
from app.clock import now, today
from app.domain.autopay.charges import ChargeState
from app.domain.money import as_text
from app.domain.payments.payment_links import PaymentLinkState
from app.extensions import db
from app.models import Account, AutopayEnrollment, Card, Charge, PaymentLink
from app.queries.autopay import lists
from app.queries.collections import work_page
from app.queries.payments.payment_links import links_of
from app.services.autopay import enrollment, settling
from app.services.payments import card_refunds
from app.transaction import transaction
from tasks import autopay
from tasks import payment_links as payment_links_at_square


class ChargeForm(FlaskForm):
    """Which card, and how much."""

    card = SelectField("Card", [InputRequired("Choose a card.")], coerce=int)
    amount = MoneyField("Amount", [InputRequired("Enter the amount.")])


class EnrollForm(FlaskForm):
    """The customer's consent in their words."""

    card = SelectField("Card", coerce=int)
    fixed = StringField("Fixed amount", [Optional()], description="Instead of what is due; at least the payment.")
    consent = TextAreaField(
        "What the customer agreed to",
        [InputRequired("Write down the customer's words."), Length(max=2000)],
        render_kw={"rows": 4},
    )
    source = StringField("Where", [InputRequired("Say where they agreed."), Length(max=120)], default="by phone")


class RevokeForm(FlaskForm):
    """Why the consent ends."""

    reason = StringField("Reason", [InputRequired("Say why."), Length(max=180)])


class HoldForm(FlaskForm):
    """Until when nothing is charged."""

    until = DateField("Until", [Optional()], description="Leave it blank to go on charging.")
    reason = StringField("Reason", [Optional(), Length(max=180)])


class AccountCards(AccountScreen):
    """Each action is a form in a side sheet; charging a card waits for the answer and says it in words."""

    endpoint = "account_cards"

    @expose("/<int:account_id>/charge-card", methods=("GET", "POST"))
    def charge(self, account_id: int) -> ResponseReturnValue:
        """Charge a card on file now."""
        account = visible(db.session(), Account, account_id)
        form = ChargeForm()
        form.card.choices = _choices(account)
        if not form.is_submitted():
            form.amount.data = forms.plain(account.past_due_cents or account.next_due_cents or account.balance_cents)

        def do() -> str:
            charge_id = autopay.charge_now(
                account_id, card_id=form.card.data, amount_cents=forms.cents(form.amount), actor=actor()
            )
            charge = db.session().get_one(Charge, charge_id, populate_existing=True)
            said = settling.words_for(charge)
            if charge.state is not ChargeState.SUCCEEDED:
                flash(said, "error" if charge.state in (ChargeState.DECLINED, ChargeState.REJECTED) else "warning")
                return "The attempt stands under AutoPay attempts."
            return said

        return self._answer(form, do, account, title="Charge card", verb="Charge card", money=["amount"])

    @expose("/<int:account_id>/payment-link", methods=("GET", "POST"))
    def link(self, account_id: int) -> ResponseReturnValue:
        """Make a page at Square on which the customer pays by themselves."""
        account = visible(db.session(), Account, account_id)
        form = LinkForm()
        form.amount.description = "The customer pays this on Square's own page; it is booked by itself."
        if not form.is_submitted():
            form.amount.data = forms.plain(account.past_due_cents or account.next_due_cents or account.balance_cents)

        def do() -> str:
            link_id = payment_links_at_square.make(account_id, amount_cents=forms.cents(form.amount), actor=actor())
            link = db.session().get_one(PaymentLink, link_id, populate_existing=True)
            if link.state is PaymentLinkState.OPEN:
                return "The link stands under Payment links; texts and e-mails fill it in as {pay_link}."
            if link.state is PaymentLinkState.FAILED:
                flash(f"No link was made. {link.error}", "error")
                return "The try stands under Payment links."
            return "Square has not answered yet; the link stands under Payment links as soon as it has."

        return self._answer(form, do, account, title="Payment link", verb="Make link", money=["amount"])

    @expose("/<int:account_id>/payment-links/<int:link_id>/close", methods=("GET", "POST"))
    def close_link(self, account_id: int, link_id: int) -> ResponseReturnValue:
        """Take a link's page away."""
        account = visible(db.session(), Account, account_id)
        link = visible(db.session(), PaymentLink, link_id)
        if link.account_id != account.id:
            abort(404)

        def do() -> str:
            payment_links_at_square.close(link_id, actor=actor())
            return "The link is closed."

        title = f"Close link over {as_text(link.amount_cents)}"
        return self._answer(FlaskForm(), do, account, title=title, verb="Close link", danger=True)

    @expose("/<int:account_id>/autopay", methods=("GET", "POST"))
    def enroll(self, account_id: int) -> ResponseReturnValue:
        """Record the customer's consent to AutoPay."""
        account = visible(db.session(), Account, account_id)
        form = EnrollForm()
        form.card.choices = [(0, "The customer's primary card"), *_choices(account)]

        def do() -> str:
            fixed = forms.cents(form.fixed) if (form.fixed.data or "").strip() else None
            with transaction() as session:
                enrollment.enroll(
                    session,
                    account_id,
                    consent=form.consent.data or "",
                    source=form.source.data or "",
                    card_id=form.card.data or None,
                    fixed_cents=fixed,
                    now=now(),
                    actor=actor(),
                )
            return "Consent recorded; AutoPay charges what falls due."

        return self._answer(form, do, account, title="AutoPay consent", verb="Record consent", money=["fixed"])

    @expose("/<int:account_id>/autopay/revoke", methods=("GET", "POST"))
    def revoke(self, account_id: int) -> ResponseReturnValue:
        """Take the consent back."""
        account = visible(db.session(), Account, account_id)
        form = RevokeForm()

        def do() -> str:
            with transaction() as session:
                enrollment.revoke(session, account_id, reason=form.reason.data or "", now=now(), actor=actor())
            return "Consent revoked; nothing more is charged by itself."

        return self._answer(form, do, account, title="Revoke AutoPay", verb="Revoke consent", danger=True)

    @expose("/<int:account_id>/autopay/hold", methods=("GET", "POST"))
    def hold(self, account_id: int) -> ResponseReturnValue:
        """Charge nothing for a while."""
        account = visible(db.session(), Account, account_id)
        form = HoldForm()
        if not form.is_submitted():
            current = enrollment.current(db.session(), account_id)
            form.until.data = (current.hold_until if current else None) or today() + dt.timedelta(days=7)

        def do() -> str:
            with transaction() as session:
                enrollment.hold(
                    session,
                    account_id,
                    until=form.until.data,
                    reason=form.reason.data or "",
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
            return "AutoPay waits." if form.until.data else "AutoPay goes on."

        return self._answer(form, do, account, title="Hold AutoPay", verb="Save")


class LinkForm(FlaskForm):
    """How much a customer is to pay by a link."""

    amount = MoneyField("Amount", [InputRequired("Enter the amount.")])


LINK_TONES = {
    PaymentLinkState.PLANNED: "open",
    PaymentLinkState.OPEN: "info",
    PaymentLinkState.PAID: "good",
    PaymentLinkState.CLOSED: "mute",
    PaymentLinkState.FAILED: "bad",
}


def card_section(session: Session, account: Account) -> dict[str, Any]:
    """What the Account page shows of cards: attempts, consent, the plan for the next try."""
    rows = lists.attempts(session, account.id)
    attempts = [
        {
            "id": charge.id,
            "on": charge.business_on,
            "amount_cents": charge.amount_cents,
            "is_void": charge.state in (ChargeState.DECLINED, ChargeState.REJECTED, ChargeState.SKIPPED),
            "status": charge.state.label,
            "tone": TONES[charge.state],
            "card": str(charge.card),
            "outcome": plain_outcome(charge),
        }
        for charge in rows
    ]
    current = enrollment.current(session, account.id)
    latest = rows[0] if rows else None
    plan = next_try(latest) if latest is not None and latest.state is ChargeState.DECLINED else ""
    cards = work_page.cards(session, account.customer_id)
    return {
        "attempts": attempts,
        "autopay": current,
        "autopay_says": _says(current, cards, plan),
        "has_card": bool(cards),
        "payment_links": [(link, LINK_TONES[link.state]) for link in links_of(session, account.id)],
        "open_refunds": [(refund.id, card_refunds.words_for(refund)) for refund in lists.open_refunds(session, account.id)],
    }


def _says(current: AutopayEnrollment | None, cards: Any, plan: str) -> str:
    """AutoPay of the account in one line."""
    if current is None:
        return "No consent to AutoPay." if cards else "No card on file and no consent to AutoPay."
    said = f"Agreed on {current.at:%b %-d, %Y}, {current.source}"
    if current.hold_until:
        said += f"; on hold until {current.hold_until:%b %-d}"
    if not cards:
        said += "; there is no card to charge"
    return f"{said}; {plan}." if plan else f"{said}."


def _choices(account: Account) -> list[tuple[int, str]]:
    cards: list[Card] = list(work_page.cards(db.session(), account.customer_id))
    return [(card.id, f"{card}, good through {card.expires_month:02d}/{card.expires_year}") for card in cards]
