"""The account that a command names by its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.models import Account


def account_by_number(session: Session, number: str) -> Account:
    """The account with this number or approval number. Raises RuleViolation when there is none, or one in several portfolios."""
    from sqlalchemy import or_, select

    from app.domain.errors import RuleViolation
    from app.models import Account

    matches = or_(Account.account_number == number, Account.approval_id == number)
    found = session.scalars(select(Account).where(matches).order_by(Account.id).limit(3)).all()
    exact = [one for one in found if one.account_number == number] or list(found)
    if not exact:
        raise RuleViolation(f"There is no account {number}.")
    if len(exact) > 1:
        raise RuleViolation(f"Several portfolios have an account {number}.")
    return exact[0]
