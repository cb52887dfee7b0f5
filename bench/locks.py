"""Payments taken while a business date ends: how long whoever takes one waits for the night's locks.

The end of day is really committed, so each measurement ends the next business date of the portfolio.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app.domain.payments.kinds import PaymentMethod
from app.extensions import db
from app.models import Account, DayRun
from app.services.payments import posting
from app.services.staff.audit import SYSTEM
from app.settings import Settings
from app.transaction import transaction
from bench import books, machine
from bench.day import first_night
from bench.timing import timed
from tasks.end_of_day import end

PAYERS = 200
"""Late accounts, spread over the whole book, that pay a dollar in turn."""


def measure(settings: Settings, accounts: int, told: Callable[[str], None]) -> dict[str, Any]:
    """End the next business date of a portfolio while payments are taken.

    Returns {machine, accounts, day_ms, payments, median_ms, longest_ms, alone_ms}; `alone_ms` is the longest of the same
    payments with nothing beside them.
    """
    app = books.ensured(settings, accounts, told)
    first_night(app, told)
    with app.app_context():
        where = machine.described(db.session())
        on = db.session.scalars(select(func.max(DayRun.business_on))).one() + dt.timedelta(days=1)
        late = select(Account.id).where(Account.past_due_cents > 0).order_by(func.hashint8(Account.id)).limit(PAYERS)
        payers = list(db.session.scalars(late))
        db.session.remove()
    alone = [_pay(app, account_id, on) for account_id in payers[:50]]
    over = threading.Event()
    took: list[float] = []

    def pay() -> None:
        for account_id in cycle(payers):
            if over.is_set():
                return
            took.append(_pay(app, account_id, on))

    thread = threading.Thread(target=pay)
    thread.start()
    try:
        with app.app_context():
            started = time.perf_counter()
            end(on)
            day_ms = (time.perf_counter() - started) * 1000
            db.session.remove()
    finally:
        over.set()
        thread.join()
    books.close(app)
    took.sort()
    told(f"{accounts:,} accounts: {len(took):,} payments in {day_ms / 1000:.1f} s, the longest {took[-1] / 1000:.2f} s")
    return {
        "machine": where,
        "accounts": accounts,
        "day_ms": round(day_ms, 1),
        "payments": len(took),
        "median_ms": round(took[len(took) // 2], 1),
        "longest_ms": round(took[-1], 1),
        "alone_ms": round(max(alone), 1),
    }


def _pay(app: Flask, account_id: int, on: dt.date) -> float:
    """Milliseconds that taking a dollar takes, from the first statement to the commit."""

    def post() -> None:
        now = dt.datetime.combine(on, dt.time(23), dt.UTC)
        with transaction() as session:
            posting.post(session, account_id, method=PaymentMethod.CASH, amount_cents=100, today=on, now=now, actor=SYSTEM)

    with app.app_context():
        return timed(post)
