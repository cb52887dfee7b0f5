"""What every entry of the ledger has in common: it is replayed, its account's status follows, it is told and audited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind, FollowUpKind, FollowUpStatus
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing.contract import OPEN_ENDED
from app.domain.servicing.status import AccountStatus, may_become, standing
from app.models import Account, Activity, FollowUp, Payment, StatusChange
from app.services.collections import promises
from app.services.payments import replaying
from app.services.servicing import settlements
from app.services.servicing.status import set_status
from app.services.staff import audit
from app.services.staff.audit import Actor

GIVE_BACK = "Give credit back:"
"""A follow-up that begins so asks for a refund of what was paid too much."""


def locked(session: Session, account_id: int) -> Account:
    """The account with its row lock: whoever changes its money has this first."""
    return session.scalars(
        select(Account).where(Account.id == account_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def demand_reason(reason: str | None, what: str) -> str:
    """The reason without blanks around it; RuleViolation when there is none."""
    if not (reason or "").strip():
        raise RuleViolation(f"Say why {what}.", field="reason")
    return (reason or "").strip()


def standing_now(account: Account) -> dict[str, Any]:
    """The time-of-transaction record of a payment: how the account stands at this moment."""
    return {
        "tot_status": standing(account.status, account.days_past_due),
        "tot_past_due_cents": account.past_due_cents,
        "tot_days_past_due": account.days_past_due,
    }


def follow_through(
    session: Session,
    account: Account,
    *,
    from_on: dt.date,
    summary: str,
    action: str,
    entity: str,
    entity_id: int,
    told: Mapping[str, Any],
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    reason: str | None = None,
    earns_fees: bool = True,
) -> None:
    """Replay from a day on, then promises, status, timeline and audit."""
    before = {"balance_cents": account.balance_cents, "days_past_due": account.days_past_due}
    replaying.replay(session, account, from_on=from_on, today=today, now=now, actor=actor, earns_fees=earns_fees)
    promises.keep(session, account.id, today=today, now=now, actor=actor)
    settlements.follow(session, account, today=today, now=now, actor=actor)
    _follow_status(session, account, today=today, now=now, actor=actor)
    _ask_for_refund(session, account, now=now, actor=actor)
    session.add(
        Activity(account_id=account.id, kind=ActivityKind.PAYMENT, at=now, summary=summary[:500], staff_id=actor.staff_id)
    )
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity=entity,
        entity_id=entity_id,
        account_id=account.id,
        before=before,
        after={"balance_cents": account.balance_cents, "days_past_due": account.days_past_due, **told},
        reason=reason,
    )
    session.flush()


def told_of(payment: Payment) -> dict[str, Any]:
    """What the audit trail keeps of a payment."""
    return {"amount_cents": payment.amount_cents, "method": payment.method, "effective_on": payment.effective_on}


def _follow_status(session: Session, account: Account, *, today: dt.date, now: dt.datetime, actor: Actor) -> None:
    """Nothing owed: paid off. Owed again: back to what it was.

    A credit line, or a customer with invoices, stays open at a balance of 0.
    """
    if account.contract_type in OPEN_ENDED:
        return
    given: dict[str, Any] = {"business_on": today, "now": now, "actor": actor}
    if account.status is AccountStatus.PAID_OFF and account.balance_cents > 0:
        back_to = session.scalar(
            select(StatusChange.from_status)
            .where(StatusChange.account_id == account.id, StatusChange.to_status == AccountStatus.PAID_OFF)
            .order_by(StatusChange.id.desc())
            .limit(1)
        )
        to = back_to if back_to is not None and may_become(AccountStatus.PAID_OFF, back_to) else AccountStatus.ACTIVE
        set_status(session, account, to=to, reason="The payment that paid it off was reversed", **given)
        account.closed_on = None
    elif (
        account.balance_cents == 0
        and account.status not in (AccountStatus.PAID_OFF, AccountStatus.PENDING_REVIEW)
        and may_become(account.status, AccountStatus.PAID_OFF)
    ):
        set_status(session, account, to=AccountStatus.PAID_OFF, reason="Paid in full", **given)
        account.closed_on = today


def _ask_for_refund(session: Session, account: Account, *, now: dt.datetime, actor: Actor) -> None:
    """Keep one open follow-up for credit beyond the payoff, and none when there is no such credit."""
    waiting = session.scalars(
        select(FollowUp).where(
            FollowUp.account_id == account.id,
            FollowUp.status == FollowUpStatus.OPEN,
            FollowUp.kind == FollowUpKind.REVIEW,
            FollowUp.note.startswith(GIVE_BACK),
        )
    ).first()
    is_beyond = account.credit_cents > 0 and account.balance_cents == 0 and account.contract_type not in OPEN_ENDED
    note = f"{GIVE_BACK} {as_text(account.credit_cents)} more was paid than was owed."
    if is_beyond and waiting is None:
        session.add(
            FollowUp(
                account_id=account.id,
                kind=FollowUpKind.REVIEW,
                due_at=now,
                is_due=True,
                note=note,
                created_at=now,
                created_by_id=actor.staff_id,
            )
        )
    elif is_beyond and waiting is not None:
        waiting.note = note
    elif waiting is not None:
        waiting.status = FollowUpStatus.DONE
        waiting.closed_at, waiting.closed_by_id = now, actor.staff_id
