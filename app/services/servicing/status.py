"""The one way in which an account's status changes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.servicing.contract import FINANCED
from app.domain.servicing.status import WITHOUT_INTEREST, AccountStatus, may_become
from app.models import Account, ContractFinance, StatusChange
from app.services.payments import replaying
from app.services.servicing import recovery_following, standing
from app.services.staff import audit
from app.services.staff.audit import Actor


def set_status(
    session: Session,
    account: Account,
    *,
    to: AccountStatus,
    reason: str,
    business_on: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> None:
    """Give an account another status, with its reason, its StatusChange row and the audit event.

    Raises RuleViolation when the table of transitions does not allow it.
    """
    if account.status is to:
        return
    if not may_become(account.status, to):
        raise RuleViolation(
            f"An account that is {account.status.label.lower()} cannot become {to.label.lower()}.", field="status"
        )
    session.add(
        StatusChange(
            account_id=account.id,
            from_status=account.status,
            to_status=to,
            at=now,
            business_on=business_on,
            reason=reason,
            by_id=actor.staff_id,
        )
    )
    audit.record(
        session,
        "account status changed",
        now=now,
        actor=actor,
        entity="account",
        entity_id=account.id,
        account_id=account.id,
        before={"status": account.status},
        after={"status": to},
        reason=reason,
    )
    before = account.status
    account.status = to
    if to is AccountStatus.DEFAULT:
        account.default_on = account.default_on or business_on
    if account.contract_type in FINANCED:
        finance = session.get(ContractFinance, account.id)
        if finance is not None:
            stopped_on, finance.stops_on = finance.stops_on, business_on if to in WITHOUT_INTEREST else None
            if stopped_on is not None and finance.stops_on is None:  # The days between are never charged.
                replaying.replay(session, account, from_on=stopped_on, today=business_on, now=now, actor=actor)
    if AccountStatus.RECOVERY in (before, to):
        recovery_following.follow(session, account, before=before, reason=reason, business_on=business_on, now=now, actor=actor)


def change_status(
    session: Session,
    account: Account,
    to: AccountStatus,
    reason: str,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> None:
    """Give the account another status, and its figures and its place in the worklist with it. Raises as `set_status` does."""
    set_status(session, account, to=to, reason=reason, business_on=today, now=now, actor=actor)
    session.flush()
    standing.restate(session, [account.id], today=today)
    session.refresh(account)
