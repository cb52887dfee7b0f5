"""Doorways for payment links: plan (commit) → call → settle (commit); and closing one."""

from __future__ import annotations

from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.payments.payment_links import PaymentLinkState
from app.gateways.cards import CardGateway, Unanswered
from app.models import PaymentLink
from app.services.payments import payment_links
from app.services.reporting import jobs
from app.services.staff.audit import SYSTEM, Actor
from app.transaction import transaction
from tasks.gateways import cards
from tasks.registry import task
from tasks.work import Result, Work


def make(account_id: int, *, amount_cents: int, actor: Actor) -> int:
    """Make a link and wait for its address; returns the link, whose state says what became of it.

    Raises RuleViolation when there is nothing to pay by it.
    """
    with cards() as processor:
        with transaction() as session:
            planned = payment_links.plan(
                session, account_id, amount_cents=amount_cents, location_id=processor.location_id, now=now(), actor=actor
            )
            link_id = planned.id
        ask(processor, link_id, actor=actor)
    return link_id


def ask(processor: CardGateway, link_id: int, *, actor: Actor = SYSTEM) -> None:
    """Ask Square for a link that has no address yet. Asking twice gives the same link."""
    with transaction() as session:
        wanted = payment_links.wanted(session, link_id)
    if wanted is None:
        return
    outcome = processor.make_link(wanted.body, account_id=wanted.account_id)
    with transaction() as session:
        payment_links.settle(session, link_id, outcome, now=now(), actor=actor)


def close(link_id: int, *, actor: Actor) -> None:
    """Take a link's page away at Square. Raises RuleViolation when it is not open, or when Square does not answer."""
    with transaction() as session:
        link = session.get_one(PaymentLink, link_id)
        square_id, is_open = link.square_link_id, link.state is PaymentLinkState.OPEN
    if is_open and square_id is not None:
        with cards() as processor:
            gone = processor.close_link(square_id)
        if isinstance(gone, Unanswered):
            raise RuleViolation(f"Square does not answer, so the link stays open: {gone.reason}")
    with transaction() as session:
        payment_links.close(session, link_id, now=now(), actor=actor)


@task("payments")
def look_after_payment_links(work: Work) -> Result:
    """Ask again for links that have no address yet."""
    with transaction() as session:
        link_ids = payment_links.due(session, now=now())
    with cards() as processor:
        for link_id in link_ids:
            ask(processor, link_id)
    return Result({"asked": len(link_ids)})


def needed() -> list[tuple[int, str]]:
    """The job that asks again for links, when the time of any has come; returns what to ring for."""
    with transaction() as session:
        if not payment_links.due(session, now=now()):
            return []
        job = jobs.plan(
            session,
            "look_after_payment_links",
            "Payment links without an address",
            unique_key="look_after_payment_links",
            queue="payments",
            now=now(),
            actor=SYSTEM,
        )
        return [(job.id, job.queue)]
