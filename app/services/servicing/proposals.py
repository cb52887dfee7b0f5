"""Proposals: what an arrangement would do to an account, worked out before anything is written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing import moves
from app.domain.servicing.arrangements import ArrangementKind, Terms, beyond
from app.domain.servicing.delinquency import Aging, DueLine, age
from app.domain.servicing.moves import PERIOD_DAYS, Move, OpenLine
from app.domain.servicing.status import AGED_STATUSES, AccountStatus
from app.models import Account, Portfolio
from app.queries.servicing import arrangements as asked

SETTLED_FROM = AGED_STATUSES - {AccountStatus.PENDING_REVIEW} | {AccountStatus.RETURNED, AccountStatus.CHARGED_OFF}
"""What is left after a return or a charge-off can still be settled."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An arrangement's effect: the lines that move, how the account stands before and after, and what speaks against it."""

    kind: ArrangementKind
    terms: Terms
    moves: tuple[Move, ...]
    anchors: tuple[int, ...] | None
    """The contract's new days of the month, of a due-date change."""
    days_moved: int
    value_cents: int
    beyond: tuple[str, ...]
    before: Aging
    after: Aging
    last_due_before: dt.date
    last_due_after: dt.date

    @property
    def in_words(self) -> str:
        """The agreement in a few words, for the timeline and the audit trail."""
        terms = self.terms
        if self.kind is ArrangementKind.EXTENSION:
            return f"all open due dates {_days(terms.days or 0)} later"
        if self.kind is ArrangementKind.DEFERRAL:
            return f"{_count(terms.count or 0, 'installment')} to the end"
        if self.kind is ArrangementKind.DUE_DATE_CHANGE and terms.due_on:
            return f"next due {terms.due_on:%b %-d, %Y}"
        if self.kind is ArrangementKind.PAYMENT_PLAN:
            return f"{as_text(sum(move.moved_cents for move in self.moves))} past due in {terms.parts} parts"
        by = f" by {terms.due_on:%b %-d, %Y}" if terms.due_on else ""
        return f"{as_text(terms.amount_cents or 0)}{by}, {as_text(self.value_cents)} forgiven"


def propose(session: Session, account: Account, kind: ArrangementKind, terms: Terms, *, today: dt.date) -> Proposal:
    """Work out an arrangement as of today; writes nothing.

    Raises RuleViolation for terms that cannot be, and for an account that takes no arrangement. What is only beyond the
    limits stands in `beyond`.
    """
    if account.status not in (SETTLED_FROM if kind is ArrangementKind.SETTLEMENT else AGED_STATUSES):
        raise RuleViolation(f"This account is {account.status.label.lower()}; nothing can be arranged on it.")
    lines = asked.open_lines(session, account.id)
    last_on, free_number = asked.schedule_end(session, account.id)
    if not lines or last_on is None:
        raise RuleViolation("Nothing is open on this account, so there is nothing to arrange.")
    made, anchors = _moves(account, kind, terms, lines, today=today, last_on=last_on, free_number=free_number)
    open_cents = sum(line.unpaid_cents for line in lines)
    free = moves.free_days(made, open_cents)
    value = moves.value_cents(free, account.payment_cents, account.frequency)
    if kind is ArrangementKind.SETTLEMENT:
        value = _forgiven(account, terms, today=today)
    tolerance = session.scalar(select(Portfolio.tolerance_cents).where(Portfolio.id == account.portfolio_id)) or 0
    return Proposal(
        kind=kind,
        terms=terms,
        moves=tuple(made),
        anchors=anchors,
        days_moved=round(free),
        value_cents=value,
        beyond=tuple(
            beyond(
                kind,
                days=_days_asked(account, kind, terms, made),
                parts=terms.parts or 0,
                frequency=account.frequency,
                payment_cents=account.payment_cents,
                history=asked.history(session, account),
                today=today,
                limits=asked.limits(session),
            )
        ),
        before=age(_due_lines(lines, []), today, tolerance_cents=tolerance),
        after=age(_due_lines(lines, made), today, tolerance_cents=tolerance),
        last_due_before=last_on,
        last_due_after=max([last_on, *(move.due_after for move in made)]),
    )


def _moves(
    account: Account,
    kind: ArrangementKind,
    terms: Terms,
    lines: list[OpenLine],
    *,
    today: dt.date,
    last_on: dt.date,
    free_number: int,
) -> tuple[list[Move], tuple[int, ...] | None]:
    anchors = tuple(account.anchor_days) if account.anchor_days else None
    if kind is ArrangementKind.EXTENSION:
        return moves.extend(lines, terms.days or 0), None
    if kind is ArrangementKind.DEFERRAL:
        return moves.defer(lines, terms.count or 0, frequency=account.frequency, last_due_on=last_on, anchors=anchors), None
    if kind is ArrangementKind.DUE_DATE_CHANGE:
        if terms.due_on is None:
            raise RuleViolation("Choose the new due date.", field="due_on")
        return moves.reanchor(lines, terms.due_on, frequency=account.frequency, today=today)
    if kind is ArrangementKind.PAYMENT_PLAN:
        plan = moves.spread(
            lines,
            terms.parts or 0,
            today=today,
            frequency=account.frequency,
            last_due_on=last_on,
            first_free_number=free_number,
            anchors=anchors,
        )
        return plan, None
    return [], None


def _forgiven(account: Account, terms: Terms, *, today: dt.date) -> int:
    owed, amount = max(0, account.balance_cents - account.credit_cents), terms.amount_cents or 0
    if amount <= 0:
        raise RuleViolation("Enter the amount that settles the account.", field="amount")
    if amount >= owed:
        raise RuleViolation(f"{as_text(owed)} is owed; a settlement is for less.", field="amount")
    if terms.due_on is None or terms.due_on < today:
        raise RuleViolation("Say by which day the amount is paid: today or later.", field="due_on")
    return owed - amount


def _days_asked(account: Account, kind: ArrangementKind, terms: Terms, made: list[Move]) -> int:
    """By how many days due dates move as the limit counts them; a deferral takes whole periods."""
    if kind is ArrangementKind.DEFERRAL:
        return (terms.count or 0) * PERIOD_DAYS[account.frequency]
    return max((move.days for move in made), default=0)


def _due_lines(lines: list[OpenLine], made: list[Move]) -> list[DueLine]:
    """What is open as aging sees it, once the moves are made; a late fee stays with its line."""
    by_number = {line.number: line for line in lines}
    moved = {move.number: move for move in made}
    kept = [
        DueLine(line.due_on + dt.timedelta(days=line.bought_days), line.unpaid_cents, line.fees_cents)
        if line.number not in moved
        else DueLine(
            moved[line.number].due_after + dt.timedelta(days=line.bought_days), moved[line.number].moved_cents, line.fees_cents
        )
        for line in lines
    ]
    cut = [DueLine(move.due_after, move.moved_cents) for move in made if move.number not in by_number]
    return kept + cut


def _days(count: int) -> str:
    return _count(count, "day")


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
