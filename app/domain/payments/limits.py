"""Who may move how much without money moving, and when money that takes its time counts (editable settings)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentMethod
from app.domain.staff.roles import Role
from app.domain.words import Word

ANY = None
"""No limit."""


class Act(Word):
    """What has a limit by role."""

    WAIVE = "waive", "Waive"
    CHARGE = "charge", "Charge"
    ADJUST = "adjust", "Adjust"
    REFUND = "refund", "Refund"


LIMITS: Mapping[Act, Mapping[Role, int | None]] = MappingProxyType(
    {
        Act.WAIVE: {Role.COLLECTOR: 1_000, Role.SUPERVISOR: 10_000, Role.MANAGER: ANY},
        Act.CHARGE: {Role.COLLECTOR: 0, Role.SUPERVISOR: 10_000, Role.MANAGER: ANY},
        Act.ADJUST: {Role.COLLECTOR: 0, Role.SUPERVISOR: 10_000, Role.MANAGER: ANY},
        Act.REFUND: {Role.COLLECTOR: 0, Role.SUPERVISOR: 50_000, Role.MANAGER: ANY},
    }
)
"""Cents that a role may move in one entry; a role that is not named has the limit of the one below it."""


@dataclass(frozen=True, slots=True)
class PaymentSettings:
    """How this company takes money."""

    limits: Mapping[Act, Mapping[Role, int | None]] = field(default_factory=lambda: LIMITS)
    settles_later: frozenset[PaymentMethod] = frozenset({PaymentMethod.CHECK, PaymentMethod.ACH})
    """Methods whose payments are processing until the settlement run; all others count at once."""
    settles_at: time = time(21, 0)
    cut_off: time = time(15, 0)
    """What comes in later than this waits for the settlement run of the next day."""


def settings_from(kept: Mapping[str, Any]) -> PaymentSettings:
    """The settings as a row keeps them, over the defaults.

    >>> settings_from({"cut_off": "16:30", "limits": {"waive": {"collector": 500}}}).cut_off
    datetime.time(16, 30)
    >>> settings_from({"limits": {"waive": {"collector": 500}}}).limits[Act.WAIVE][Role.COLLECTOR]
    500
    """
    given = kept.get("limits", {})
    limits = {act: {**LIMITS[act], **{Role(role): cents for role, cents in given.get(act.value, {}).items()}} for act in Act}
    default = PaymentSettings()
    return PaymentSettings(
        limits=limits,
        settles_later=frozenset(map(PaymentMethod, kept.get("settles_later", default.settles_later))),
        settles_at=time.fromisoformat(kept.get("settles_at", default.settles_at.isoformat())),
        cut_off=time.fromisoformat(kept.get("cut_off", default.cut_off.isoformat())),
    )


def as_kept(settings: PaymentSettings) -> dict[str, Any]:
    """The settings as a row keeps them; `settings_from` reads them back.

    >>> settings_from(as_kept(PaymentSettings())) == PaymentSettings()
    True
    """
    return {
        "limits": {act.value: {role.value: cents for role, cents in by.items()} for act, by in settings.limits.items()},
        "settles_later": sorted(method.value for method in settings.settles_later),
        "settles_at": settings.settles_at.isoformat("minutes"),
        "cut_off": settings.cut_off.isoformat("minutes"),
    }


def limit_of(role: Role, limits: Mapping[Role, int | None]) -> int | None:
    """The most cents that a role may move in one entry; None for any amount.

    >>> limit_of(Role.ADMIN, LIMITS[Act.WAIVE]), limit_of(Role.COLLECTOR, LIMITS[Act.WAIVE])
    (None, 1000)
    """
    below = [each for each in Role if role.includes(each) and each in limits]
    return limits[below[-1]] if below else 0


def demand_within(act: Act, role: Role, cents: int, settings: PaymentSettings, *, field: str = "amount") -> None:
    """Refuse an amount that is above a role's limit; the sentence names the limit and who may do it.

    >>> demand_within(Act.WAIVE, Role.COLLECTOR, 1_000, PaymentSettings())
    """
    limit = limit_of(role, settings.limits[act])
    if limit is None or cents <= limit:
        return
    may = next((each for each in Role if _covers(limit_of(each, settings.limits[act]), cents)), Role.ADMIN)
    upto = f"up to {as_text(limit)}" if limit else "nothing of this kind"
    raise RuleViolation(
        f"A {role.label.lower()} may {act.label.lower()} {upto}; {as_text(cents)} needs a {may.label.lower()}.", field=field
    )


def _covers(limit: int | None, cents: int) -> bool:
    return limit is None or cents <= limit


def settlement_on(received: datetime, business_on: date, settings: PaymentSettings) -> date:
    """The business date whose settlement run takes up a payment that came in at this local time.

    >>> settings = PaymentSettings()
    >>> [settlement_on(datetime(2026, 11, 20, hour), date(2026, 11, 20), settings).day for hour in (14, 15, 16)]
    [20, 21, 21]
    """
    return business_on if received.time() < settings.cut_off else business_on + timedelta(days=1)
