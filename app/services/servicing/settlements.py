"""Settling an account: the agreed amount has come, the rest is forgiven, the account is closed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentKind, PaymentState
from app.domain.servicing.arrangements import WAITING_STATES, ArrangementKind, ArrangementState, Terms
from app.domain.servicing.charges import AdjustmentKind
from app.domain.servicing.contract import FINANCED
from app.domain.servicing.status import AccountStatus, may_become
from app.models import Account, AccountClosing, Activity, Adjustment, Arrangement, ContractFinance, Payment
from app.services.payments import replaying
from app.services.servicing import standing
from app.services.servicing.case_notes import locked_account
from app.services.servicing.status import set_status
from app.services.staff import audit
from app.services.staff.audit import Actor

MOST_CREDITS = 3
"""A financed contract earns interest up to the day on which it is settled: that is forgiven in a second entry."""


def came(session: Session, arrangement: Arrangement) -> int:
    """Cents that came for a settlement: complete payments since it was asked for, effective by its day."""
    by = Terms.of(arrangement.terms).due_on or dt.date.max
    part = aliased(Payment)
    handed_back = select(func.coalesce(func.sum(part.amount_cents), 0)).where(part.part_of_id == Payment.id).scalar_subquery()
    cents = session.scalar(
        select(func.coalesce(func.sum(Payment.amount_cents - handed_back), 0)).where(
            Payment.account_id == arrangement.account_id,
            Payment.kind == PaymentKind.PAYMENT,
            Payment.state == PaymentState.COMPLETE,
            Payment.posted_at >= arrangement.requested_at,
            Payment.effective_on <= by,
        )
    )
    return int(cents or 0)


def settle(session: Session, arrangement_id: int, *, today: dt.date, now: dt.datetime, actor: Actor) -> Arrangement:
    """Forgive what is left once the agreed amount has come, and close the account with what was forgiven kept.

    Raises RuleViolation when the settlement is not approved or its money has not come by its day.
    """
    arrangement = session.get_one(Arrangement, arrangement_id)
    account = locked_account(session, arrangement.account_id)
    session.refresh(arrangement)
    if arrangement.kind is not ArrangementKind.SETTLEMENT or arrangement.state is not ArrangementState.APPROVED:
        raise RuleViolation("Only an approved settlement is carried out.")
    terms, received = Terms.of(arrangement.terms), came(session, arrangement)
    if received < (terms.amount_cents or 0):
        by = f" by {terms.due_on:%b %-d, %Y}" if terms.due_on else ""
        raise RuleViolation(f"{as_text(terms.amount_cents or 0)} was agreed{by}; {as_text(received)} came.")
    _carry_out(session, arrangement, account, received, today=today, now=now, actor=actor)
    return arrangement


def follow(session: Session, account: Account, *, today: dt.date, now: dt.datetime, actor: Actor) -> None:
    """Complete an approved settlement when its money has come, and take a completed one back when that money went back out.

    Called after every entry, whichever way it came; the caller holds the account's row lock. So a payment that is reversed
    leaves the account as if it had never come: what was forgiven is owed again and the settlement waits as before.
    """
    arrangement = session.scalars(
        select(Arrangement)
        .where(
            Arrangement.account_id == account.id,
            Arrangement.kind == ArrangementKind.SETTLEMENT,
            Arrangement.state.in_((ArrangementState.APPROVED, ArrangementState.APPLIED)),
        )
        .order_by(Arrangement.id.desc())
        .limit(1)
    ).first()
    if arrangement is None:
        return
    received = came(session, arrangement)
    has_come = received >= (Terms.of(arrangement.terms).amount_cents or 0)
    is_approved = arrangement.state is ArrangementState.APPROVED
    if is_approved and has_come and account.balance_cents > 0 and may_become(account.status, AccountStatus.CLOSED):
        _carry_out(session, arrangement, account, received, today=today, now=now, actor=actor)
    elif not is_approved and not has_come:
        _take_back(session, arrangement, account, today=today, now=now, actor=actor)


def _take_back(
    session: Session, arrangement: Arrangement, account: Account, *, today: dt.date, now: dt.datetime, actor: Actor
) -> None:
    """The money of a settlement went back out: nothing is forgiven, and it waits again unless something else does."""
    waits = session.scalar(
        select(Arrangement.id).where(Arrangement.account_id == account.id, Arrangement.state.in_(WAITING_STATES))
    )
    arrangement.state = ArrangementState.APPROVED if waits is None else ArrangementState.REVERSED
    if waits is not None:
        arrangement.ended_at, arrangement.ended_by_id = now, actor.staff_id
        arrangement.ended_reason = "Its payment was taken back"
    first_on = arrangement.applied_on or today
    arrangement.applied_at = arrangement.applied_on = arrangement.applied_by_id = None
    closing = session.scalar(
        select(AccountClosing).where(AccountClosing.account_id == account.id, AccountClosing.reopened_at.is_(None))
    )
    if account.status is AccountStatus.CLOSED and closing is not None:
        closing.reopened_at, closing.reopened_by_id = now, actor.staff_id
        reason = "The payment that settled it was taken back"
        set_status(session, account, to=AccountStatus.ACTIVE, reason=reason, business_on=today, now=now, actor=actor)
        account.closed_on = account.closed_reason = None
    session.flush()
    replaying.replay(session, account, from_on=first_on, today=today, now=now, actor=actor)
    said = f"Settlement taken back with its payment, {as_text(account.balance_cents)} is owed"
    session.add(Activity(account_id=account.id, kind=ActivityKind.ARRANGEMENT, at=now, summary=said, staff_id=actor.staff_id))
    audit.record(
        session,
        "settlement taken back",
        now=now,
        actor=actor,
        entity="arrangement",
        entity_id=arrangement.id,
        account_id=account.id,
        after={"state": arrangement.state, "balance_cents": account.balance_cents},
    )
    session.flush()


def _carry_out(
    session: Session,
    arrangement: Arrangement,
    account: Account,
    received: int,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> None:
    """Forgive what is left and close the account."""
    # Before anything is forgiven: what it forgave counts from now on, also what it had forgiven before it was taken back.
    arrangement.state = ArrangementState.APPLIED
    arrangement.applied_at, arrangement.applied_on, arrangement.applied_by_id = now, today, actor.staff_id
    owed = account.balance_cents, account.fees_cents
    replaying.replay(session, account, from_on=today, today=today, now=now, actor=actor)
    again_fees = owed[1] - account.fees_cents
    again_rest = owed[0] - account.balance_cents - again_fees
    is_lease = account.contract_type not in FINANCED
    closing = AccountClosing(
        account_id=account.id,
        status=AccountStatus.CLOSED,
        reason=f"Settled for {as_text(received)}",
        fees_cents=max(0, again_fees),
        rent_cents=max(0, again_rest) if is_lease else 0,
        asked_at=now,
        asked_by_id=arrangement.requested_by_id,
        closed_at=now,
        closed_on=today,
        closed_by_id=actor.staff_id,
        interest_cents=0,
        principal_cents=0 if is_lease else max(0, again_rest),
    )
    forgiven = _forgive(session, arrangement, account, closing, today=today, now=now, actor=actor)
    forgiven += max(0, again_fees) + max(0, again_rest)
    arrangement.value_cents = forgiven
    _close(session, account, closing, forgiven, today=today, now=now, actor=actor)


def _forgive(
    session: Session,
    arrangement: Arrangement,
    account: Account,
    closing: AccountClosing,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> int:
    """Credit what is left, split by what it is; returns how much that was."""
    forgiven = 0
    for _ in range(MOST_CREDITS):
        left = account.balance_cents
        if left <= 0:
            break
        fees = min(left, account.fees_cents)
        interest, principal = _financed(session, account, left - fees)
        entry = Adjustment(
            account_id=account.id,
            kind=AdjustmentKind.CREDIT,
            amount_cents=-left,
            fees_cents=-fees,
            interest_cents=-interest,
            principal_cents=-principal,
            effective_on=today,
            reason=closing.reason,
            arrangement_id=arrangement.id,
            created_at=now,
            created_by_id=actor.staff_id,
        )
        session.add(entry)
        session.flush()
        replaying.replay(session, account, from_on=today, today=today, now=now, actor=actor)
        forgiven += left - account.balance_cents
        closing.fees_cents += fees
        closing.interest_cents += interest
        if account.contract_type not in FINANCED:
            closing.rent_cents += principal
        else:
            closing.principal_cents += principal
    return forgiven


def _financed(session: Session, account: Account, cents: int) -> tuple[int, int]:
    """What is owed beside fees as (interest, principal); the rent of a lease counts as principal."""
    finance = session.get(ContractFinance, account.id) if account.contract_type in FINANCED else None
    interest = min(cents, finance.interest_open_cents) if finance else 0
    return interest, cents - interest


def _close(
    session: Session,
    account: Account,
    closing: AccountClosing,
    forgiven: int,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> None:
    session.add(closing)
    set_status(session, account, to=AccountStatus.CLOSED, reason=closing.reason, business_on=today, now=now, actor=actor)
    account.closed_on, account.closed_reason = today, closing.reason[:80]
    summary = f"{closing.reason}, {as_text(forgiven)} forgiven"
    session.add(Activity(account_id=account.id, kind=ActivityKind.ARRANGEMENT, at=now, summary=summary, staff_id=actor.staff_id))
    audit.record(
        session,
        "settlement applied",
        now=now,
        actor=actor,
        entity="account",
        entity_id=account.id,
        account_id=account.id,
        after={"forgiven_cents": forgiven, "balance_cents": account.balance_cents},
        reason=closing.reason,
    )
    standing.restate(session, [account.id], today=today)
    session.refresh(account)
