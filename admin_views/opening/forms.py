"""The forms that open an account, and the contract that a filled one means."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import DateField, DecimalField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from admin_views.account_forms import MoneyField, cents
from app.domain.servicing.contract import OPENED_HERE, ContractType
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.opening import Applicant, Money, NewContract, Terms
from app.domain.servicing.parties import PartyRole
from app.domain.servicing.schedule import Anchors
from app.queries.scope import Viewer
from app.queries.servicing import opening as questions

NEW_PERSON = "new"
"""The answer that somebody with a known phone number is somebody else."""

DUE_DAYS = {"": "As the first due date says", "1,15": "1st and 15th", "15,31": "15th and last day"}

MONEY_FIELDS = ("payment", "total", "cash_price", "down_payment", "principal", "line", "first_charge", "cost", "monthly_income")
PREVIEWED = (
    "contract_type", "frequency", "start_on", "first_due_on", "due_days", "payment", "payments", "total", "cash_price",
    "down_payment", "interest_rate", "principal", "line", "first_charge", "cost", "monthly_income", "rescission_on", "note_on",
)  # fmt: skip
"""What a preview reads; a mistake in another field does not keep it from being shown."""

DEFAULT_HINT = "Leave blank to use frequency default."


class QuickLeaseForm(FlaskForm):
    """The least that makes a lease. `key` makes pressing Open twice open once, `certain` holds the doubts that were read."""

    key = HiddenField(validators=[InputRequired(), Length(max=45)])
    certain = HiddenField(validators=[Length(max=64)])
    portfolio = SelectField("Portfolio", coerce=int)
    customer = RadioField("Is it the same person?", choices=[], validate_choice=False)
    first_name = StringField("First name", [Length(max=80)])
    last_name = StringField("Last name", [Length(max=80)])
    phone = StringField("Phone", [Length(max=40)])
    model = StringField("Device", [Length(max=160)], description="Make, model and memory.")
    imei = StringField("IMEI / Serial", [Optional(), Length(max=60)], description="Blank: the lease waits in Pending Review.")
    cost = MoneyField("Cost", [Optional()], description="What the device cost us.")
    frequency = SelectField("Frequency", choices=dict(Frequency.choices()), default=Frequency.BIWEEKLY.value)
    start_on = DateField("Start date", [InputRequired("Enter the day on which the lease starts.")])
    first_due_on = DateField("First due date", [Optional()], description="Blank: one period after the start.")
    payment = MoneyField("Payment", [Optional()])
    payments = IntegerField("Number of payments", [Optional()], description=DEFAULT_HINT)
    down_payment = MoneyField("Down payment", [Optional()])


class LeaseForm(QuickLeaseForm):
    """A whole contract."""

    dealer = SelectField("Dealer", default="")
    approval_id = StringField("Approval ID", [Optional(), Length(max=40)])
    phone2 = StringField("Second phone", [Optional(), Length(max=40)])
    email = StringField("E-mail", [Optional(), Length(max=254)])
    address = StringField("Address", [Optional(), Length(max=200)])
    city = StringField("City", [Optional(), Length(max=80)])
    state = StringField("State", [Optional(), Length(max=2)], description="Two letters.")
    zip_code = StringField("ZIP code", [Optional(), Length(max=10)])
    monthly_income = MoneyField("Gross monthly income", [Optional()], description="Blank when it is not known.")
    second_role = SelectField("Signs as", choices=dict(PartyRole.choices()), default=PartyRole.CO_APPLICANT.value)
    second_first_name = StringField("First name", [Optional(), Length(max=80)])
    second_last_name = StringField("Last name", [Optional(), Length(max=80)])
    second_phone = StringField("Phone", [Optional(), Length(max=40)])
    second_email = StringField("E-mail", [Optional(), Length(max=254)])
    contract_type = SelectField(
        "Contract type", choices={kind.value: kind.label for kind in OPENED_HERE}, default=ContractType.LEASE.value
    )
    due_days = SelectField("Due days", choices=DUE_DAYS, default="", description="For semimonthly contracts.")
    total = MoneyField("Total of payments", [Optional()], description="Blank: payment times number of payments.")
    cash_price = MoneyField("Cash price", [Optional()])
    principal = MoneyField("Amount financed", [Optional()], description="Blank: cash price less down payment.")
    interest_rate = DecimalField("Interest rate, % a year", [Optional(), NumberRange(0, 400, "The rate is between 0% and 400%.")])
    line = MoneyField("Credit line", [Optional()], description="The most that is lent.")
    first_charge = MoneyField(
        "First charge", [Optional()], description="What the line is opened for, due on the first due date; blank: nothing yet."
    )
    note_on = DateField("Note date", [Optional()], description="Blank: the start date.")
    rescission_on = DateField("Rescission date", [Optional()], description="Until this day the customer may cancel.")
    program = StringField("Program", [Optional(), Length(max=80)])
    location = StringField("Location", [Optional(), Length(max=80)])
    seller = StringField("Seller", [Optional(), Length(max=80)])
    pricing_tier = StringField("Pricing tier", [Optional(), Length(max=40)])
    merchant_ext_id = StringField("Merchant ext ID", [Optional(), Length(max=60)])
    applicant_id = StringField("Applicant ID", [Optional(), Length(max=60)])
    contract_state = StringField("State of the contract", [Optional(), Length(max=2)], description="Blank: the customer's.")
    description = TextAreaField("Description", [Optional(), Length(max=300)], render_kw={"rows": 2})


ALWAYS_THERE = (
    "portfolio",
    "frequency",
    "contract_type",
    "due_days",
    "second_role",
    "first_name",
    "last_name",
    "model",
    "payment",
)
"""Fields that are not called optional: a choice always holds something, and a contract needs the rest as a rule."""


def fill_choices(form: QuickLeaseForm, session: Session, viewer: Viewer) -> None:
    """Offer the portfolios and the dealers of the person who fills the form."""
    for name in ALWAYS_THERE:
        if name in form:
            form[name].flags.required = True
    portfolios = questions.portfolios_of(session, viewer)
    form.portfolio.choices = {book.id: book.name for book in portfolios}
    if isinstance(form, LeaseForm):
        names = {book.id: book.name for book in portfolios}
        dealers = [dealer for dealer in questions.dealers_of(session, viewer) if dealer.portfolio_id in names]
        form.dealer.choices = {"": "None"} | {
            str(dealer.id): f"{dealer.name} ({names[dealer.portfolio_id]})" if len(names) > 1 else dealer.name
            for dealer in dealers
        }


def money_of(form: QuickLeaseForm) -> Money:
    """How the contract is paid. The fields must be valid."""
    return Money(
        frequency=Frequency(form.frequency.data),
        start_on=form.start_on.data,
        contract_type=ContractType(_value(form, "contract_type") or ContractType.LEASE),
        first_due_on=form.first_due_on.data,
        anchors=_anchors(form),
        payment_cents=_cents(form, "payment"),
        payments=form.payments.data,
        total_cents=_cents(form, "total"),
        cash_price_cents=_cents(form, "cash_price"),
        down_payment_cents=_cents(form, "down_payment") or 0,
        interest_rate=_value(form, "interest_rate"),
        principal_cents=_cents(form, "principal"),
        line_cents=_cents(form, "line"),
        first_charge_cents=_cents(form, "first_charge"),
    )


def contract_of(form: QuickLeaseForm, *, customer_id: int | None) -> NewContract:
    """The contract that a filled form means. `customer_id`: the known person that was chosen."""
    dealer = _value(form, "dealer")
    return NewContract(
        portfolio_id=form.portfolio.data,
        customer=_customer(form, customer_id),
        money=money_of(form),
        dealer_id=int(dealer) if dealer else None,
        approval_id=_value(form, "approval_id"),
        model=form.model.data,
        identity=form.imei.data,
        cost_cents=_cents(form, "cost"),
        terms=terms_of(form),
        second=_second(form),
        second_role=PartyRole(_value(form, "second_role") or PartyRole.CO_APPLICANT),
    )


def terms_of(form: QuickLeaseForm) -> Terms:
    """The descriptive side of the contract."""
    words = ("program", "location", "seller", "pricing_tier", "merchant_ext_id", "applicant_id", "description")
    given: dict[str, Any] = {name: _value(form, name) for name in (*words, "note_on", "rescission_on")}
    return Terms(**given, state=_value(form, "contract_state"))


def _customer(form: QuickLeaseForm, customer_id: int | None) -> Applicant:
    given: dict[str, Any] = {name: _value(form, name) for name in ("email", "address", "city", "state", "zip_code")}
    return Applicant(
        first_name=form.first_name.data or "",
        last_name=form.last_name.data or "",
        phones=tuple(str(_value(form, name) or "") for name in ("phone", "phone2")),
        monthly_income_cents=_cents(form, "monthly_income"),
        customer_id=customer_id,
        **given,
    )


def _second(form: QuickLeaseForm) -> Applicant | None:
    names = ("first_name", "last_name", "phone", "email")
    given = {name: (_value(form, f"second_{name}") or "").strip() for name in names}
    if not any(given.values()):
        return None
    return Applicant(given["first_name"], given["last_name"], (given["phone"],), email=given["email"] or None)


def _anchors(form: QuickLeaseForm) -> Anchors | None:
    """The days of a semimonthly contract; other rhythms take theirs from the first due date."""
    chosen = _value(form, "due_days")
    if not chosen or form.frequency.data != Frequency.SEMIMONTHLY.value:
        return None
    return tuple(int(day) for day in chosen.split(","))


def _value(form: QuickLeaseForm, name: str) -> Any:
    """What a field holds; None where the form has no such field or it is blank."""
    return (form[name].data or None) if name in form else None


def _cents(form: QuickLeaseForm, name: str) -> int | None:
    return cents(form[name]) if _value(form, name) else None
