"""Predictive Analytics: cohorts, their triangle, first payment defaults, payback and roll rates, each counted by hand."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.reporting.cohorts import completed_months, month_on_book
from app.domain.servicing.arrangements import ArrangementKind, ArrangementState
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AccountSnapshot, Arrangement, Device, Installment, Payment, PortfolioDay
from app.queries.listing import Criteria
from app.queries.reporting import cohorts
from app.queries.scope import EVERYTHING, Viewer
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import signed_in

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)


def lease(session: Session, start_on: dt.date, **given: Any) -> Account:
    """A monthly lease whose first line falls due two weeks after its start."""
    values = {"lines": [(start_on + 14 * DAY, 5_000), (TODAY + 20 * DAY, 5_000)], "frequency": Frequency.MONTHLY} | given
    return factories.account(session, start_on=start_on, **values)


def cash(session: Session, account: Account, cents: int, on: dt.date, kind: PaymentKind = PaymentKind.PAYMENT) -> None:
    session.add(
        Payment(
            account_id=account.id, kind=kind, method=PaymentMethod.CASH, state=PaymentState.COMPLETE, amount_cents=cents,
            received_at=NOW, effective_on=on, posted_at=NOW, posted_on=on,
        )
    )  # fmt: skip
    session.flush()


def test_a_cohort_is_a_calendar_month_with_its_counts(session: Session) -> None:
    first = dt.date(2026, 8, 3)
    lease(session, first)
    lease(session, first, status=AccountStatus.PAID_OFF)
    lease(session, first, status=AccountStatus.DEFAULT, default_on=dt.date(2026, 11, 1))
    lease(session, first, lines=[(TODAY + 5 * DAY, 100)], default_on=dt.date(2026, 10, 1))  # It has caught up since.
    lease(session, dt.date(2026, 8, 31), status=AccountStatus.VOID)
    lease(session, dt.date(2026, 9, 1))
    lease(session, dt.date(2026, 9, 1), is_test=True)
    august, september = cohorts.cohorts(session, EVERYTHING, today=TODAY)
    assert (august.month_on, august.count, september.count) == (dt.date(2026, 8, 1), 4, 1)
    assert (august.active, august.past_due, august.paid_off, august.defaulted) == (2, 1, 1, 2)
    assert august.default_rate == 0.5
    narrow = cohorts.cohorts(session, EVERYTHING, today=TODAY, criteria=Criteria({"start_from": ("2026-09-01",)}))
    assert [each.count for each in narrow] == [1]
    nobody = Viewer(staff_id=0, role=Role.MANAGER, portfolio_ids=frozenset({999_999}))
    assert cohorts.cohorts(session, nobody, today=TODAY) == []


def test_the_triangle_shows_a_month_once_every_lease_is_that_old(session: Session) -> None:
    for start, default in ((10, dt.date(2026, 9, 10)), (10, dt.date(2026, 9, 11)), (25, None), (25, None)):
        lease(session, dt.date(2026, 8, start), default_on=default)
    (august,) = cohorts.cohorts(session, EVERYTHING, today=TODAY)
    assert august.matured(TODAY) == 2  # The lease of August 25 completes its third month on November 25.
    assert [august.defaulted_by(month, TODAY) for month in (1, 2, 3)] == [1, 2, None]
    assert august.is_thin


def test_months_on_book_are_the_same_in_sql_and_by_the_rule(session: Session) -> None:
    chance = random.Random(5)
    expected: Counter[tuple[dt.date, int]] = Counter()
    starts = [dt.date(2026, 1, 31), dt.date(2025, 8, 31), dt.date(2026, 3, 30)]
    for place in range(25):
        start = starts[place] if place < len(starts) else dt.date(2025, 6, 1) + chance.randint(0, 400) * DAY
        on = start + chance.randint(0, 120) * DAY if place else dt.date(2026, 2, 28)
        lease(session, start, lines=[(TODAY + DAY, 100)], default_on=on)
        expected[start.replace(day=1), month_on_book(start, on)] += 1
    found = cohorts.cohorts(session, EVERYTHING, today=TODAY)
    assert {(each.month_on, month): number for each in found for month, number in each.defaults.items()} == dict(expected)


def test_a_first_payment_default_is_a_first_line_unpaid_when_its_grace_ends(session: Session) -> None:
    start = dt.date(2026, 9, 1)  # The first line falls due on September 15; its grace ends on the 22nd.
    for paid_on in (dt.date(2026, 9, 22), dt.date(2026, 9, 23), None):
        account = lease(session, start)
        if paid_on is not None:
            line = (Installment.account_id == account.id) & (Installment.number == 1)
            session.execute(update(Installment).where(line).values(paid_cents=5_000, paid_on=paid_on))
    lease(session, start, lines=[(TODAY - 7 * DAY, 5_000), (TODAY + 9 * DAY, 5_000)])  # Its grace ends today.
    (found,) = cohorts.cohorts(session, EVERYTHING, today=TODAY)
    assert (found.count, found.first_due, found.first_missed) == (4, 3, 2)


def test_payback_is_cash_of_what_the_devices_cost(session: Session) -> None:
    account = lease(session, dt.date(2026, 8, 10))  # Its device cost 300.00.
    cash(session, account, 12_000, dt.date(2026, 9, 10))
    cash(session, account, 6_000, dt.date(2026, 9, 11))
    cash(session, account, 3_000, dt.date(2026, 9, 30), PaymentKind.REFUND)
    unknown = lease(session, dt.date(2026, 8, 10))
    session.get_one(Device, unknown.device_id).cost_cents = None
    cash(session, unknown, 99_000, dt.date(2026, 9, 10))
    (found,) = cohorts.cohorts(session, EVERYTHING, today=TODAY)
    assert [found.payback_by(month, TODAY) for month in (1, 2, 4)] == [0.4, 0.5, None]


def test_rolls_count_where_the_accounts_of_a_bucket_stand_a_month_later(session: Session) -> None:
    last, first = TODAY - DAY, TODAY - 31 * DAY
    book = factories.portfolio(session)
    ends: list[tuple[int, int | None, AccountStatus]] = [
        (0, 0, AccountStatus.ACTIVE), (0, 10, AccountStatus.ACTIVE),
        (5, 0, AccountStatus.ACTIVE), (5, 0, AccountStatus.ACTIVE), (5, 35, AccountStatus.ACTIVE),
        (5, None, AccountStatus.PAID_OFF), (5, None, AccountStatus.RETURNED),
    ]  # fmt: skip
    for place, (before, after, status) in enumerate(ends):
        account = lease(session, dt.date(2026, 6, 1), book=book, status=status)
        for on, days in ((first, before), (last, after)):
            if days is not None:
                session.add(
                    AccountSnapshot(
                        business_on=on, account_id=account.id, days_past_due=days, past_due_cents=0, balance_cents=0,
                        status=AccountStatus.ACTIVE,
                    )
                )  # fmt: skip
        if place == 3:
            session.add(
                Arrangement(
                    account_id=account.id, kind=ArrangementKind.EXTENSION, state=ArrangementState.APPLIED, terms={"days": 7},
                    reason="x", requested_at=NOW, requested_on=first + DAY, applied_at=NOW, applied_on=first + DAY,
                )
            )  # fmt: skip
    for on in (first, last):
        session.add(
            PortfolioDay(business_on=on, portfolio_id=book.id, from_days=0, accounts=1, past_due_cents=0, balance_cents=0)
        )
    session.flush()
    assert cohorts.roll_days(session, EVERYTHING, today=TODAY) == (first, last)
    current, late, *_ = cohorts.rolls(session, EVERYTHING, today=TODAY, first=first, last=last)
    assert (current.accounts, current.to) == (2, (1, 1, 0, 0, 0))
    assert (late.accounts, late.to, late.extended, late.paid_off, late.left) == (5, (1, 0, 1, 0, 0), 1, 1, 1)
    assert late.cure_rate == 0.2
    assert sum(late.to) + late.extended + late.paid_off + late.left == late.accounts


def test_the_page_shows_it_all_and_gives_files(client: FlaskClient, session: Session) -> None:
    lease(session, dt.date(2026, 7, 1), default_on=dt.date(2026, 8, 20))
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER))
    page = manager.get("/admin/analytics/")
    assert page.status_code == 200
    for said in ("Monthly View", "Default %", "1 of 1; 95%: 20.7% to 100.0%", "There are no two ends of day a month apart yet"):
        assert said in page.text
    for table in ("cohorts", "defaults", "payback", "rolls"):
        assert manager.get(f"/admin/analytics/export/{table}.csv").status_code == 200
    assert completed_months(dt.date(2026, 7, 1), TODAY) == 4


def test_a_page_without_leases_says_what_would_fill_it(client: FlaskClient, session: Session) -> None:
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER))
    assert "There are no cohorts yet" in manager.get("/admin/analytics/").text
