"""How this company charges cards (editable settings)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from app.domain.autopay.amounts import AmountRule
from app.domain.autopay.retries import RetryRules
from app.domain.errors import RuleViolation

MOST_AT_ONCE = 64
LOCKED_BECAUSE_RESTORED = (
    "Square has charges of ours that this database does not know: it was restored from a backup. Reconcile with Square, book "
    "what is missing, then unlock AutoPay under AutoPay Management → Configuration."
)


@dataclass(frozen=True, slots=True)
class AutopaySettings:
    """Whether, when, how much and how often cards are charged by themselves."""

    is_on: bool = False
    """The scheduler: whether batches start by themselves. Two people switch it on."""
    asked_by_id: int | None = None
    """Who asked for it to be switched on; somebody else has to agree."""
    locked_because: str | None = None
    """Why no batch at all is started: nobody knows what was charged already."""
    runs_at: time = time(6, 0)
    """Business time at which the day's batch starts."""
    cut_off: time = time(20, 0)
    """No batch begins a charge later than this: nobody is charged in the night."""
    amount_rule: AmountRule = AmountRule.PAST_DUE
    concurrency: int = 16
    """Charges that one worker has under way at once."""
    tries_per_installment: int = 4
    declines_per_card: int = 8
    """Declines of one card within 30 days, after which it is left alone."""
    notice_days: int = 1
    """Days before a charge on which the customer is told."""
    retries: RetryRules = field(default_factory=RetryRules)


def settings_from(kept: Mapping[str, Any]) -> AutopaySettings:
    """The settings as a row keeps them, over the defaults.

    >>> settings_from({"runs_at": "05:30", "amount_rule": "due"}).runs_at
    datetime.time(5, 30)
    """
    default = AutopaySettings()
    rules = kept.get("retries", {})
    given = {
        name: rules[name] for name in ("funds_tries", "funds_within_days", "generic_tries", "payday_weekday") if name in rules
    }
    if "payday_days" in rules:
        given["payday_days"] = tuple(rules["payday_days"])
    return AutopaySettings(
        is_on=bool(kept.get("is_on", default.is_on)),
        asked_by_id=kept.get("asked_by_id"),
        locked_because=kept.get("locked_because"),
        runs_at=time.fromisoformat(kept.get("runs_at", default.runs_at.isoformat())),
        cut_off=time.fromisoformat(kept.get("cut_off", default.cut_off.isoformat())),
        amount_rule=AmountRule(kept.get("amount_rule", default.amount_rule.value)),
        concurrency=int(kept.get("concurrency", default.concurrency)),
        tries_per_installment=int(kept.get("tries_per_installment", default.tries_per_installment)),
        declines_per_card=int(kept.get("declines_per_card", default.declines_per_card)),
        notice_days=int(kept.get("notice_days", default.notice_days)),
        retries=RetryRules(**given),
    )


def kept_of(settings: AutopaySettings) -> dict[str, Any]:
    """The settings as a row keeps them.

    >>> settings_from(kept_of(AutopaySettings(is_on=True))) == AutopaySettings(is_on=True)
    True
    """
    return {
        "is_on": settings.is_on,
        "asked_by_id": settings.asked_by_id,
        "locked_because": settings.locked_because,
        "runs_at": settings.runs_at.isoformat(timespec="minutes"),
        "cut_off": settings.cut_off.isoformat(timespec="minutes"),
        "amount_rule": settings.amount_rule.value,
        "concurrency": settings.concurrency,
        "tries_per_installment": settings.tries_per_installment,
        "declines_per_card": settings.declines_per_card,
        "notice_days": settings.notice_days,
        "retries": {
            "funds_tries": settings.retries.funds_tries,
            "funds_within_days": settings.retries.funds_within_days,
            "generic_tries": settings.retries.generic_tries,
            "payday_weekday": settings.retries.payday_weekday,
            "payday_days": list(settings.retries.payday_days),
        },
    }


def check(settings: AutopaySettings) -> None:
    """Refuse settings that cannot be; the sentence names the field.

    >>> check(AutopaySettings())
    """
    for name, value, least, most in (
        ("concurrency", settings.concurrency, 1, MOST_AT_ONCE),
        ("tries_per_installment", settings.tries_per_installment, 1, 12),
        ("declines_per_card", settings.declines_per_card, 1, 30),
        ("notice_days", settings.notice_days, 0, 14),
        ("funds_tries", settings.retries.funds_tries, 1, 12),
        ("funds_within_days", settings.retries.funds_within_days, 1, 60),
        ("generic_tries", settings.retries.generic_tries, 1, 4),
    ):
        if not least <= value <= most:
            raise RuleViolation(f"Enter a number from {least} to {most}.", field=name)
    if settings.cut_off <= settings.runs_at:
        raise RuleViolation("The last charge has to be later than the start.", field="cut_off")
    if any(not 1 <= day <= 31 for day in settings.retries.payday_days):
        raise RuleViolation("Paydays are days of the month, 1 to 31, parted by commas.", field="payday_days")


def is_expired(expires_year: int, expires_month: int, on: date) -> bool:
    """Whether a card's last month is over: it is good until the end of it.

    >>> is_expired(2026, 11, date(2026, 11, 30)), is_expired(2026, 11, date(2026, 12, 1))
    (False, True)
    """
    return (expires_year, expires_month) < (on.year, on.month)
