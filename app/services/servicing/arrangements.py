"""Arrangements: requested, approved, applied to the schedule, and put back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.payments.limits import Act, demand_within
from app.domain.servicing.arrangements import WAITING_STATES, ArrangementKind, ArrangementState, Terms, may_become
from app.domain.staff.roles import Role
from app.models import Account, Activity, Arrangement
from app.queries.payments.settings import payment_settings
from app.services.payments import entries
from app.services.servicing import moving
from app.services.servicing.proposals import Proposal, propose
from app.services.staff import audit
from app.services.staff.audit import Actor

_S = ArrangementState


def preview(session: Session, account_id: int, kind: ArrangementKind, terms: Terms, *, today: dt.date) -> Proposal:
    """What an arrangement would do: which lines move, how the account stands after, which limits it exceeds. Writes nothing."""
    return propose(session, session.get_one(Account, account_id), kind, terms, today=today)


def request(
    session: Session,
    account_id: int,
    kind: ArrangementKind,
    terms: Terms,
    *,
    reason: str,
    asks_for_exception: bool = False,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    idempotency_key: str | None = None,
) -> Arrangement:
    """Ask for an arrangement; a supervisor decides. Beyond the limits it has to be asked for as an exception.

    Pressing the button twice (the same `idempotency_key`) asks once. Raises RuleViolation with a sentence for what cannot
    be, and while another one waits on the account.
    """
    account = entries.locked(session, account_id)
    if idempotency_key is not None:
        earlier = session.scalar(select(Arrangement).where(Arrangement.idempotency_key == idempotency_key))
        if earlier is not None:
            return earlier
    if not reason.strip():
        raise RuleViolation("Say why the customer needs it.", field="reason")
    waiting = session.scalar(
        select(Arrangement).where(Arrangement.account_id == account_id, Arrangement.state.in_(WAITING_STATES))
    )
    if waiting is not None:
        raise RuleViolation(f"{waiting.kind.label} of {waiting.requested_on:%b %-d} still waits; decide on it first.")
    proposal = propose(session, account, kind, terms, today=today)
    if proposal.beyond and not asks_for_exception:
        raise RuleViolation(" ".join([*proposal.beyond, "A supervisor can make an exception."]), field="exception")
    arrangement = Arrangement(
        account_id=account_id,
        kind=kind,
        state=_S.REQUESTED,
        terms=terms.as_plain(),
        reason=reason.strip(),
        beyond=" ".join(proposal.beyond) or None,
        requested_at=now,
        requested_on=today,
        requested_by_id=actor.staff_id,
        days_moved=proposal.days_moved,
        value_cents=proposal.value_cents,
        idempotency_key=idempotency_key,
    )
    session.add(arrangement)
    session.flush()
    _note(session, arrangement, "requested", proposal.in_words, now=now, actor=actor)
    return arrangement


def approve(
    session: Session,
    arrangement_id: int,
    *,
    beyond_reason: str | None = None,
    role: Role = Role.SUPERVISOR,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Arrangement:
    """Say yes to a request. What moves due dates is applied at once; a settlement then waits for its money.

    It is worked out anew, for payments may have come since. Beyond the limits it takes a reason; what a settlement
    forgives must lie within what the role may adjust.
    """
    arrangement, account = _of(session, arrangement_id)
    if arrangement.state is not _S.REQUESTED:  # An applied settlement becomes approved again, but nobody approves it again.
        raise _refusal(arrangement, _S.APPROVED)
    proposal = propose(session, account, arrangement.kind, Terms.of(arrangement.terms), today=today)
    if proposal.beyond and not (beyond_reason or "").strip():
        raise RuleViolation(" ".join([*proposal.beyond, "Say why it is granted all the same."]), field="beyond_reason")
    if arrangement.kind is ArrangementKind.SETTLEMENT:
        demand_within(Act.ADJUST, role, proposal.value_cents, payment_settings(session))
    arrangement.beyond = " ".join(proposal.beyond) or None
    arrangement.beyond_reason = (beyond_reason or "").strip() or None if proposal.beyond else None
    _become(arrangement, _S.APPROVED)
    arrangement.approved_at, arrangement.approved_by_id = now, actor.staff_id
    arrangement.days_moved, arrangement.value_cents = proposal.days_moved, proposal.value_cents
    session.flush()
    is_settlement = arrangement.kind is ArrangementKind.SETTLEMENT
    _note(session, arrangement, "approved", proposal.in_words, now=now, actor=actor, is_told=is_settlement)
    if not is_settlement:
        _apply(session, arrangement, account, proposal, today=today, now=now, actor=actor)
    return arrangement


def reject(session: Session, arrangement_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> Arrangement:
    """Say no to a request, with the reason that the one who asked will read."""
    if not reason.strip():
        raise RuleViolation("Say why it is rejected.", field="reason")
    arrangement, _ = _of(session, arrangement_id)
    return _end(session, arrangement, _S.REJECTED, reason=reason, now=now, actor=actor)


def withdraw(session: Session, arrangement_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> Arrangement:
    """Take a request back, or give up a settlement whose money does not come."""
    if not reason.strip():
        raise RuleViolation("Say why it is withdrawn.", field="reason")
    arrangement, _ = _of(session, arrangement_id)
    return _end(session, arrangement, _S.WITHDRAWN, reason=reason, now=now, actor=actor)


def reverse(session: Session, arrangement_id: int, *, reason: str, today: dt.date, now: dt.datetime, actor: Actor) -> Arrangement:
    """Put the schedule back exactly as it was before the arrangement; payments are applied anew to it.

    Only the last one applied can be reversed: a later one was worked out from what this one left.
    """
    if not reason.strip():
        raise RuleViolation("Say why it is reversed.", field="reason")
    arrangement, account = _of(session, arrangement_id)
    if arrangement.kind is ArrangementKind.SETTLEMENT:
        raise RuleViolation("A settled account is re-opened, its settlement is not reversed.")
    if may_become(arrangement.state, _S.REVERSED):
        later = session.scalar(
            select(Arrangement)
            .where(
                Arrangement.account_id == account.id,
                Arrangement.state == _S.APPLIED,
                Arrangement.kind != ArrangementKind.SETTLEMENT,
                Arrangement.id > arrangement.id,
            )
            .order_by(Arrangement.id.desc())
            .limit(1)
        )
        if later is not None:
            raise RuleViolation(f"Reverse the {later.kind.label.lower()} of {later.applied_on:%b %-d, %Y} first: it came later.")
    _end(session, arrangement, _S.REVERSED, reason=reason, now=now, actor=actor)
    moving.put_back(session, account, arrangement, today=today)
    return arrangement


def _apply(
    session: Session,
    arrangement: Arrangement,
    account: Account,
    proposal: Proposal,
    *,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> None:
    _become(arrangement, _S.APPLIED)
    arrangement.applied_at, arrangement.applied_on, arrangement.applied_by_id = now, today, actor.staff_id
    arrangement.days_past_due_before = account.days_past_due
    arrangement.past_due_before_cents = account.past_due_cents
    arrangement.next_due_before_on = account.next_due_on
    before = {"days_past_due": account.days_past_due, "next_due_on": account.next_due_on}
    moving.move(session, account, arrangement, proposal.moves, anchors=proposal.anchors, today=today)
    after = {"days_past_due": account.days_past_due, "next_due_on": account.next_due_on}
    _note(session, arrangement, "applied", proposal.in_words, now=now, actor=actor, before=before, after=after)


def _end(
    session: Session, arrangement: Arrangement, state: ArrangementState, *, reason: str, now: dt.datetime, actor: Actor
) -> Arrangement:
    _become(arrangement, state)
    arrangement.ended_at, arrangement.ended_by_id, arrangement.ended_reason = now, actor.staff_id, reason.strip()
    session.flush()
    _note(session, arrangement, state.label.lower(), reason.strip(), now=now, actor=actor)
    return arrangement


def _become(arrangement: Arrangement, state: ArrangementState) -> None:
    _demand(arrangement, state)
    arrangement.state = state


def _demand(arrangement: Arrangement, state: ArrangementState) -> None:
    if not may_become(arrangement.state, state):
        raise _refusal(arrangement, state)


def _refusal(arrangement: Arrangement, state: ArrangementState) -> RuleViolation:
    return RuleViolation(
        f"This {arrangement.kind.label.lower()} is {arrangement.state.label.lower()}; it cannot be {state.label.lower()}."
    )


def _of(session: Session, arrangement_id: int) -> tuple[Arrangement, Account]:
    """An arrangement as it stands now, under the lock of its account."""
    arrangement = session.get_one(Arrangement, arrangement_id)
    account = entries.locked(session, arrangement.account_id)
    session.refresh(arrangement)
    return arrangement, account


def _note(
    session: Session,
    arrangement: Arrangement,
    verb: str,
    words: str,
    *,
    now: dt.datetime,
    actor: Actor,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    is_told: bool = True,
) -> None:
    """A line of the audit trail, and one of the timeline unless the next step follows at once."""
    summary = f"{arrangement.kind.label} {verb}: {words}"
    if is_told:
        session.add(
            Activity(
                account_id=arrangement.account_id,
                kind=ActivityKind.ARRANGEMENT,
                at=now,
                summary=summary[:300],
                staff_id=actor.staff_id,
            )
        )
    audit.record(
        session,
        f"{arrangement.kind.label.lower()} {verb}",
        now=now,
        actor=actor,
        entity="arrangement",
        entity_id=arrangement.id,
        account_id=arrangement.account_id,
        before=before,
        after={"terms": words, "days_moved": arrangement.days_moved, "value_cents": arrangement.value_cents, **(after or {})},
        reason=arrangement.beyond_reason or arrangement.reason,
    )
