"""The Account page and the replay of one long account, in a small and in a large portfolio in the same run."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import select

from app.clock import now, today
from app.domain.collections.contact import ActivityKind
from app.domain.payments.kinds import PaymentMethod
from app.domain.payments.replay import replay
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.opening import Applicant, Money, NewContract
from app.extensions import db
from app.models import Account, Activity, Customer, Portfolio
from app.queries.payments.ledger import ledger_of
from app.services.payments import posting, replaying
from app.services.servicing import opening
from app.services.staff.audit import SYSTEM
from app.settings import Settings
from app.transaction import transaction
from bench import books, machine
from bench.product_list import ProductList
from bench.requests import get
from bench.tables import table
from bench.timing import Sample, in_turn

INSTALLMENTS, ENTRIES, HAPPENED = 150, 200, 300
"""Lines of the schedule, payments in the ledger, and further entries on the timeline."""
NAME = ("Longest", "Standing")


def measure(settings: Settings, sizes: Sequence[int], told: Callable[[str], None]) -> dict[str, Any]:
    """Measure one long account in a portfolio of each size; returns {machine, installments, entries, timeline, sizes}.

    Of each size: {accounts, page_ms, page_processor_ms, replay_ms, rule_ms}, medians. `replay_ms` works out the whole account
    anew and writes what differs, as a back-dated payment does; `rule_ms` is the rule alone, without the database.
    """
    from wsgi import create_app

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    measured = []
    where = ""
    for accounts in sizes:
        app = books.ensured(settings, accounts, told, create_app)
        account_id = _long_account(app)
        browser = ProductList(app)
        with app.app_context():
            where = machine.described(db.session())
            given = ledger_of(db.session(), account_id)
            db.session.remove()
        samples = in_turn(
            {
                "page": partial(get, app.wsgi_app, f"/admin/accounts/{account_id}", cookie=browser.cookie),
                "replay": partial(_replayed, app, account_id),
                "rule": partial(replay, given, today=today()),
            }
        )
        books.close(app)
        found = {"accounts": accounts, **_figures(samples)}
        told(f"{accounts:,} accounts: page {found['page_ms']:.0f} ms, replay {found['replay_ms']:.1f} ms")
        measured.append(found)
    return {"machine": where, "installments": INSTALLMENTS, "entries": ENTRIES, "timeline": HAPPENED, "sizes": measured}


def markdown(result: dict[str, Any]) -> str:
    """The figures as a table."""
    head = ("Accounts", "page, ms", "of it computing, ms", "replay and write, ms", "the rule alone, ms")
    rows = [
        (
            f"{one['accounts']:,}",
            *(f"{one[key]:.1f}" for key in ("page_ms", "page_processor_ms", "replay_ms", "rule_ms")),
        )
        for one in result["sizes"]
    ]
    return table(head, rows)


def _figures(samples: dict[str, Sample]) -> dict[str, float]:
    page = samples["page"]
    return {
        "page_ms": round(page.median, 1),
        "page_processor_ms": round(page.computed, 1),
        "replay_ms": round(samples["replay"].median, 2),
        "rule_ms": round(samples["rule"].median, 2),
    }


def _replayed(app: Flask, account_id: int) -> None:
    with app.app_context():
        with transaction() as session:
            account = session.scalars(select(Account).where(Account.id == account_id).with_for_update(of=Account)).one()
            replaying.replay(session, account, from_on=account.start_on, today=today())
        db.session.remove()


def _long_account(app: Flask) -> int:
    """The account that an earlier run has made, or a new one: half-weekly payments since the start, and much said about it."""
    start_on = today() - dt.timedelta(days=7 * (INSTALLMENTS - 20))
    with app.app_context():
        with transaction() as session:
            known = select(Account.id).join(Customer, Customer.id == Account.customer_id)
            found = session.scalar(known.where(Customer.first_name == NAME[0], Customer.last_name == NAME[1]).limit(1))
            if found is None:
                book = session.scalars(select(Portfolio.id).order_by(Portfolio.id).limit(1)).one()
                money = Money(Frequency.WEEKLY, start_on, payment_cents=2_999, payments=INSTALLMENTS)
                contract = NewContract(
                    book, Applicant(*NAME), money, model="Phone", identity="490154203237518", cost_cents=40_000
                )
                account = opening.open_account(session, contract, today=today(), now=now(), actor=SYSTEM)
                found = account.id
                for number in range(ENTRIES):
                    posting.post(
                        session,
                        found,
                        method=PaymentMethod.CASH,
                        amount_cents=1_800,
                        effective_on=start_on + dt.timedelta(days=4 * number),
                        today=today(),
                        now=now(),
                        actor=SYSTEM,
                    )
                session.add_all(
                    Activity(
                        account_id=found,
                        kind=ActivityKind.NOTE,
                        at=now() - dt.timedelta(hours=number),
                        summary=f"Something was said about it, number {number}",
                    )
                    for number in range(HAPPENED)
                )
        db.session.remove()
    return found
