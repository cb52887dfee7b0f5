"""Disputes: opened with evidence and a deadline, reviewed, decided; until then late fees and AutoPay wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import ActivityKind, FollowUpKind, FollowUpStatus
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing.disputes import PAUSING, DisputeReason, DisputeState, check, check_deadline, may_step
from app.domain.servicing.evidence import MOST_FILES, AdmittedEvidence
from app.domain.servicing.status import AccountStatus
from app.models import Account, Dispute, DisputeEvidence, Fee, FollowUp, Installment, Payment
from app.queries.servicing.disputes import near_days
from app.services.collections import follow_ups
from app.services.servicing import evidence_files
from app.services.servicing.case_notes import locked_account, write_down
from app.services.staff import audit
from app.services.staff.audit import Actor

LONGEST_STATEMENT = 4_000
LONGEST_RESOLUTION = 500
REMIND_AT = dt.time(10, 0)


def open_dispute(
    session: Session,
    account_id: int,
    *,
    reason: DisputeReason,
    amount_cents: int,
    statement: str,
    deadline_on: dt.date | None,
    files: Sequence[AdmittedEvidence],
    home: Path,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    installment_number: int | None = None,
    payment_id: int | None = None,
) -> Dispute:
    """Open a dispute with its evidence; a follow-up reminds whoever works the account before the deadline.

    Raises RuleViolation when reason, amount, evidence or deadline are missing or cannot be.
    """
    account = locked_account(session, account_id)
    if account.status is AccountStatus.VOID:
        raise RuleViolation("A void contract asks for nothing, so there is nothing to dispute.")
    statement = _statement(statement)
    check(
        amount_cents=amount_cents,
        most_cents=_most_cents(session, account),
        statement=statement,
        files=len(files),
        opened_on=today,
        deadline_on=deadline_on,
    )
    _check_target(session, account_id, installment_number=installment_number, payment_id=payment_id)
    dispute = Dispute(
        account_id=account_id,
        reason=reason,
        amount_cents=amount_cents,
        statement=statement or None,
        installment_number=installment_number,
        payment_id=payment_id,
        state=DisputeState.OPEN,
        opened_on=today,
        deadline_on=deadline_on,
        opened_by_id=actor.staff_id,
    )
    session.add(dispute)
    _write_down(
        session,
        dispute,
        "dispute opened",
        f"Dispute opened, {reason.label.lower()}: {as_text(amount_cents)}",
        now=now,
        actor=actor,
        asks={"reason": reason, "amount_cents": amount_cents, "deadline_on": deadline_on},
    )
    _keep(session, dispute, files, home=home, now=now, actor=actor)
    _remind(session, dispute, today=today, now=now, actor=actor)
    return dispute


def add_evidence(
    session: Session,
    dispute_id: int,
    *,
    files: Sequence[AdmittedEvidence],
    home: Path,
    now: dt.datetime,
    actor: Actor,
) -> list[DisputeEvidence]:
    """Add files to a dispute, decided or not: what comes late may open it again."""
    dispute = _locked(session, dispute_id)
    if not files:
        raise RuleViolation("Choose a file first.", field="files")
    kept = _keep(session, dispute, files, home=home, now=now, actor=actor)
    names = ", ".join(row.file_name for row in kept)
    _write_down(session, dispute, "dispute evidence added", f"Evidence added: {names}", now=now, actor=actor)
    return kept


def withdraw_evidence(session: Session, evidence_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> DisputeEvidence:
    """Mark a file as not counting any more; it stays where it is. The last evidence of an open dispute stays."""
    evidence = session.get_one(DisputeEvidence, evidence_id)
    dispute = _locked(session, evidence.dispute_id)
    session.refresh(evidence)
    reason = _said(reason, "reason", "Say why the file does not count any more.")
    if evidence.withdrawn_at is not None:
        return evidence
    others = session.scalar(
        select(func.count())
        .select_from(DisputeEvidence)
        .where(
            DisputeEvidence.dispute_id == dispute.id,
            DisputeEvidence.id != evidence.id,
            DisputeEvidence.withdrawn_at.is_(None),
        )
    )
    if dispute.state in PAUSING and not others and not dispute.statement:
        raise RuleViolation("This is the only evidence of the dispute; add another before you take it out.")
    evidence.withdrawn_at = now
    summary = f"Evidence withdrawn: {evidence.file_name}"
    _write_down(session, dispute, "dispute evidence withdrawn", summary, now=now, actor=actor, reason=reason)
    return evidence


def read_evidence(session: Session, evidence: DisputeEvidence, *, home: Path, now: dt.datetime, actor: Actor) -> bytes:
    """The content of a file, for somebody who looks at it; that they did is kept."""
    found = evidence_files.content(home, evidence)
    audit.record(
        session,
        "dispute evidence downloaded",
        now=now,
        actor=actor,
        entity=Dispute.__tablename__,
        entity_id=evidence.dispute_id,
        account_id=evidence.account_id,
        after={"file": evidence.file_name, "sha256": evidence.sha256},
    )
    return found


def review(session: Session, dispute_id: int, *, now: dt.datetime, actor: Actor) -> Dispute:
    """Somebody has begun to look at it."""
    dispute = _locked(session, dispute_id)
    _step(dispute, DisputeState.UNDER_REVIEW)
    _write_down(session, dispute, "dispute under review", "Dispute is under review", now=now, actor=actor)
    return dispute


def resolve(
    session: Session,
    dispute_id: int,
    *,
    state: DisputeState,
    resolution: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Dispute:
    """Decide a dispute that is under review (upheld or rejected), or note that the customer took it back (withdrawn).

    What an upheld dispute means in money (a waiver, a credit, a refund) is entered by whoever may; nothing is posted here.
    """
    dispute = _locked(session, dispute_id)
    if state in PAUSING:
        raise RuleViolation("Choose how the dispute ends.", field="state")
    resolution = _said(resolution, "resolution", "Say what was found, so that the customer can be told.")
    before = dispute.state
    _step(dispute, state)
    dispute.resolution, dispute.resolved_on, dispute.resolved_by_id = resolution, today, actor.staff_id
    _write_down(
        session,
        dispute,
        f"dispute {state.label.lower()}",
        f"Dispute {state.label.lower()}: {resolution}",
        now=now,
        actor=actor,
        before={"state": before},
        reason=resolution,
    )
    _close_reminder(session, dispute, today=today, now=now, actor=actor)
    return dispute


def reopen(
    session: Session,
    dispute_id: int,
    *,
    reason: str,
    deadline_on: dt.date | None,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Dispute:
    """Take a dispute up again, with a deadline to come."""
    dispute = _locked(session, dispute_id)
    reason = _said(reason, "reason", "Say why it is taken up again.")
    check_deadline(today, deadline_on)
    assert deadline_on is not None
    before = dispute.state
    _step(dispute, DisputeState.UNDER_REVIEW)
    dispute.resolution = dispute.resolved_on = dispute.resolved_by_id = dispute.late_fees_on = None
    dispute.deadline_on = deadline_on
    _write_down(
        session,
        dispute,
        "dispute taken up again",
        f"Dispute taken up again: {reason}",
        now=now,
        actor=actor,
        before={"state": before},
        asks={"deadline_on": deadline_on},
        reason=reason,
    )
    _remind(session, dispute, today=today, now=now, actor=actor)
    return dispute


def move_deadline(
    session: Session,
    dispute_id: int,
    *,
    deadline_on: dt.date | None,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Dispute:
    """Give an undecided dispute another deadline."""
    dispute = _locked(session, dispute_id)
    reason = _said(reason, "reason", "Say why the deadline moves.")
    if dispute.state not in PAUSING:
        raise RuleViolation(f"This dispute is {dispute.state.label.lower()}; its deadline does not matter any more.")
    check_deadline(today, deadline_on)
    assert deadline_on is not None
    before = dispute.deadline_on
    dispute.deadline_on = deadline_on
    summary = f"Dispute to be decided by {deadline_on:%b %-d, %Y}: {reason}"
    _write_down(
        session,
        dispute,
        "dispute deadline moved",
        summary,
        now=now,
        actor=actor,
        before={"deadline_on": before},
        asks={"deadline_on": deadline_on},
        reason=reason,
    )
    _close_reminder(session, dispute, today=today, now=now, actor=actor)
    _remind(session, dispute, today=today, now=now, actor=actor)
    return dispute


def _most_cents(session: Session, account: Account) -> int:
    """All that was ever asked of the account, or paid on it."""
    fees = session.scalar(select(func.coalesce(func.sum(Fee.amount_cents), 0)).where(Fee.account_id == account.id))
    return max(account.total_cents, account.balance_cents, account.paid_cents) + int(fees or 0)


def _check_target(session: Session, account_id: int, *, installment_number: int | None, payment_id: int | None) -> None:
    if installment_number is not None and session.get(Installment, (account_id, installment_number)) is None:
        raise RuleViolation(f"This account has no installment {installment_number}.", field="installment_number")
    if payment_id is not None:
        owner = session.scalar(select(Payment.account_id).where(Payment.id == payment_id))
        if owner != account_id:
            raise RuleViolation("That payment is not one of this account.", field="payment_id")


def _keep(
    session: Session,
    dispute: Dispute,
    files: Sequence[AdmittedEvidence],
    *,
    home: Path,
    now: dt.datetime,
    actor: Actor,
) -> list[DisputeEvidence]:
    if len(files) > MOST_FILES:
        raise RuleViolation(f"Add at most {MOST_FILES} files at once.", field="files")
    rows = []
    for file in files:
        evidence_files.keep(home, file)
        rows.append(
            DisputeEvidence(
                dispute_id=dispute.id,
                account_id=dispute.account_id,
                file_name=file.file_name,
                kind=file.kind,
                size_bytes=file.size_bytes,
                sha256=file.sha256,
                uploaded_at=now,
                uploaded_by_id=actor.staff_id,
            )
        )
    session.add_all(rows)
    session.flush()
    return rows


def _remind(session: Session, dispute: Dispute, *, today: dt.date, now: dt.datetime, actor: Actor) -> None:
    """Plan the follow-up that comes up when the deadline is near."""
    on = max(today, dispute.deadline_on - dt.timedelta(days=near_days(session)))
    planned = follow_ups.plan(
        session,
        dispute.account_id,
        kind=FollowUpKind.REVIEW,
        due_at=max(clock.moment(on, REMIND_AT), now),
        note=f"Dispute over {as_text(dispute.amount_cents)} is to be decided by {dispute.deadline_on:%b %-d, %Y}",
        today=today,
        now=now,
        actor=actor,
    )
    dispute.follow_up_id = planned.id
    session.flush()


def _close_reminder(session: Session, dispute: Dispute, *, today: dt.date, now: dt.datetime, actor: Actor) -> None:
    planned = session.get(FollowUp, dispute.follow_up_id) if dispute.follow_up_id is not None else None
    if planned is not None and planned.status is FollowUpStatus.OPEN:
        follow_ups.close(session, planned.id, status=FollowUpStatus.DONE, today=today, now=now, actor=actor)


def _locked(session: Session, dispute_id: int) -> Dispute:
    """The dispute, behind the lock of its account."""
    account_id = session.scalars(select(Dispute.account_id).where(Dispute.id == dispute_id)).one()
    locked_account(session, account_id)
    return session.get_one(Dispute, dispute_id, populate_existing=True)


def _step(dispute: Dispute, to: DisputeState) -> None:
    if not may_step(dispute.state, to):
        raise RuleViolation(f"A dispute that is {dispute.state.label.lower()} cannot become {to.label.lower()}.")
    dispute.state = to


def _statement(text: str) -> str:
    bare = text.strip()
    if len(bare) > LONGEST_STATEMENT:
        raise RuleViolation(f"A statement holds {LONGEST_STATEMENT:,} characters; this one has {len(bare):,}.", field="statement")
    return bare


def _said(text: str, field: str, otherwise: str) -> str:
    bare = text.strip()
    if not bare:
        raise RuleViolation(otherwise, field=field)
    return bare[:LONGEST_RESOLUTION]


def _write_down(
    session: Session,
    dispute: Dispute,
    action: str,
    summary: str,
    *,
    now: dt.datetime,
    actor: Actor,
    before: dict[str, Any] | None = None,
    asks: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    write_down(
        session,
        dispute,
        action=action,
        summary=summary,
        kind=ActivityKind.DISPUTE,
        now=now,
        actor=actor,
        before=before,
        after={"state": dispute.state} | (asks or {}),
        reason=reason,
    )
