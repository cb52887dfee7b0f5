"""Quotes of an account, paying it off by one, and trying a payment before it is made."""

from __future__ import annotations

import datetime as dt
import secrets

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from admin_views.account_forms import MANUAL_CHOICES, MoneyField, cents, plain
from admin_views.account_papers import as_pdf
from admin_views.account_screen import AccountScreen
from admin_views.base import expose
from admin_views.demands import needs
from admin_views.gate import actor, person, visible
from admin_views.papers import quote_paper
from app.clock import now, today
from app.documents.paper import Paper
from app.domain.errors import RuleViolation
from app.domain.money import as_text, cents_from_text
from app.domain.payments.kinds import PaymentMethod, PaymentState
from app.domain.servicing.contract import ContractType
from app.domain.servicing.quotes import QuoteKind
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, Quote
from app.queries.payments.statements import addressed
from app.queries.servicing import payoff
from app.services.payments import posting
from app.services.payments.what_if import what_if
from app.services.servicing import quotes
from app.transaction import transaction


class QuoteForm(FlaskForm):
    """Which figure, and of which day."""

    kind = RadioField("Figure", [InputRequired("Choose which figure.")], choices=QuoteKind.choices())
    on = DateField("For", [InputRequired("Enter the day.")], description="The day on which it is to be paid.")


class PayOffForm(FlaskForm):
    """How the amount of a quote was paid. `key` makes pressing twice pay once."""

    key = HiddenField(validators=[InputRequired(), Length(max=45)])
    method = SelectField("Method", [InputRequired()], choices=MANUAL_CHOICES)
    reference = StringField("Reference", [Optional(), Length(max=80)], description="Confirmation, check or receipt number.")
    note = StringField("Note", [Optional(), Length(max=500)])


class CashPriceForm(FlaskForm):
    """What the device would have cost in cash."""

    cash_price = MoneyField(
        "Cash price", [InputRequired("Enter the price.")], description="The early purchase price of most states follows from it."
    )


class AccountQuotes(AccountScreen):
    """What it costs to be done with an account, and what a payment would do."""

    endpoint = "account_quotes"

    @expose("/<int:account_id>/quote", methods=("GET", "POST"))
    def quote(self, account_id: int) -> ResponseReturnValue:
        """Both figures of today, and a form that gives one of them to the customer."""
        account = visible(db.session(), Account, account_id)
        form = QuoteForm(kind=QuoteKind.PAYOFF.value, on=today())
        given: list[int] = []

        def do() -> str:
            with transaction() as session:
                quote = quotes.give(
                    session,
                    account_id,
                    kind=QuoteKind(form.kind.data),
                    on=form.on.data or today(),
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
                given.append(quote.id)
            return "Quote kept."

        return self._answer(
            form,
            do,
            account,
            title="Quote",
            verb="Give quote",
            template="account/quote_form.html",
            then=lambda: url_for(".given", account_id=account_id, quote_id=given[0]),
            figures=payoff.both(db.session(), account, today()),
            earlier=payoff.quotes_of(db.session(), account_id),
            may_price=person().role.includes(Role.SUPERVISOR) and account.contract_type is ContractType.LEASE,
        )

    @expose("/<int:account_id>/quotes/<int:quote_id>")
    def given(self, account_id: int, quote_id: int) -> ResponseReturnValue:
        """A quote as it was given."""
        quote = _quote(account_id, quote_id)
        account = visible(db.session(), Account, account_id)
        page: str = self.render(
            "account/quote.html",
            paper=_paper(quote),
            account=account,
            quote=quote,
            pdf_url=url_for(".given_pdf", account_id=account_id, quote_id=quote_id),
            why_not=_why_not(quote, account, today=today()),
        )
        return page

    @expose("/<int:account_id>/quotes/<int:quote_id>.pdf")
    def given_pdf(self, account_id: int, quote_id: int) -> ResponseReturnValue:
        """A quote as PDF."""
        return as_pdf(_paper(_quote(account_id, quote_id)))

    @expose("/<int:account_id>/quotes/<int:quote_id>/pay-off", methods=("GET", "POST"))
    def pay_off(self, account_id: int, quote_id: int) -> ResponseReturnValue:
        """Take the amount of a quote for all that is owed."""
        quote = _quote(account_id, quote_id)
        account = visible(db.session(), Account, account_id)
        form = PayOffForm(key=secrets.token_urlsafe(24))
        amount = as_text(quote.total_cents)

        def do() -> str:
            with transaction() as session:
                payment = quotes.pay_off(
                    session,
                    quote_id,
                    method=PaymentMethod(form.method.data),
                    reference=form.reference.data,
                    note=form.note.data,
                    idempotency_key=form.key.data or "",
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
                is_here = payment.state is PaymentState.COMPLETE
            return f"{amount} posted; the account is paid off." if is_here else f"{amount} taken; it counts when it settles."

        return self._answer(
            form, do, account, title=f"Pay off with {amount}", verb=f"Take {amount}", template="account/pay_off.html", quote=quote
        )

    @expose("/<int:account_id>/cash-price", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR)
    def cash_price(self, account_id: int) -> ResponseReturnValue:
        """Enter the cash price of a contract that came without one."""
        account = visible(db.session(), Account, account_id)
        form = CashPriceForm()

        def do() -> str:
            price = cents(form.cash_price)
            with transaction() as session:
                quotes.set_cash_price(session, account_id, cents=price, now=now(), actor=actor())
            return "Cash price saved."

        if request.method == "GET" and account.cash_price_cents:
            form.cash_price.data = plain(account.cash_price_cents)
        return self._answer(form, do, account, title="Cash price", verb="Save price", money=["cash_price"])

    @expose("/<int:account_id>/what-if")
    def what_if(self, account_id: int) -> ResponseReturnValue:
        """What an amount on a day would do. Writes nothing."""
        account = visible(db.session(), Account, account_id)
        asked = {"amount": request.args.get("amount", ""), "on": request.args.get("on", "") or today().isoformat()}
        outcome, problems = None, {}
        if asked["amount"]:
            try:
                outcome = what_if(
                    db.session(), account_id, amount_cents=_amount(asked["amount"]), on=_day(asked["on"]), today=today()
                )
            except RuleViolation as problem:
                problems[problem.field or "amount"] = problem.message
        page = self.render(
            "account/what_if.html", account=account, asked=asked, outcome=outcome, problems=problems, business_today=today()
        )
        return page, 422 if problems else 200


def _quote(account_id: int, quote_id: int) -> Quote:
    visible(db.session(), Account, account_id)
    quote = visible(db.session(), Quote, quote_id)
    if quote.account_id != account_id:
        abort(404)
    return quote


def _paper(quote: Quote) -> Paper:
    return quote_paper(quote, addressed(db.session(), quote.account_id))


def _why_not(quote: Quote, account: Account, *, today: dt.date) -> str | None:
    """Why a quote cannot be used, as far as it shows at once; the service looks closer."""
    if quote.payment_id is not None:
        return "This quote was used."
    if today > quote.good_through_on:
        return "This quote is no longer good; give a new one."
    if account.status in posting.TAKES_NO_PAYMENT or account.balance_cents == 0:
        return "Nothing is owed on this account, or it takes no payments."
    return None


def _amount(text: str) -> int:
    try:
        return cents_from_text(text)
    except RuleViolation as problem:
        raise RuleViolation(problem.message, field="amount") from problem


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise RuleViolation("Enter a day.", field="on") from error
