"""Cards charged by one process at a simulator whose answers take a while, beside what so many calls at once allow at most.

Each number of calls at once has a database and a batch of its own. The simulator computes on the same machine, so with little
of it left the rate says more about the machine than about the product; our own processor time per charge stands beside it.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from app.clock import now, today
from app.domain.autopay.batches import BatchKind
from app.domain.autopay.settings import AutopaySettings, kept_of
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import AutopayBatch, Charge, Staff
from app.queries.autopay.settings import NAME
from app.services.portfolio import settings as kept
from app.services.staff.audit import SYSTEM, Actor
from app.settings import Settings
from app.simulators.square.remote import SquareSimulator
from app.transaction import transaction
from bench import books, machine
from bench.seed import seed
from tasks import autopay

ACCOUNTS_PER_CHARGE = 6
"""So many accounts are seeded for each charge: not every one of them has something due."""
SEEDED_AT_ONCE = 500
CONSENT = "I authorize the company to charge my card on each due date."


def measure(
    settings: Settings, at_once: Sequence[int], charges: int, latency_ms: int, told: Callable[[str], None]
) -> dict[str, Any]:
    """Charge about `charges` cards for each number of calls at once.

    Returns {machine, latency_ms, runs: [{at_once, charges, seconds, per_second, limit_per_second, share, cpu_ms_per_charge,
    memory_mib}]}.
    """
    runs, where = [], ""
    for number in at_once:
        with tempfile.TemporaryDirectory() as home, SquareSimulator.start(Path(home)) as square:
            named = {
                "square_environment": "sandbox",
                "square_access_token": square.token,
                "square_location_id": square.location_id,
                "square_base_url": square.url,
            }
            own = Settings.model_validate(settings.model_dump() | named)
            with books.empty(own) as app, app.app_context():
                where = machine.described(db.session())
                batch_id = _planned(app, square, number, charges)
                square.set(latency_ms=latency_ms)
                runs.append(_charged(batch_id, number, latency_ms))
                db.session.remove()
        last = runs[-1]
        told(f"{number} at once: {last['per_second']:.1f} charges a second, {last['share']:.0%} of what is possible")
    return {"machine": where, "latency_ms": latency_ms, "runs": runs}


def _planned(app: Flask, square: SquareSimulator, at_once: int, charges: int) -> int:
    """A batch over a seeded portfolio in which everybody has agreed and has a card that is approved."""
    with transaction() as session:
        seed(session, accounts=charges * ACCOUNTS_PER_CHARGE, today=today(), now=now(), told=lambda sentence: None)
    with transaction() as session:
        limited = text(
            "select min(id) as id, customer_id from account where status = 'active' and next_due_on <= :on and balance_cents > 0 "
            "group by customer_id order by 1 limit :charges"
        )
        customers = [row.customer_id for row in session.execute(limited, {"on": today(), "charges": charges})]
        for start in range(0, len(customers), SEEDED_AT_ONCE):
            some = customers[start : start + SEEDED_AT_ONCE]
            made = square.seed([{"reference_id": str(each), "given_name": "Jordan", "cards": [{}]} for each in some])
            session.execute(
                text("update customer set square_customer_id = :square where id = :id"),
                [{"id": each, "square": row["customer_id"]} for each, row in zip(some, made, strict=True)],
            )
            session.execute(
                text(
                    "insert into card (customer_id, square_card_id, brand, last_four, expires_month, expires_year, is_primary, "
                    "square_version, created_at) values (:id, :card, 'VISA', '1111', 12, 2099, true, 1, :now)"
                ),
                [{"id": each, "card": row["card_ids"][0], "now": now()} for each, row in zip(some, made, strict=True)],
            )
        session.execute(
            text(
                "insert into autopay_enrollment (account_id, consent, source, at) "
                "select min(a.id), :consent, 'bench', :now from account a join card k on k.customer_id = a.customer_id "
                "where a.status = 'active' and a.next_due_on <= :on and a.balance_cents > 0 group by a.customer_id"
            ),
            {"consent": CONSENT, "now": now(), "on": today()},
        )
        kept.keep(session, NAME, kept_of(AutopaySettings(concurrency=at_once)), now=now(), actor=SYSTEM)
        starter = _starter(session)
    batch_id, _ = autopay.start_batch(BatchKind.DAILY, on=today(), actor=starter, in_background=False)
    return batch_id


def _starter(session: Any) -> Actor:
    """Somebody who runs it by hand, so that it runs at any hour."""
    found = session.scalar(select(Staff.id).limit(1))
    if found is None:
        person = Staff(username="bench", name="Bench", role=Role.MANAGER, pin_hash="", created_at=now())
        session.add(person)
        session.flush()
        found = person.id
    return Actor(staff_id=found)


def _charged(batch_id: int, at_once: int, latency_ms: int) -> dict[str, Any]:
    began, computed = time.perf_counter(), time.process_time()
    sent = autopay.send(batch_id)
    seconds, spent = time.perf_counter() - began, time.process_time() - computed
    with transaction() as session:
        batch = session.get_one(AutopayBatch, batch_id, populate_existing=True)
        undecided = session.scalars(select(Charge.id).where(Charge.state != "succeeded").limit(1)).first()
        if batch.succeeded != sent or undecided is not None:
            raise RuntimeError(f"Of {sent} charges {batch.succeeded} succeeded; nothing is measured by that.")
    limit = at_once / (latency_ms / 1000)
    return {
        "at_once": at_once,
        "charges": sent,
        "seconds": round(seconds, 2),
        "per_second": round(sent / seconds, 2),
        "limit_per_second": round(limit, 2),
        "share": round(sent / seconds / limit, 3),
        "cpu_ms_per_charge": round(spent * 1000 / max(sent, 1), 2),
        "memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def markdown(result: dict[str, Any]) -> str:
    """The figures as a table."""
    names = ("Calls at once", "Charges", "Seconds", "Charges a second", "At most", "Share", "Own CPU a charge, ms")
    head = f"| {' | '.join(names)} |\n|{'---:|' * len(names)}"
    rows = [
        f"| {run['at_once']} | {run['charges']:,} | {run['seconds']:.1f} | {run['per_second']:.1f} | "
        f"{run['limit_per_second']:.1f} | {run['share']:.0%} | {run['cpu_ms_per_charge']:.1f} |"
        for run in result["runs"]
    ]
    return "\n".join([head, *rows])
