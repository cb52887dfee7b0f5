"""The forms of arrangements: what each kind asks for, and what it is called."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from admin_views.account_forms import MoneyField, cents_or_zero, plain
from app.domain.servicing.arrangements import ArrangementKind, Terms
from app.domain.servicing.moves import PERIOD_DAYS
from app.models import Account


class ReasonForm(FlaskForm):
    """Why."""

    reason = StringField("Reason", [InputRequired("Say why."), Length(max=400)])


class SettleForm(FlaskForm):
    """Nothing but the button."""


class ApproveForm(FlaskForm):
    """Yes; beyond the limits with a reason."""

    beyond_reason = StringField(
        "Reason for the exception", [Optional(), Length(max=400)], description="Only needed beyond the limits."
    )


class TermsForm(FlaskForm):
    """What all kinds have in common."""

    key = HiddenField(validators=[InputRequired(), Length(max=45)])

    def terms(self) -> Terms:
        """What was typed."""
        raise NotImplementedError

    def suggest(self, account: Account, today: dt.date) -> None:
        """Fill in what people mostly want."""


class ExtensionForm(TermsForm):
    """All open due dates move."""

    days = IntegerField(
        "Days", [InputRequired("Enter a number of days.")], description="All open due dates move later by so many days."
    )

    def terms(self) -> Terms:
        """What was typed."""
        return Terms(days=self.days.data)

    def suggest(self, account: Account, today: dt.date) -> None:
        """A week."""
        self.days.data = 7


class DeferralForm(TermsForm):
    """Installments go to the end."""

    count = IntegerField(
        "Installments",
        [InputRequired("Enter a number of installments.")],
        description="The oldest ones on which nothing is paid go behind the last one.",
    )

    def terms(self) -> Terms:
        """What was typed."""
        return Terms(count=self.count.data)

    def suggest(self, account: Account, today: dt.date) -> None:
        """One."""
        self.count.data = 1


class DueDateForm(TermsForm):
    """The rhythm begins on another day."""

    due_on = DateField(
        "New due date",
        [InputRequired("Choose the day.")],
        description="The next installment falls due on this day and the later ones in the same rhythm.",
    )

    def terms(self) -> Terms:
        """What was typed."""
        return Terms(due_on=self.due_on.data)

    def suggest(self, account: Account, today: dt.date) -> None:
        """A few days after the next one."""
        self.due_on.data = max(account.next_due_on or today, today) + dt.timedelta(days=5)


class PlanForm(TermsForm):
    """What is past due in parts."""

    parts = IntegerField(
        "Parts",
        [InputRequired("Enter a number of parts.")],
        description="What is past due is paid in equal parts together with so many of the next installments.",
    )

    def terms(self) -> Terms:
        """What was typed."""
        return Terms(parts=self.parts.data)

    def suggest(self, account: Account, today: dt.date) -> None:
        """Four."""
        self.parts.data = 4


class SettlementForm(TermsForm):
    """Less than all, by a day."""

    amount = MoneyField(
        "Settled with", [InputRequired("Enter the amount.")], description="The rest is forgiven once this has come."
    )
    due_on = DateField("Paid by", [InputRequired("Choose the day.")])

    def terms(self) -> Terms:
        """What was typed."""
        return Terms(amount_cents=cents_or_zero(self.amount), due_on=self.due_on.data)

    def suggest(self, account: Account, today: dt.date) -> None:
        """Three fifths within one period."""
        self.amount.data = plain(max(0, account.balance_cents - account.credit_cents) * 6 // 10)
        self.due_on.data = today + dt.timedelta(days=PERIOD_DAYS[account.frequency])


class RequestMixin:
    """What a collector adds: why, and whether an exception is asked for."""

    reason = TextAreaField("Reason", [InputRequired("Say why the customer needs it."), Length(max=400)], render_kw={"rows": 2})
    exception = BooleanField("Ask a supervisor for an exception")


class DecisionMixin:
    """What a supervisor adds: why, and why beyond the limits."""

    reason = TextAreaField("Reason", [InputRequired("Say why the customer needs it."), Length(max=400)], render_kw={"rows": 2})
    beyond_reason = StringField(
        "Reason for the exception", [Optional(), Length(max=400)], description="Only needed beyond the limits."
    )


@dataclass(frozen=True)
class Offer:
    """One kind as the account page offers it."""

    kind: ArrangementKind
    slug: str
    title: str
    icon: str
    form: type[TermsForm]
    money: tuple[str, ...] = ()

    def form_class(self, *, decides: bool) -> type[TermsForm]:
        """The form of a collector, who asks, or of a supervisor, who decides."""
        mixin = DecisionMixin if decides else RequestMixin
        return type(f"{self.form.__name__}{mixin.__name__}", (self.form, mixin), {})


_K = ArrangementKind

OFFERS: tuple[Offer, ...] = (
    Offer(_K.EXTENSION, "extension", "Extension", "calendar-plus", ExtensionForm),
    Offer(_K.DEFERRAL, "deferral", "Deferral", "skip-forward", DeferralForm),
    Offer(_K.DUE_DATE_CHANGE, "due-date", "Move due date", "calendar-range", DueDateForm),
    Offer(_K.PAYMENT_PLAN, "payment-plan", "Payment plan", "list-ol", PlanForm),
    Offer(_K.SETTLEMENT, "settlement", "Settlement", "check2-square", SettlementForm, ("amount",)),
)
BY_SLUG = {offer.slug: offer for offer in OFFERS}
SLUGS = ", ".join(f'"{offer.slug}"' for offer in OFFERS)
