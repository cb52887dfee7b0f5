"""Doorways for charging cards: plan → claim (commit) → call → settle (commit).

No transaction is open while the processor is asked. Whatever dies in between leaves rows from which the janitor goes on.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import structlog

from app.clock import now, today, zone
from app.domain.autopay.batches import BatchKind, RunState
from app.domain.autopay.declines import OURS, decline_class
from app.domain.errors import RuleViolation
from app.gateways.cards import CardPayment, ChargeRequest, ConfigurationError, Outcome, Refunded, Rejected, Unanswered, Unknown
from app.models import AutopayBatch, Charge
from app.queries.autopay import lists
from app.queries.autopay.settings import autopay_settings
from app.services.autopay import batches, claiming, configuring, janitor, planning, reconciling, settling
from app.services.autopay.reconciling import Found
from app.services.autopay.timeline import Source
from app.services.payments import card_disputes, card_refunds, payment_links
from app.services.reporting import api_log, jobs
from app.services.staff.audit import SYSTEM, Actor
from app.transaction import transaction
from tasks.doorbell import ring
from tasks.gateways import Calls, cards, gateway
from tasks.registry import task
from tasks.work import Result, Work

log = structlog.get_logger()

JOBS_PER_BATCH = 2
"""Workers that share a batch."""
SECONDS_BETWEEN_WORDS = 1.0
RESTORE_WINDOW = dt.timedelta(days=3)
"""How far back a batch looks for charges of ours that this database does not know."""

Told = Callable[[], None]


def charge_now(account_id: int, *, card_id: int, amount_cents: int, actor: Actor) -> int:
    """Charge a card at once and wait for the answer; returns the charge, whose state says what became of it.

    Raises RuleViolation when nothing may be charged.
    """
    with cards() as processor:
        with transaction() as session:
            planned = planning.plan(
                session,
                account_id,
                card_id=card_id,
                amount_cents=amount_cents,
                location_id=processor.location_id,
                today=today(),
                now=now(),
                actor=actor,
            )
            charge_id = planned.id
        with transaction() as session:
            request = claiming.claim(session, charge_id, today=today(), now=now(), actor=actor)
        if request is not None:
            outcome = processor.charge(request)
            with transaction() as session:
                settling.settle(session, charge_id, outcome, today=today(), now=now(), send=request.send, actor=actor)
    return charge_id


def start_batch(kind: BatchKind, *, on: dt.date, actor: Actor, in_background: bool = True) -> tuple[int, bool]:
    """Plan the batch of a kind and a day and let the workers charge it; (its id, whether it is new).

    Square is asked first: whether it knows us, and whether it has charges of ours that this database does not know, as after
    the restore of a backup; then AutoPay locks itself.
    """
    with cards() as processor:
        known = processor.payments(now() - RESTORE_WINDOW)
        location_id = processor.location_id
    if isinstance(known, Unanswered):
        raise RuleViolation(f"Square does not answer, so nothing was planned: {known.reason}")
    with transaction() as session:
        references = [payment.reference_id for payment in known if payment.reference_id and payment.status == "COMPLETED"]
        if configuring.strangers(session, references):
            configuring.lock(session, now=now(), actor=actor)
    with transaction() as session:
        batch, is_new = batches.open_batch(session, kind, on=on, location_id=location_id, now=now(), actor=actor)
        batch_id = batch.id
    if in_background:
        plan_sending(batch_id, actor=actor)
    return batch_id, is_new


def plan_sending(batch_id: int, *, actor: Actor = SYSTEM) -> None:
    """Plan the jobs that send what a batch has planned; those that are planned already stay."""
    with transaction() as session:
        batch = session.get_one(AutopayBatch, batch_id)
        planned = [
            jobs.plan(
                session,
                "send_batch",
                f"{batch}, worker {number}",
                arguments={"batch_id": batch_id},
                unique_key=f"send_batch:{batch_id}:{number}",
                queue="payments",
                planned=batch.eligible,
                now=now(),
                actor=actor,
            )
            for number in range(1, JOBS_PER_BATCH + 1)
        ]
        rings = [(job.id, job.queue) for job in planned]
    for job_id, queue in rings:
        ring(job_id, queue)


@task("payments")
def start_autopay(work: Work) -> Result:
    """Start a batch; arguments: {"kind": …, "on": ISO date}."""
    kind, on = BatchKind(work.arguments["kind"]), dt.date.fromisoformat(work.arguments["on"])
    work.progress(step="Planning")
    if on != today():
        return Result({"sentence": f"{on} is over; nothing was charged."})
    batch_id, is_new = start_batch(kind, on=on, actor=work.actor)
    return Result({"batch": batch_id, "is_new": is_new}, url=f"/admin/autopay/{batch_id}")


@task("payments")
def send_batch(work: Work) -> Result:
    """Send what a batch has planned, beside other workers; arguments: {"batch_id": …}."""
    batch_id: int = work.arguments["batch_id"]

    def told() -> None:
        with transaction() as session:
            batch = session.get_one(AutopayBatch, batch_id, populate_existing=True)
            done = batch.succeeded + batch.failed + batch.unknown + batch.skipped
            planned, failed = batch.eligible, batch.failed
        work.progress(planned=planned, done=done, failed=failed, step="Charging cards")

    sent = send(batch_id, told)
    return Result({"sent": sent}, url=f"/admin/autopay/{batch_id}")


@dataclass
class _UnderWay:
    """The charges that are out, and whether there are more."""

    pool: ThreadPoolExecutor
    calls: Calls
    charge: Callable[[ChargeRequest], Outcome]
    most: int
    out: dict[Future[Outcome], ChargeRequest]
    has_more: bool = True

    def fill(self, batch_id: int) -> None:
        """Claim as many as there are hands free."""
        free = self.most - len(self.out)
        if not self.has_more or free < max(1, self.most // 4):
            return
        if not _may_go_on(batch_id):
            self.has_more = False
            return
        with transaction() as session:
            requests = claiming.claim_some(session, batch_id, most=free, today=today(), now=now())
        if requests is None:
            self.has_more = False
        for request in requests or ():
            self.out[self.pool.submit(self.charge, request)] = request

    def settle(self, batch_id: int) -> int:
        """Wait for one answer at least and write down all that are there; returns how many."""
        done, _ = wait(self.out, timeout=SECONDS_BETWEEN_WORDS, return_when=FIRST_COMPLETED)
        answers = [(self.out.pop(each), _outcome(each)) for each in done]
        if answers:
            _write(batch_id, answers, self.calls)
        return len(answers)


def send(batch_id: int, told: Told = lambda: None) -> int:
    """Send what a batch has planned until nothing is left or it is paused; returns how many were sent.

    The calls run in threads; all writing is done here, so that a thread never holds a transaction. When it is told to stop,
    what is out is still settled.
    """
    with transaction() as session:
        most = autopay_settings(session).concurrency
    calls, sent, spoke = Calls(), 0, time.monotonic()
    stopped: BaseException | None = None
    with ThreadPoolExecutor(most, thread_name_prefix="charge") as pool:
        processor = gateway(calls.record)
        under_way = _UnderWay(pool, calls, processor.charge, most, {})
        while under_way.has_more or under_way.out:
            under_way.fill(batch_id)
            if under_way.out:
                sent += under_way.settle(batch_id)
            if stopped is None and time.monotonic() - spoke > SECONDS_BETWEEN_WORDS:
                spoke = time.monotonic()
                try:
                    told()
                except Exception as word:  # Asked to stop, or the job went to another worker: begin nothing new.
                    stopped, under_way.has_more = word, False
    if stopped is not None:
        raise stopped
    with transaction() as session:
        batches.finish(session, batch_id, now=now())
    return sent


def _may_go_on(batch_id: int) -> bool:
    """Pause a batch whose day, or whose hours, are over."""
    with transaction() as session:
        batch = session.get_one(AutopayBatch, batch_id, populate_existing=True)
        if batch.state is not RunState.RUNNING:
            return False
        settings = autopay_settings(session)
        is_over = batch.business_on < today()
        is_late = batch.planned_by_id is None and now().astimezone(zone()).time() > settings.cut_off
        if is_over or is_late:
            reason = "Its day is over" if is_over else f"It is later than {settings.cut_off:%-I:%M %p}"
            batches.pause(session, batch_id, reason=reason, now=now(), actor=SYSTEM)
            return False
    return True


def _outcome(done: Future[Outcome]) -> Outcome:
    error = done.exception()
    return done.result() if error is None else Unknown(f"The call failed: {type(error).__name__}")


def _write(batch_id: int, answers: list[tuple[ChargeRequest, Outcome]], calls: Calls) -> None:
    made = calls.taken()
    with transaction() as session:
        failed = settling.settle_some(
            session,
            [(request.charge_id or 0, request.send, outcome) for request, outcome in answers],
            today=today(),
            now=now(),
        )
        errors = [is_configuration(outcome) for _, outcome in answers]
        if any(errors):
            said = next(_words(outcome) for _, outcome in answers if is_configuration(outcome))
            batches.note_configuration(session, batch_id, errors, said, now=now())
        elif errors:
            batches.no_configuration_error(session, batch_id)
        api_log.keep(session, made)
    for charge_id, error in failed.items():
        log.error("charge could not be settled", charge=charge_id, error=str(error), kind=type(error).__name__)


def is_configuration(outcome: Outcome) -> bool:
    """Whether an answer says that our own set-up is wrong."""
    return isinstance(outcome, ConfigurationError) or (isinstance(outcome, Rejected) and decline_class(outcome.code) in OURS)


def _words(outcome: Outcome) -> str:
    return f"{outcome.code}: {outcome.detail}" if isinstance(outcome, ConfigurationError | Rejected) else ""


@task("payments")
def look_after_charges(work: Work) -> Result:
    """The janitor: find out what became of charges that nobody heard of any more."""
    return Result(look_after())


def look_after(*, everything: bool = False) -> dict[str, Any]:
    """Let the janitor look once. `everything`: at all that is undecided, whether or not its time has come."""
    with transaction() as session:
        expired = janitor.expire(session, now=now()) + janitor.give_up_unsent(session, now=now())
    with transaction() as session:
        due = janitor.due(session, now=now(), everything=everything)
    if due is None:
        return {"expired": expired, "looked": 0, "sent_again": 0}
    sent_again = 0
    with cards() as processor:
        listed = processor.payments(due.since)
        found = listed if isinstance(listed, Unanswered) else janitor.by_reference(listed)
        for charge_id in due.charge_ids:
            with transaction() as session:
                request = janitor.look(session, charge_id, found, today=today(), now=now())
            if request is None:
                continue
            sent_again += 1
            outcome = processor.charge(request)
            with transaction() as session:
                settling.settle(session, charge_id, outcome, today=today(), now=now(), send=request.send)
    with transaction() as session:
        states = janitor.states_of(session, due.charge_ids)
        batch_ids = batches.unfinished(session)
        for batch_id in batch_ids:
            batches.finish(session, batch_id, now=now())
    return {"expired": expired, "looked": len(due.charge_ids), "sent_again": sent_again, **states}


@task("payments")
def reconcile_square(work: Work) -> Result:
    """Compare Square's books with ours; arguments: {"days": …}."""
    work.progress(step="Asking Square")
    found = reconcile(int(work.arguments.get("days", 3)), actor=work.actor)
    return Result({"matched": found.matched, "breaks": dict(found.breaks)}, url="/admin/autopay/breaks/")


def reconcile(days: int, *, actor: Actor) -> Found:
    """Compare the payments of so many days; raises RuleViolation when Square does not answer."""
    at = now()
    since = at - dt.timedelta(days=days)
    with cards() as processor:
        payments, refunds, disputes = processor.payments(since), processor.refunds(since), processor.disputes()
        for answer in (payments, refunds, disputes):
            if isinstance(answer, Unanswered):
                raise RuleViolation(f"Square does not answer, so nothing was compared: {answer.reason}")
        assert not isinstance(payments, Unanswered)
        assert not isinstance(refunds, Unanswered)
        assert not isinstance(disputes, Unanswered)
        with transaction() as session:
            late = reconciling.late_successes(session, payments)
            asked_for = reconciling.missing_at_square(session, payments, since=since)
            ours = card_refunds.undecided(session, refunds)
            by_link = payment_links.paid_by(session, payments)
        for charge_id, payment in late:
            with transaction() as session:
                reconciling.book(session, charge_id, payment, today=today(), now=now())
        for link_id, payment in by_link:
            with transaction() as session:
                payment_links.book(session, link_id, payment, today=today(), now=now())
        for refund_id, refund in ours:
            with transaction() as session:
                card_refunds.settle(session, refund_id, Refunded(refund), today=today(), now=now(), source=Source.RECONCILIATION)
        phantoms = []
        others = list(payments)
        for payment_id, square_id in asked_for:
            one = processor.payment(square_id)
            if not isinstance(one, Unanswered):
                others.append(one)
            elif one.is_not_found:
                phantoms.append(payment_id)
    with transaction() as session:
        card_disputes.take_in(session, disputes, today=today(), now=at)
    with transaction() as session:
        return reconciling.reconcile(session, others, refunds, disputes, phantoms, since=since, now=at, actor=actor)


@task()
def forget_calls(work: Work) -> Result:
    """Remove calls from the API log whose retention is over."""
    with transaction() as session:
        return Result({"forgotten": api_log.forget(session, now=now())})


def needed() -> list[tuple[int, str]]:
    """Jobs that the tick starts whenever there is something to do: the janitor, and batches that a kill left behind.

    Returns what to ring for.
    """
    with transaction() as session:
        found = []
        if janitor.has_work(session, now=now()):
            job = jobs.plan(
                session,
                "look_after_charges",
                "Undecided charges",
                unique_key="look_after_charges",
                queue="payments",
                now=now(),
                actor=SYSTEM,
            )
            found.append((job.id, job.queue))
        left = batches.left_behind(session)
    for batch_id in left:
        plan_sending(batch_id)
    return found


def ask_about(charge_id: int, *, actor: Actor) -> str:
    """Ask Square about one charge at once; what came of it, in words."""
    with transaction() as session:
        charge = session.get_one(Charge, charge_id)
        since = (charge.first_sent_at or charge.planned_at) - janitor.CLOCKS_APART
    with cards() as processor:
        listed = processor.payments(since)
    if isinstance(listed, Unanswered):
        return f"Square does not answer: {listed.reason}"
    with transaction() as session:
        charge = session.get_one(Charge, charge_id, populate_existing=True)
        payment = janitor.by_reference(listed).get(charge.key)
        if payment is not None:
            settling.resolve(session, charge_id, payment, today=today(), now=now(), source=Source.STAFF, actor=actor)
            return f"Square has payment {payment.id}, {payment.status.lower()}. {settling.words_for(charge)}"
    return "Square has no payment for this charge."


def as_taken(charge_id: int) -> CardPayment | str:
    """The payment that Square has for a charge that needs review, as it is now; a sentence when there is none to be had."""
    with transaction() as session:
        charge = session.get_one(Charge, charge_id)
        since, key = (charge.first_sent_at or charge.planned_at) - janitor.CLOCKS_APART, charge.key
        told = lists.payment_told_of(session, charge_id)
    with cards() as processor:
        found = processor.payment(told) if told else None
        if found is None or (isinstance(found, Unanswered) and found.is_not_found):
            listed = processor.payments(since)
            found = listed if isinstance(listed, Unanswered) else janitor.by_reference(listed).get(key)
    if isinstance(found, Unanswered):
        return f"Square does not answer, so nothing can be booked: {found.reason}"
    return found or "Square has no payment for this charge; if nothing was charged, close it."


def book_as_taken(charge_id: int, *, seen_cents: int, reason: str, actor: Actor) -> Charge:
    """Book what Square took for a charge that needs review, as it is at Square now.

    `seen_cents` is what the supervisor saw and accepted; RuleViolation when it is not that any more, or cannot be booked.
    """
    payment = as_taken(charge_id)
    if isinstance(payment, str):
        raise RuleViolation(payment)
    if payment.amount_cents != seen_cents:
        raise RuleViolation("Square's payment has changed meanwhile; look at it again.")
    with transaction() as session:
        return settling.book_as_taken(session, charge_id, payment, reason=reason, today=today(), now=now(), actor=actor)


def demand_unknown_at_square(charge_id: int) -> None:
    """Raise RuleViolation unless Square was asked just now and has no money taken for a charge."""
    with transaction() as session:
        charge = session.get_one(Charge, charge_id)
        since, key = (charge.first_sent_at or charge.planned_at) - janitor.CLOCKS_APART, charge.key
    with cards() as processor:
        listed = processor.payments(since)
    if isinstance(listed, Unanswered):
        raise RuleViolation(f"Square does not answer, so nobody can say that nothing was charged: {listed.reason}")
    payment = janitor.by_reference(listed).get(key)
    if payment is None or payment.status in janitor.FAILED:
        return
    with transaction() as session:
        is_anothers = settling.is_booked(session, payment.id, but=charge_id)
    if not is_anothers:
        raise RuleViolation(f"Square has payment {payment.id} for this charge; ask Square, and it is booked.")


def plan_reconciliation(days: int, *, actor: Actor) -> int:
    """Plan the comparison of the last days; returns the job."""
    with transaction() as session:
        job = jobs.plan(
            session,
            "reconcile_square",
            "Reconciliation with Square",
            arguments={"days": days},
            unique_key="reconcile_square",
            queue="payments",
            now=now(),
            actor=actor,
        )
        job_id, queue = job.id, job.queue
    ring(job_id, queue)
    return job_id
