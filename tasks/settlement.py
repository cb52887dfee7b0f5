"""Doorways for payments that do not count at once: post-dated ones in the morning, processing ones in the evening."""

from __future__ import annotations

from app.clock import now, today
from app.domain.payments.kinds import PaymentState
from app.services.payments import settling
from app.services.staff.audit import SYSTEM
from app.transaction import transaction
from tasks.registry import task
from tasks.work import Result, Work


@task("payments")
def run_post_dated(work: Work) -> Result:
    """Take up the post-dated payments whose day has come."""
    return Result({"taken_up": _take_up(work, PaymentState.PENDING)})


@task("payments")
def settle_payments(work: Work) -> Result:
    """The settlement run: what is processing and due becomes complete."""
    return Result({"settled": _take_up(work, PaymentState.PROCESSING)})


def _take_up(work: Work, state: PaymentState) -> int:
    """One transaction a payment, so that a kill loses none and no account is held longer than it takes."""
    done, last = 0, 0
    while True:
        with transaction() as session:
            ids = settling.due(session, state=state, on=today(), after=last)
        if not ids:
            return done
        for payment_id in ids:
            with transaction() as session:
                done += settling.settle(session, payment_id, today=today(), now=now(), actor=SYSTEM) is not None
            last = payment_id
            work.progress(done=done, step="Payments")
