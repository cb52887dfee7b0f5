"""Doorways for giving money of card payments back: plan → claim (commit) → call → settle (commit)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.gateways.cards import Refunded, Unanswered
from app.models import CardRefund
from app.services.autopay.timeline import Source
from app.services.payments import card_refunds
from app.services.reporting import jobs
from app.services.staff.audit import SYSTEM, Actor
from app.transaction import transaction
from tasks.gateways import cards
from tasks.registry import task
from tasks.work import Result, Work

CLOCKS_APART = dt.timedelta(days=2)
"""How far before the planning Square's list is asked for: two clocks may disagree by a day."""


def refund_now(payment_id: int, *, amount_cents: int, reason: str, form_key: str | None, role: Role, actor: Actor) -> int:
    """Refund a card payment, or a part of it, and wait for the answer; returns the refund, whose state says what became of it.

    Square answers before it has finished, so it is asked once more at once. Raises RuleViolation when nothing may be refunded.
    """
    with cards() as processor:
        with transaction() as session:
            planned = card_refunds.plan(
                session,
                payment_id,
                amount_cents=amount_cents,
                reason=reason,
                form_key=form_key,
                role=role,
                today=today(),
                now=now(),
                actor=actor,
            )
            refund_id = planned.id
        with transaction() as session:
            request = card_refunds.claim(session, refund_id, now=now(), actor=actor)
        if request is None:
            return refund_id
        outcome = processor.give_back(request)
        with transaction() as session:
            card_refunds.settle(session, refund_id, outcome, today=today(), now=now(), send=request.send, actor=actor)
        if isinstance(outcome, Refunded) and outcome.refund.status == "PENDING":
            told = processor.refund(outcome.refund.id)
            if not isinstance(told, Unanswered):
                with transaction() as session:
                    card_refunds.settle(session, refund_id, Refunded(told), today=today(), now=now(), actor=actor)
    return refund_id


@task("payments")
def look_after_refunds(work: Work) -> Result:
    """Find out what became of refunds that nobody heard of any more."""
    return Result(look_after())


def look_after() -> dict[str, Any]:
    """Ask Square once about every undecided refund whose time has come."""
    with transaction() as session:
        refund_ids, since = card_refunds.due(session, now=now())
    if since is None:
        return {"looked": 0, "sent_again": 0}
    sent_again = 0
    with cards() as processor:
        listed = processor.refunds(since - CLOCKS_APART)
        told = listed if isinstance(listed, Unanswered) else card_refunds.by_key(listed)
        for refund_id in refund_ids:
            with transaction() as session:
                request = card_refunds.look(session, refund_id, told, today=today(), now=now())
            if request is None:
                continue
            sent_again += 1
            outcome = processor.give_back(request)
            with transaction() as session:
                card_refunds.settle(session, refund_id, outcome, today=today(), now=now(), send=request.send)
    return {"looked": len(refund_ids), "sent_again": sent_again}


def ask_about(refund_id: int, *, actor: Actor) -> str:
    """Ask Square about one refund at once; what came of it, in words."""
    with transaction() as session:
        refund = session.get_one(CardRefund, refund_id)
        since, key, known = refund.planned_at - CLOCKS_APART, refund.key, refund.square_refund_id
    with cards() as processor:
        told = processor.refund(known) if known else None
        listed = processor.refunds(since) if told is None else ()
    if isinstance(listed, Unanswered) or isinstance(told, Unanswered):
        answer = listed if isinstance(listed, Unanswered) else told
        assert isinstance(answer, Unanswered)
        return f"Square does not answer: {answer.reason}"
    found = told or card_refunds.by_key(listed).get(key)
    if found is None:
        return "Square has no refund under this key."
    with transaction() as session:
        refund = card_refunds.settle(
            session, refund_id, Refunded(found), today=today(), now=now(), source=Source.STAFF, actor=actor
        )
        return f"Square has refund {found.id}, {found.status.lower()}. {card_refunds.words_for(refund)}"


def demand_not_at_square(refund_id: int) -> None:
    """Raise RuleViolation unless Square was asked just now and has given nothing back for a refund."""
    with transaction() as session:
        refund = session.get_one(CardRefund, refund_id)
        since, key = refund.planned_at - CLOCKS_APART, refund.key
    with cards() as processor:
        listed = processor.refunds(since)
    if isinstance(listed, Unanswered):
        raise RuleViolation(f"Square does not answer, so nobody can say that nothing was given back: {listed.reason}")
    found = card_refunds.by_key(listed).get(key)
    if found is not None and found.status not in card_refunds.NO:
        raise RuleViolation(f"Square has refund {found.id} of it, {found.status.lower()}; ask Square, and it is booked.")


def needed() -> list[tuple[int, str]]:
    """The job that asks about undecided refunds, when the time of any has come; returns what to ring for."""
    with transaction() as session:
        if not card_refunds.has_due(session, now=now()):
            return []
        job = jobs.plan(
            session,
            "look_after_refunds",
            "Undecided refunds",
            unique_key="look_after_refunds",
            queue="payments",
            now=now(),
            actor=SYSTEM,
        )
        return [(job.id, job.queue)]
