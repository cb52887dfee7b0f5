"""How this company takes money: when it counts, from when late fees are charged, how much each role may move."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import MANUAL_METHODS, PaymentMethod
from app.domain.payments.limits import Act, as_kept, limit_of, settings_from
from app.domain.staff.roles import Role
from app.models import Setting
from app.queries.payments import settings as questions
from app.queries.payments.late_fees import LATE_FEES_AFTER
from app.services.portfolio.settings import keep
from app.services.staff import audit
from app.services.staff.audit import Actor

LIMITED_ROLES = (Role.COLLECTOR, Role.SUPERVISOR, Role.MANAGER)
"""Whose limits are set; an admin has a manager's."""
MOST_CENTS = 100_000_00
FARTHEST_DAYS = 366


def late_fees_after(session: Session) -> dt.date | None:
    """The last day without late fees; None when every account has them from the day it came."""
    kept = session.scalar(select(Setting.value).where(Setting.name == LATE_FEES_AFTER))
    return None if kept is None else dt.date.fromisoformat(kept)


def change_times(
    session: Session,
    *,
    settles_later: Iterable[PaymentMethod],
    settles_at: dt.time,
    cut_off: dt.time,
    late_fees_after_on: dt.date | None,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> bool:
    """Set when money counts and from when late fees are charged; returns whether anything was different.

    What is processing already keeps its day. Fees that were charged stay.
    """
    later = frozenset(settles_later)
    if later - MANUAL_METHODS - {PaymentMethod.ACH}:
        raise RuleViolation("Choose among the methods that are listed.", field="settles_later")
    if cut_off > settles_at:
        raise RuleViolation("The cut-off cannot be later than the settlement run.", field="cut_off")
    if late_fees_after_on is not None and late_fees_after_on > today + dt.timedelta(days=FARTHEST_DAYS):
        raise RuleViolation("That is more than a year ahead; the year was mistyped.", field="late_fees_after")
    values = {
        "settles_later": sorted(method.value for method in later),
        "settles_at": settles_at.isoformat("minutes"),
        "cut_off": cut_off.isoformat("minutes"),
    }
    fees = late_fees_after_on.isoformat() if late_fees_after_on else None
    return _change(session, values, fees, "payment times changed", now=now, actor=actor)


def change_limits(session: Session, limits: Mapping[Act, Mapping[Role, int | None]], *, now: dt.datetime, actor: Actor) -> bool:
    """Set how many cents each role may move in one entry, None for any amount; returns whether anything was different."""
    for act, by_role in limits.items():
        for role, cents in by_role.items():
            if cents is not None and not 0 <= cents <= MOST_CENTS:
                raise RuleViolation("Enter an amount from $0.00 to $100,000.00, or nothing for any.", field=field_of(act, role))
        for below, above in itertools.pairwise(LIMITED_ROLES):
            least, most = limit_of(below, by_role), limit_of(above, by_role)
            if most is not None and (least is None or least > most):
                raise RuleViolation(
                    f"A {above.label.lower()} cannot have less than a {below.label.lower()}.", field=field_of(act, above)
                )
    values = {"limits": {act.value: {role.value: cents for role, cents in by_role.items()} for act, by_role in limits.items()}}
    fees = late_fees_after(session)
    return _change(session, values, fees.isoformat() if fees else None, "money limits changed", now=now, actor=actor)


def field_of(act: Act, role: Role) -> str:
    """The name of a limit's field."""
    return f"{act.value}_{role.value}"


def _change(
    session: Session, values: Mapping[str, Any], fees: str | None, action: str, *, now: dt.datetime, actor: Actor
) -> bool:
    """Put values over what holds, keep them and write down what is different."""
    settings, fees_before = questions.payment_settings(session), late_fees_after(session)
    before = as_kept(settings) | {LATE_FEES_AFTER: fees_before.isoformat() if fees_before else None}
    after = as_kept(settings_from(as_kept(settings) | dict(values))) | {LATE_FEES_AFTER: fees}
    if before == after:
        return False
    keep(session, questions.NAME, {name: value for name, value in after.items() if name != LATE_FEES_AFTER}, now=now, actor=actor)
    keep(session, LATE_FEES_AFTER, fees, now=now, actor=actor)
    different = [name for name in after if before[name] != after[name]]
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity="setting",
        before={name: before[name] for name in different},
        after={name: after[name] for name in different},
    )
    return True
