"""The doorway for notices of charges: who is to be told, the payment links that declines need, then the outbox."""

from __future__ import annotations

from flask import current_app

from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.payments.payment_links import PaymentLinkState
from app.models import PaymentLink
from app.services.autopay import notices
from app.services.autopay.notices import House
from app.services.payments import payment_links
from app.services.reporting import jobs
from app.services.staff.audit import SYSTEM
from app.settings import Settings
from app.transaction import transaction
from tasks import payment_links as at_square
from tasks.doorbell import ring
from tasks.gateways import cards
from tasks.registry import task
from tasks.work import Result, Work


@task()
def tell_of_upcoming_charges(work: Work) -> Result:
    """Write down who is charged next and tell them."""
    with transaction() as session:
        planned = notices.plan_upcoming(session, today=today(), now=now())
    return Result({"planned": planned, **tell(work)})


@task()
def tell_of_charges(work: Work) -> Result:
    """Tell of declines, and what waits from before."""
    return Result(tell(work))


def tell(work: Work | None = None) -> dict[str, int]:
    """Write every notice whose time has come into the outbox; {"declined": new ones, "written": …, "waiting": …}."""
    with transaction() as session:
        declined = notices.plan_declined(session, today=today(), now=now())
    written = others = 0
    while True:
        with transaction() as session:
            notice_ids = [notice.id for notice in notices.due(session, now=now())]
        if not notice_ids:
            return {"declined": declined, "written": written, "not_written": others}
        for notice_id in notice_ids:
            if _write(notice_id):
                written += 1
            else:
                others += 1
        if work is not None:
            work.progress(done=written + others, step="Notices")


def _write(notice_id: int) -> bool:
    settings: Settings = current_app.config["SETTINGS"]
    _make_link(notice_id)
    with transaction() as session:
        house = House(settings.company_name, settings.payment_page)
        job = notices.write(session, notice_id, house, today=today(), now=now())
        bell = None if job is None else (job.id, job.queue)
    if bell is None:
        return False
    ring(*bell)
    return True


def _make_link(notice_id: int) -> None:
    """Make the payment link that a decline tells of; without one it names the company's own page."""
    with transaction() as session:
        wanted = notices.needs_link(session, notice_id)
    if wanted is None:
        return
    account_id, charge_id, cents = wanted
    with cards() as processor:
        try:
            with transaction() as session:
                link = payment_links.plan(
                    session,
                    account_id,
                    amount_cents=cents,
                    location_id=processor.location_id,
                    now=now(),
                    actor=SYSTEM,
                    charge_id=charge_id,
                )
                link_id = link.id
        except RuleViolation:  # The account takes no money by link: the notice says what there is.
            return
        at_square.ask(processor, link_id)
    with transaction() as session:
        if session.get_one(PaymentLink, link_id).state is PaymentLinkState.OPEN:
            notices.keep_link(session, notice_id, link_id)


def needed() -> list[tuple[int, str]]:
    """The job that tells of declines and of what has waited, when there is any; returns what to ring for."""
    with transaction() as session:
        is_needed = notices.has_due(session, now=now()) or notices.has_untold_declines(session, today=today(), now=now())
        if not is_needed:
            return []
        job = jobs.plan(session, "tell_of_charges", "Notices of charges", unique_key="tell_of_charges", now=now(), actor=SYSTEM)
        return [(job.id, job.queue)]
