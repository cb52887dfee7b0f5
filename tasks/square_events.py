"""The doorway for what Square tells us: each hint is looked up at Square, outside of transactions, then written down."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import structlog
from sqlalchemy import or_, select

from app.clock import now, today
from app.domain.errors import RuleViolation
from app.gateways.cards import Refunded, Unanswered
from app.models import Charge
from app.services.autopay import settling
from app.services.autopay.timeline import Source
from app.services.payments import card_disputes, card_refunds, cards_on_file, payment_links, square_events, square_links
from app.services.reporting import jobs
from app.services.staff.audit import SYSTEM
from app.transaction import transaction
from tasks.doorbell import ring
from tasks.gateways import cards, directory
from tasks.registry import task
from tasks.work import Result, Work

log = structlog.get_logger()
PAGE = "/admin/settings/webhooks/"
LONGEST_REPLAY = dt.timedelta(days=28)
"""Square keeps its events no longer."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a hint: words for the page, and whether it was about anything of ours."""

    said: str
    is_ours: bool = True


NOT_KNOWN = Came("Square does not know it any more", is_ours=False)


@task("payments")
def apply_square_events(work: Work) -> Result:
    """Look at everything that Square hinted at."""
    return Result(apply(), url=PAGE)


@task("payments")
def replay_square_events(work: Work) -> Result:
    """Ask Square what happened since a moment and apply what we were not told; arguments: {"since": …}."""
    since = max(dt.datetime.fromisoformat(work.arguments["since"]), now() - LONGEST_REPLAY + dt.timedelta(minutes=5))
    found = new = 0
    cursor: str | None = None
    with directory() as square:
        while True:
            page = square.events(since, cursor)
            if isinstance(page, Unanswered):
                raise RuleViolation(f"Square does not say what happened: {page.reason}")
            with transaction() as session:
                new += square_events.receive(session, page.entries, now=now(), is_replayed=True)
            found += len(page.entries)
            work.progress(done=found, step="Events at Square")
            cursor = page.cursor
            if cursor is None:
                break
    return Result({"found": found, "new": new, **apply()}, url=PAGE)


def apply() -> dict[str, int]:
    """Look at every hint whose time has come; (how many things were looked up, how many could not be)."""
    counts = {"looked_up": 0, "unanswered": 0}
    reconciles = False
    while True:
        with transaction() as session:
            waiting = square_events.due(session, now=now())
        if not waiting:
            break
        about: dict[tuple[str, str], list[str]] = {}
        for notice in waiting:
            about.setdefault((notice.subject, notice.object_id), []).append(notice.event_id)
        for (subject, object_id), event_ids in about.items():
            came = _look_up(subject, object_id)
            with transaction() as session:
                if isinstance(came, Came):
                    square_events.done(session, event_ids, came.said, is_ours=came.is_ours, now=now())
                else:
                    square_events.later(session, event_ids, came.reason, now=now())
            counts["looked_up" if isinstance(came, Came) else "unanswered"] += 1
            reconciles = reconciles or subject in ("refund", "dispute")
    if reconciles:
        _reconcile_soon()
    return counts


def _look_up(subject: str, object_id: str) -> Came | Unanswered:
    try:
        return {"payment": _payment, "dispute": _dispute, "refund": _refund, "card": _card, "customer": _customer}[subject](
            object_id
        )
    except Exception as error:  # One hint that cannot be applied must not keep the others back; it is tried again.
        log.exception("a hint of Square's could not be applied", subject=subject, object=object_id)
        return Unanswered(f"The program could not apply it ({type(error).__name__}); the log says why.")


def _payment(payment_id: str) -> Came | Unanswered:
    """Resolve the charge as its payment stands at Square now, whatever the hint said of it."""
    with cards() as processor:
        payment = processor.payment(payment_id)
    if isinstance(payment, Unanswered):
        return NOT_KNOWN if payment.is_not_found else payment
    with transaction() as session:
        ours = or_(Charge.key == payment.reference_id, Charge.square_payment_id == payment.id)
        charge_id = session.scalar(select(Charge.id).where(ours).order_by(Charge.id).limit(1))
        if charge_id is None:
            for link_id, _ in payment_links.paid_by(session, [payment]):
                if payment_links.book(session, link_id, payment, today=today(), now=now()) is not None:
                    return Came(f"Payment link {link_id}: paid")
        if charge_id is None:
            return Came("No charge of ours; reconciliation tells what it is", is_ours=False)
        charge = settling.resolve(session, charge_id, payment, today=today(), now=now(), source=Source.WEBHOOK)
        return Came(f"Charge {charge.id}: {charge.state.label.lower()}")


def _dispute(_: str) -> Came | Unanswered:
    with cards() as processor:
        told = processor.disputes()
    if isinstance(told, Unanswered):
        return told
    with transaction() as session:
        opened = card_disputes.take_in(session, told, today=today(), now=now())
    return Came(f"Disputes compared, {opened} opened")


def _refund(refund_id: str) -> Came | Unanswered:
    """Book a refund of ours as it stands at Square now; one that was made elsewhere is for reconciliation."""
    with cards() as processor:
        told = processor.refund(refund_id)
    if isinstance(told, Unanswered):
        return NOT_KNOWN if told.is_not_found else told
    with transaction() as session:
        ours = card_refunds.known(session, told)
        if ours is None:
            return Came("Square's books are compared with ours")
        refund = card_refunds.settle(session, ours, Refunded(told), today=today(), now=now(), source=Source.WEBHOOK)
        return Came(f"Refund {refund.id}: {refund.state.label.lower()}")


def _card(card_id: str) -> Came | Unanswered:
    with directory() as square:
        card = square.card(card_id)
    if isinstance(card, Unanswered) and not card.is_not_found:
        return card
    with transaction() as session:
        if isinstance(card, Unanswered):
            return Came("The card is gone") if cards_on_file.forget(session, card_id) else NOT_KNOWN
        is_new = cards_on_file.keep(session, [card], now=now()) > 0
    return Came("Card brought up to date" if is_new else "Nothing newer than is known")


def _customer(customer_id: str) -> Came | Unanswered:
    with directory() as square:
        customer = square.customer(customer_id)
    if isinstance(customer, Unanswered) and not customer.is_not_found:
        return customer
    with transaction() as session:
        if isinstance(customer, Unanswered):
            square_links.forget(session, customer_id)
            return Came("The customer was deleted at Square")
        square_links.keep(session, [customer], now=now())
    return Came("Customer brought up to date")


def _reconcile_soon() -> None:
    with transaction() as session:
        job = jobs.plan(
            session,
            "reconcile_square",
            "Reconciliation with Square, after a refund or a dispute",
            arguments={"days": 3},
            unique_key="reconcile_square:events",
            queue="payments",
            now=now(),
            actor=SYSTEM,
        )
        job_id, queue = job.id, job.queue
    ring(job_id, queue)


def needed() -> list[tuple[int, str]]:
    """The job that applies hints, when any waits whose time has come; returns what to ring for."""
    with transaction() as session:
        if not square_events.has_due(session, now=now()):
            return []
        job = jobs.plan(
            session,
            "apply_square_events",
            "What Square told us",
            unique_key="apply_square_events",
            queue="payments",
            now=now(),
            actor=SYSTEM,
        )
        return [(job.id, job.queue)]
