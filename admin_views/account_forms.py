"""The forms of the Account page, and a payment's effect as the what-if block shows it."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms.fields import Field
from wtforms.validators import InputRequired, Length, Optional

from app.domain.collections.contact import Disposition, FollowUpKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text, cents_from_text
from app.domain.payments.effect import Preview
from app.domain.payments.kinds import MANUAL_METHODS, PaymentMethod
from app.domain.payments.partial import PartialPayments
from app.domain.servicing.charges import ChargeKind
from app.models import Account

MANUAL_CHOICES = [choice for choice in PaymentMethod.choices() if PaymentMethod(choice[0]) in MANUAL_METHODS]


class MoneyField(StringField):
    """An amount in dollars, typed as people type it; `cents(field)` reads it."""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no amount, with the rule's sentence."""
        try:
            cents_from_text(self.data or "")
        except RuleViolation as problem:
            raise ValidationError(problem.message) from None


def cents(field: Field) -> int:
    """The cents of a money field that has passed validation."""
    return cents_from_text(field.data or "")


def cents_or_zero(field: Field) -> int:
    """The cents of a money field, 0 when it holds none."""
    try:
        return cents(field)
    except RuleViolation:
        return 0


def plain(amount_cents: int) -> str:
    """Cents as a money field holds them: 1249.42."""
    return f"{amount_cents // 100}.{amount_cents % 100:02d}"


class PaymentForm(FlaskForm):
    """Money that a person took. `key` makes pressing Post twice post once."""

    key = HiddenField(validators=[InputRequired(), Length(max=45)])
    amount = MoneyField("Amount", [InputRequired("Enter the amount.")])
    method = SelectField("Method", [InputRequired()], choices=MANUAL_CHOICES)
    effective_on = DateField(
        "Received on", [InputRequired("Enter the day on which the money came.")], description="It counts from this day."
    )
    reference = StringField("Reference", [Optional(), Length(max=80)], description="Confirmation, check or receipt number.")
    note = StringField("Note", [Optional(), Length(max=500)])

    @property
    def chosen_method(self) -> PaymentMethod:
        """The method as a word of the domain."""
        return PaymentMethod(self.method.data)


class ReverseForm(FlaskForm):
    """Why a payment is taken back."""

    reason = StringField("Reason", [InputRequired("Say why the payment is reversed."), Length(max=400)])


class PromiseForm(FlaskForm):
    """A customer's word."""

    amount = MoneyField("Amount", [InputRequired("Enter the amount.")])
    due_on = DateField("By", [InputRequired("Enter the day by which they will pay.")])
    method = SelectField("Method", choices=[("", "Not said"), *MANUAL_CHOICES, ("card", "Card")])

    @property
    def chosen_method(self) -> PaymentMethod | None:
        """The method as a word of the domain, or None when they did not say."""
        return PaymentMethod(self.method.data) if self.method.data else None


class NoteForm(FlaskForm):
    """A note."""

    body = TextAreaField("Note", [InputRequired("Write something first.")], render_kw={"rows": 6})


class CallForm(FlaskForm):
    """A call and how it ended."""

    phone_id = SelectField("Number", choices=[("", "No number")])
    disposition = RadioField("Outcome", choices=Disposition.choices(), validators=[InputRequired("Choose the outcome.")])
    direction = RadioField(
        "Who called", choices=[("we", "We called"), ("they", "They called us")], default="we", validate_choice=False
    )
    note = TextAreaField("Note", [Optional()], render_kw={"rows": 3})

    @property
    def is_inbound(self) -> bool:
        """The customer called; nothing stands in the way of that."""
        return str(self.direction.data) == "they"

    @property
    def chosen_disposition(self) -> Disposition:
        """The outcome as a word of the domain."""
        return Disposition(self.disposition.data)

    def typed(self, longest: int) -> dict[str, object]:
        """What was typed, named as a draft names it; a note longer than a draft holds is left out."""
        note = self.note.data or ""
        return {
            f"disposition={self.disposition.data}": True,
            "phone_id": self.phone_id.data or "",
            "note": note if len(note) <= longest else "",
        }


class FollowUpForm(FlaskForm):
    """Something to do at a time."""

    kind = SelectField("Type", [InputRequired()], choices=FollowUpKind.choices())
    due_on = DateField("Day", [InputRequired("Choose the day.")])
    due_time = TimeField("Time", [InputRequired("Choose the time.")])
    note = StringField("Note", [Optional(), Length(max=500)])

    @property
    def chosen_kind(self) -> FollowUpKind:
        """The type as a word of the domain."""
        return FollowUpKind(self.kind.data)


def refuse(form: FlaskForm, problem: RuleViolation) -> None:
    """Put a rule's sentence beside the field it speaks of, or on top of the form."""
    if problem.field and problem.field in form:
        field = form[problem.field]
        field.errors = [*field.errors, problem.message]
    else:
        form.form_errors.append(problem.message)


def effect_of(preview: Preview, account: Account) -> dict[str, dict[str, Any]]:
    """A payment's effect as the what-if block wants it: covers, days past due, next due, balance after."""
    lines = [each for each in preview.covers if each.kind is ChargeKind.INSTALLMENT]
    fees = len(preview.covers) - len(lines)
    parts = []
    if fees:
        parts.append(f"{fees} fee{'s' if fees > 1 else ''}")
    if lines:
        first, last = lines[0].key, lines[-1].key
        parts.append(f"installment {first}" if first == last else f"installments {first}–{last}")
    if preview.unapplied_cents:
        parts.append(f"{as_text(preview.unapplied_cents)} stays as credit")
    before, after = preview.before.days_past_due, preview.after.days_past_due
    next_on = preview.after.next_due_on
    bought = [each.in_words for each in preview.part_paid if each.way is not PartialPayments.KEEP]
    return {
        "covers": {
            "value": f"{len(preview.covers)} charge{'' if len(preview.covers) == 1 else 's'}",
            "detail": ", ".join(parts) or "nothing is open",
        },
        "days_past_due": {
            "before": before,
            "value": after,
            "detail": "current" if after == 0 else f"{as_text(preview.after.past_due_cents)} still past due",
            "tone": "good" if after == 0 and before > 0 else "bad" if after else "",
        },
        "next_due": {
            "value": f"{next_on:%a %b %-d}" if next_on else "—",
            "detail": " · ".join([as_text(preview.after.next_due_cents), *bought]) if next_on else "nothing is open",
        },
        "balance_after": {
            "value": as_text(preview.after.balance_cents),
            "detail": f"payoff {as_text(preview.payoff_after_cents)}",
        },
    }
