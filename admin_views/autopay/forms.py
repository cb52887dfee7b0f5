"""Forms of AutoPay."""

from __future__ import annotations

import datetime as dt

from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField, TimeField
from wtforms.validators import InputRequired, Length, Regexp

from app.domain.autopay.amounts import AmountRule
from app.domain.autopay.batches import BatchKind
from app.domain.autopay.retries import RetryRules
from app.domain.autopay.settings import AutopaySettings
from app.domain.errors import RuleViolation

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class RunForm(FlaskForm):
    """Which batch is started."""

    kind = SelectField("Type", choices=BatchKind.choices(), default=BatchKind.DAILY.value)


class WhyForm(FlaskForm):
    """Why something is done."""

    reason = StringField("Reason", [InputRequired("Say why."), Length(max=250)])


class NothingForm(FlaskForm):
    """Nothing but the token."""


class SettingsForm(FlaskForm):
    """How cards are charged."""

    amount_rule = SelectField("Amount", choices=AmountRule.choices(), description="Never more than the payoff.")
    runs_at = TimeField("Starts at", [InputRequired("Enter a time.")], description="In the business time zone.")
    cut_off = TimeField("No charge later than", [InputRequired("Enter a time.")])
    concurrency = IntegerField(
        "Charges at once", [InputRequired("Enter a number.")], description="By each of the workers that share a batch."
    )
    tries_per_installment = IntegerField("Tries per installment", [InputRequired("Enter a number.")])
    declines_per_card = IntegerField(
        "Declines per card", [InputRequired("Enter a number.")], description="Within 30 days; then the card is left alone."
    )
    funds_tries = IntegerField("Tries for want of funds", [InputRequired("Enter a number.")])
    funds_within_days = IntegerField("Within days", [InputRequired("Enter a number.")])
    generic_tries = IntegerField(
        "Tries after a plain decline", [InputRequired("Enter a number.")], description="The next one after 72 hours."
    )
    payday_weekday = SelectField("Payday", choices=[("", "None"), *((str(number), name) for number, name in enumerate(WEEKDAYS))])
    payday_days = StringField("Paydays of the month", description="Parted by commas; one on a weekend is paid on Friday.")
    notice_days = IntegerField("Notice days before", [InputRequired("Enter a number.")])

    @classmethod
    def of(cls, settings: AutopaySettings) -> SettingsForm:
        """The form as it is set."""
        retries = settings.retries
        return cls(
            data={
                "amount_rule": settings.amount_rule.value,
                "runs_at": settings.runs_at,
                "cut_off": settings.cut_off,
                "concurrency": settings.concurrency,
                "tries_per_installment": settings.tries_per_installment,
                "declines_per_card": settings.declines_per_card,
                "funds_tries": retries.funds_tries,
                "funds_within_days": retries.funds_within_days,
                "generic_tries": retries.generic_tries,
                "payday_weekday": "" if retries.payday_weekday is None else str(retries.payday_weekday),
                "payday_days": ", ".join(map(str, retries.payday_days)),
                "notice_days": settings.notice_days,
            }
        )

    def read(self) -> AutopaySettings:
        """What was typed. Raises RuleViolation for paydays that are no numbers."""
        words = [word.strip() for word in (self.payday_days.data or "").split(",") if word.strip()]
        if not all(word.isdigit() for word in words):
            raise RuleViolation("Paydays are days of the month, 1 to 31, parted by commas.", field="payday_days")
        return AutopaySettings(
            runs_at=self.runs_at.data or dt.time(6),
            cut_off=self.cut_off.data or dt.time(20),
            amount_rule=AmountRule(self.amount_rule.data),
            concurrency=self.concurrency.data or 0,
            tries_per_installment=self.tries_per_installment.data or 0,
            declines_per_card=self.declines_per_card.data or 0,
            notice_days=self.notice_days.data or 0,
            retries=RetryRules(
                funds_tries=self.funds_tries.data or 0,
                funds_within_days=self.funds_within_days.data or 0,
                generic_tries=self.generic_tries.data or 0,
                payday_weekday=int(self.payday_weekday.data) if self.payday_weekday.data else None,
                payday_days=tuple(int(word) for word in words),
            ),
        )


class NotChargedForm(FlaskForm):
    """A supervisor found out that nothing was taken."""

    reason = TextAreaField("How do you know", [InputRequired("Say how you know."), Length(max=250)], render_kw={"rows": 3})


class AsTakenForm(FlaskForm):
    """A supervisor accepts what Square took. `seen` is what they saw of it, in cents."""

    seen = HiddenField(validators=[InputRequired("Look at what Square has first."), Regexp(r"^\d{1,12}$")])
    then = RadioField(
        "And then",
        choices=[("keep", "Keep it: what is too much stands as credit"), ("refund", "Refund what is too much to the card")],
        default="keep",
    )
    reason = TextAreaField("Reason", [InputRequired("Say why it is booked so."), Length(max=180)], render_kw={"rows": 3})


class PutRightForm(FlaskForm):
    """What was done about a refund that the ledger could not take."""

    reason = TextAreaField(
        "What was done", [InputRequired("Say what was done about it."), Length(max=180)], render_kw={"rows": 3}
    )


class ResolveForm(FlaskForm):
    """What was done about a break."""

    how = TextAreaField("What was done", [InputRequired("Say what was done about it."), Length(max=280)], render_kw={"rows": 3})
