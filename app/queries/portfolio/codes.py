"""Portfolios by the codes that people type, and the time zones in which they live."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.models import Account, Portfolio


def portfolio_ids(session: Session, codes: Iterable[str]) -> list[int]:
    """The ids of these codes, in any case of letters. Raises RuleViolation naming one that does not exist."""
    known = {code.lower(): row_id for code, row_id in session.execute(select(Portfolio.code, Portfolio.id))}
    for code in codes:
        if code.lower() not in known:
            raise RuleViolation(f"There is no portfolio with the code {code}.", field="portfolio")
    return [known[code.lower()] for code in codes]


def zones(session: Session) -> list[str]:
    """The time zones of the portfolios that have accounts, each once."""
    has_accounts = exists().where(Account.portfolio_id == Portfolio.id)
    return sorted(session.scalars(select(Portfolio.time_zone).where(has_accounts).distinct()))
