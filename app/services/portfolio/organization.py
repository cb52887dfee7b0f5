"""Portfolios, companies, regions, offices, dealers: a hierarchy in which nobody's parent belongs to another portfolio."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.models import Account, Base, Company, Dealer, Office, Portfolio, Region
from app.services.portfolio import records
from app.services.staff.audit import Actor

CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,19}")
LARGEST_TOLERANCE_CENTS = 10_000

_ACCOUNT_COLUMN: dict[type[Base], Any] = {
    Portfolio: Account.portfolio_id,
    Company: Account.company_id,
    Region: Account.region_id,
    Office: Account.office_id,
    Dealer: Account.dealer_id,
}


def create(session: Session, model: type[Base], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Base:
    """Add a part of the organisation; its portfolio follows from its parent."""
    return records.create(session, model, _completed(model, values), now=now, actor=actor)


def change(
    session: Session, row: Base, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Change a part of the organisation. One that has accounts does not move to another portfolio."""
    completed = _completed(type(row), values)
    portfolio = completed.get("portfolio")
    if portfolio is not None and portfolio is not getattr(row, "portfolio", portfolio):
        theirs = select(Account.id).where(_ACCOUNT_COLUMN[type(row)] == records.id_of(row))
        if session.execute(theirs.limit(1)).first() is not None:
            raise RuleViolation("It has accounts, so it stays in its portfolio.", field=_parent_field(type(row)))
    return records.change(session, row, completed, version=version, now=now, actor=actor)


def remove(session: Session, row: Base, *, now: dt.datetime, actor: Actor) -> None:
    """Remove a part of the organisation to which nothing belongs."""
    records.remove(session, row, now=now, actor=actor)


def _parent_field(model: type[Base]) -> str:
    return {Region: "company", Office: "region"}.get(model, "portfolio")


def _completed(model: type[Base], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with their codes in capitals and the portfolio of their parent. Raises RuleViolation for what does not fit."""
    given = dict(values)
    code = str(given.get("code") or "").strip().upper()
    if not CODE.fullmatch(code):
        raise RuleViolation("A code has letters, digits, - and _, at most 20 of them.", field="code")
    given["code"] = code
    given["name"] = " ".join(str(given.get("name") or "").split())
    if not given["name"]:
        raise RuleViolation("Give it a name.", field="name")
    if model is Portfolio:
        _check_portfolio(given)
    elif model is Region:
        given["portfolio"] = given["company"].portfolio
    elif model is Office:
        given["portfolio"] = given["region"].portfolio
    elif model is Dealer and given.get("office") is not None and given["office"].portfolio is not given["portfolio"]:
        raise RuleViolation("That office belongs to another portfolio.", field="office")
    return given


def _check_portfolio(given: Mapping[str, Any]) -> None:
    if not re.fullmatch(r"[A-Z]{3}", str(given.get("currency") or "")):
        raise RuleViolation("A currency has three capital letters, such as USD.", field="currency")
    try:
        ZoneInfo(str(given.get("time_zone") or ""))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise RuleViolation("That is no time zone; America/New_York is one.", field="time_zone") from error
    if not 0 <= int(given.get("tolerance_cents") or 0) <= LARGEST_TOLERANCE_CENTS:
        raise RuleViolation("The tolerance is between $0.00 and $100.00.", field="tolerance_cents")
