"""Changing an account's status by hand: default, cancel, void, charge off, close, re-open."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentKind, PaymentState
from app.domain.servicing.changes import ENDED_STATUSES, by_hand, is_reopening
from app.domain.servicing.contract import FINANCED
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AccountClosing, Activity, ContractFinance, ContractTerms, Fee, Payment, Setting
from app.services.payments import charging, entries
from app.services.servicing import standing
from app.services.servicing.status import set_status
from app.services.staff import audit
from app.services.staff.audit import Actor

CHARGE_OFF_LIMIT = "charge_off_limit_cents"
"""Setting: above this a charge-off takes a second person."""
CHARGE_OFF_LIMIT_CENTS = 500_00
LONGEST_REASON = 200
RESCINDABLE = frozenset({AccountStatus.ACTIVE, AccountStatus.PENDING_REVIEW})


def change(
    session: Session,
    account_id: int,
    to: AccountStatus,
    *,
    reason: str,
    role: Role,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> bool:
    """Give an account another status by hand; returns False when a second person has to agree first.

    What ends an account keeps what was unpaid, split into fees, rent, interest and principal. Raises RuleViolation with a
    sentence for a change that the statuses, the role or the ledger do not allow.
    """
    account = entries.locked(session, account_id)
    said = reason.strip()
    if not said:
        raise RuleViolation("Say why.", field="reason")
    if len(said) > LONGEST_REASON:
        raise RuleViolation(f"A reason has at most {LONGEST_REASON} characters.", field="reason")
    if to not in by_hand(account.status, role):
        raise RuleViolation(
            f"An account that is {account.status.label.lower()} cannot be made {to.label.lower()} by a {role.label.lower()}.",
            field="status",
        )
    if waiting(session, account_id) is not None:
        raise RuleViolation("A charge-off of this account waits for a second person; decide on it first.")
    if to is AccountStatus.VOID and _has_money(session, account_id):
        raise RuleViolation(
            "Money was taken on this contract, so it cannot be void. Reverse the payments or cancel it.", field="status"
        )
    if to is AccountStatus.CHARGED_OFF and account.balance_cents > charge_off_limit(session):
        _ask_second(session, account, said, now=now, actor=actor)
        return False
    if is_reopening(account.status, to):
        _reopen(session, account, now=now, actor=actor)
    if to in ENDED_STATUSES:
        _end_earlier(session, account.id, now=now, actor=actor)
        closing = _split(session, account, to, said, now=now, actor=actor)
        closing.closed_at, closing.closed_on, closing.closed_by_id = now, today, actor.staff_id
        session.add(closing)
    _become(session, account, to, said, today=today, now=now, actor=actor)
    return True


def waiting(session: Session, account_id: int) -> AccountClosing | None:
    """The charge-off of an account that waits for a second person, if there is one."""
    return session.scalar(
        select(AccountClosing).where(
            AccountClosing.account_id == account_id,
            AccountClosing.closed_at.is_(None),
            AccountClosing.reopened_at.is_(None),
        )
    )


def confirm(session: Session, account_id: int, *, today: dt.date, now: dt.datetime, actor: Actor) -> AccountClosing:
    """Agree to a charge-off that somebody else asked for; what is unpaid is split as it stands now."""
    account = entries.locked(session, account_id)
    closing = _asked(session, account_id)
    if closing.asked_by_id == actor.staff_id:
        raise RuleViolation("A second person has to agree; you asked for it yourself.")
    fresh = _split(session, account, AccountStatus.CHARGED_OFF, closing.reason, now=now, actor=actor)
    for name in ("fees_cents", "rent_cents", "interest_cents", "principal_cents"):
        setattr(closing, name, getattr(fresh, name))
    closing.closed_at, closing.closed_on, closing.closed_by_id = now, today, actor.staff_id
    _become(session, account, AccountStatus.CHARGED_OFF, closing.reason, today=today, now=now, actor=actor)
    return closing


def refuse(session: Session, account_id: int, *, now: dt.datetime, actor: Actor) -> None:
    """Do not agree to a charge-off, or take one's own request back."""
    entries.locked(session, account_id)
    closing = _asked(session, account_id)
    closing.reopened_at, closing.reopened_by_id = now, actor.staff_id
    _note(session, account_id, "Charge-off refused", now=now, actor=actor)
    audit.record(
        session, "charge-off refused", now=now, actor=actor, entity="account", entity_id=account_id, account_id=account_id
    )


def rescind(session: Session, account_id: int, *, reason: str, today: dt.date, now: dt.datetime, actor: Actor) -> Account:
    """Cancel a contract within its time of rescission; no fee of it is left. Anybody may: it is the customer's right.

    Raises RuleViolation after that time. Money that was paid is refunded from the payments themselves.
    """
    account = entries.locked(session, account_id)
    until = rescission_until(session, account)
    if until is None or today > until:
        told = f"ended on {until:%b %-d, %Y}" if until else "was never set"
        raise RuleViolation(f"The time to rescind {told}; a supervisor can cancel the contract.")
    if not reason.strip():
        raise RuleViolation("Say why.", field="reason")
    unpaid = Fee.amount_cents - Fee.paid_cents - Fee.waived_cents
    said = f"Rescinded: {reason.strip()}"[:LONGEST_REASON]
    for fee_id in session.scalars(select(Fee.id).where(Fee.account_id == account_id, unpaid > 0)).all():
        charging.waive(session, fee_id, reason=said, today=today, now=now, actor=actor, role=Role.ADMIN)
    _end_earlier(session, account.id, now=now, actor=actor)
    closing = _split(session, account, AccountStatus.CANCELLED, said, now=now, actor=actor)
    closing.closed_at, closing.closed_on, closing.closed_by_id = now, today, actor.staff_id
    session.add(closing)
    _become(session, account, AccountStatus.CANCELLED, said, today=today, now=now, actor=actor)
    return account


def rescission_until(session: Session, account: Account) -> dt.date | None:
    """The last day on which the customer may rescind; None when the contract names none or is past that."""
    if account.status not in RESCINDABLE:
        return None
    return session.scalar(select(ContractTerms.rescission_on).where(ContractTerms.account_id == account.id))


def charge_off_limit(session: Session) -> int:
    """Cents that one person may charge off alone."""
    kept = session.scalar(select(Setting.value).where(Setting.name == CHARGE_OFF_LIMIT))
    return CHARGE_OFF_LIMIT_CENTS if kept is None else int(kept)


def _asked(session: Session, account_id: int) -> AccountClosing:
    closing = waiting(session, account_id)
    if closing is None:
        raise RuleViolation("No charge-off of this account waits for a second person.")
    return closing


def _has_money(session: Session, account_id: int) -> bool:
    money = exists().where(
        Payment.account_id == account_id, Payment.kind == PaymentKind.PAYMENT, Payment.state == PaymentState.COMPLETE
    )
    return bool(session.scalar(select(money)))


def _ask_second(session: Session, account: Account, reason: str, *, now: dt.datetime, actor: Actor) -> None:
    _end_earlier(session, account.id, now=now, actor=actor)
    session.add(_split(session, account, AccountStatus.CHARGED_OFF, reason, now=now, actor=actor))
    session.flush()
    _note(
        session,
        account.id,
        f"Charge-off of {as_text(account.balance_cents)} asked for, a second person has to agree: {reason}",
        now=now,
        actor=actor,
    )
    audit.record(
        session,
        "charge-off asked for",
        now=now,
        actor=actor,
        entity="account",
        entity_id=account.id,
        account_id=account.id,
        after={"balance_cents": account.balance_cents},
        reason=reason,
    )


def _split(
    session: Session, account: Account, to: AccountStatus, reason: str, *, now: dt.datetime, actor: Actor
) -> AccountClosing:
    """What is unpaid now, by what it is."""
    fees, rest = account.fees_cents, max(0, account.balance_cents - account.fees_cents)
    interest = principal = 0
    if account.contract_type in FINANCED:
        finance = session.get(ContractFinance, account.id)
        interest = min(rest, finance.interest_open_cents) if finance else 0
        rest, principal = 0, rest - interest
    return AccountClosing(
        account_id=account.id,
        status=to,
        reason=reason,
        fees_cents=fees,
        rent_cents=rest,
        interest_cents=interest,
        principal_cents=principal,
        asked_at=now,
        asked_by_id=actor.staff_id,
    )


def _end_earlier(session: Session, account_id: int, *, now: dt.datetime, actor: Actor) -> None:
    """A closing that another one follows, or that ends with a re-opening, is the current one no more."""
    earlier = session.scalar(
        select(AccountClosing).where(AccountClosing.account_id == account_id, AccountClosing.reopened_at.is_(None))
    )
    if earlier is not None:
        earlier.reopened_at, earlier.reopened_by_id = now, actor.staff_id
        session.flush()


def _reopen(session: Session, account: Account, *, now: dt.datetime, actor: Actor) -> None:
    _end_earlier(session, account.id, now=now, actor=actor)
    account.closed_on = account.closed_reason = None


def _become(
    session: Session, account: Account, to: AccountStatus, reason: str, *, today: dt.date, now: dt.datetime, actor: Actor
) -> None:
    before = account.status
    set_status(session, account, to=to, reason=reason, business_on=today, now=now, actor=actor)
    if to in ENDED_STATUSES:
        account.closed_on, account.closed_reason = today, reason[:80]
    _note(session, account.id, f"{before.label} → {to.label}: {reason}", now=now, actor=actor)
    standing.restate(session, [account.id], today=today)
    session.refresh(account)


def _note(session: Session, account_id: int, summary: str, *, now: dt.datetime, actor: Actor) -> None:
    session.add(Activity(account_id=account_id, kind=ActivityKind.STATUS, at=now, summary=summary[:300], staff_id=actor.staff_id))
