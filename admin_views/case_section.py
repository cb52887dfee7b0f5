"""Returns, recoveries and disputes on the Account page: what there is, and what may begin."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.domain.servicing.returns import MAY_BE_RETURNED, OPEN_RETURNS
from app.domain.servicing.status import AccountStatus, may_become
from app.domain.words import Word
from app.models import Account
from app.queries.servicing import cases
from app.queries.servicing.cases import Case

TONES = {
    "initiated": "open",
    "label": "info",
    "received": "warn",
    "inspected": "info",
    "restocked": "good",
    "open": "warn",
    "recovered": "good",
    "lost": "bad",
    "settled": "good",
    "under_review": "info",
    "upheld": "good",
}
"""The mark before each state that is not over and done."""

PLURALS = {"return": "returns", "recovery": "recoveries", "dispute": "disputes"}


def case_section(session: Session, account: Account) -> dict[str, Any]:
    """`cases` and `case_starts`, as the template uses them."""
    found = cases.of_account(session, account.id)
    return {"cases": [_line(one) for one in found], "case_starts": _starts(account, found)}


def _line(one: Case) -> dict[str, Any]:
    return {
        "url": f"/admin/{PLURALS[one.kind]}/{one.id}",
        "what": one.kind.capitalize(),
        "began_on": one.began_on,
        "until_on": one.until_on,
        "state": one.state.label,
        "tone": TONES.get(one.state.value, "mute"),
        "about": one.about,
    }


def _starts(account: Account, found: list[Case]) -> list[dict[str, str | None]]:
    """What may begin on this account; what may not says why."""
    open_returns: frozenset[Word] = frozenset(OPEN_RETURNS)
    status = account.status.label.lower()
    no_return = no_recovery = no_dispute = None
    if account.status not in MAY_BE_RETURNED:
        no_return = f"account is {status}"
    elif account.device_id is None:
        no_return = "no device"
    elif any(one.state in open_returns and one.kind == "return" for one in found):
        no_return = "under way"
    if account.status is AccountStatus.RECOVERY:
        no_recovery = "under way"
    elif not may_become(account.status, AccountStatus.RECOVERY):
        no_recovery = f"account is {status}"
    if account.status is AccountStatus.VOID:
        no_dispute = "account is void"
    return [
        {"route": "start_return", "label": "Return", "icon": "box-seam", "why_not": no_return},
        {"route": "start_recovery", "label": "Recovery", "icon": "arrow-counterclockwise", "why_not": no_recovery},
        {"route": "open_dispute", "label": "Dispute", "icon": "shield-exclamation", "why_not": no_dispute},
    ]
