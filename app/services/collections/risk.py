"""The points of signals and the bands of risk: what people enter, and the score of every account by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.collections.signals import BAD, Risk
from app.domain.errors import RuleViolation
from app.models import AccountBehavior, Base, RiskBand, SignalWeight
from app.queries.collections import behaviour
from app.services.collections.day import signals
from app.services.portfolio import records
from app.services.staff.audit import Actor

AT_ONCE = 100_000
"""Accounts that are scored again while somebody waits; a larger book is scored again by the end of day."""
MOST_POINTS = 100


def create(session: Session, model: type[Base], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Base:
    """Raises RuleViolation: every kind of signal and every risk has its row."""
    raise RuleViolation("Each of these is there already.")


def change_points(
    session: Session, row: Base, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Give a kind of signal other points. Raises RuleViolation for points with the wrong sign or beyond measure."""
    assert isinstance(row, SignalWeight)
    points = values.get("points")
    low, high = (0, MOST_POINTS) if row.kind in BAD else (-MOST_POINTS, 0)
    if points is None or not low <= int(points) <= high:
        raise RuleViolation(f"“{row.kind.label}” has points from {low} to {high}.", field="points")
    return _changed(session, row, values, version=version, now=now, actor=actor)


def change_band(
    session: Session, row: Base, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Let a risk begin at another score. Raises RuleViolation where the bands would not rise, or low would not begin at 0."""
    assert isinstance(row, RiskBand)
    given = values.get("from_score")
    if given is None:
        raise RuleViolation("Enter the score from which it begins.", field="from_score")
    bands = behaviour.bands(session) | {row.risk: int(given)}
    if bands[Risk.LOW] != 0:
        raise RuleViolation("Low begins at 0: every account has a risk.", field="from_score")
    if not bands[Risk.LOW] < bands[Risk.MEDIUM] < bands[Risk.HIGH] <= 1_000:
        raise RuleViolation("Medium begins above low, and high above medium.", field="from_score")
    return _changed(session, row, values, version=version, now=now, actor=actor)


def _changed(
    session: Session, row: Base, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    is_other = records.change(session, row, values, version=version, now=now, actor=actor)
    if is_other:
        number, first, last = session.execute(
            select(func.count(), func.min(AccountBehavior.account_id), func.max(AccountBehavior.account_id))
        ).one()
        if 0 < number <= AT_ONCE:
            signals.rescore(session, first=first, last=last)
            session.expire_all()
    return is_other
