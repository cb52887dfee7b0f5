"""Projected Collections: the forecast by hand, its survival, and what became of earlier ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.payments.kinds import PaymentMethod
from app.domain.reporting.forecast import Horizon
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AccountSnapshot, AutopayEnrollment, CollectionForecast, Installment, Promise
from app.queries.reporting import forecast
from app.queries.scope import EVERYTHING, Viewer
from app.reports import projected
from app.services.payments import posting
from app.services.reporting import forecasts
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import signed_in

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)
WHO: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": factories.actor()}


def weekly(session: Session, *days: int, **given: Any) -> Account:
    """A weekly account with a line of 10.00 on each of some days, counted from today."""
    lines = [(TODAY + day * DAY, 1_000) for day in days]
    return factories.account(session, lines=lines, frequency=Frequency.WEEKLY, payment_cents=1_000, **given)


def stood(session: Session, account: Account, on: dt.date, days_past_due: int = 0) -> None:
    session.add(
        AccountSnapshot(
            business_on=on, account_id=account.id, days_past_due=days_past_due, past_due_cents=0, balance_cents=0,
            status=AccountStatus.ACTIVE,
        )
    )  # fmt: skip
    session.flush()


def paid(session: Session, account: Account, number: int, on: dt.date) -> None:
    """The line was paid on a day, wherever the money came from."""
    line = (Installment.account_id == account.id) & (Installment.number == number)
    session.execute(update(Installment).where(line).values(paid_cents=Installment.amount_cents, paid_on=on))
    session.expire_all()


def test_without_evidence_half_of_what_falls_due_is_expected(session: Session) -> None:
    account = weekly(session, 0, 7, 14)
    (found,) = forecast.next_days(session, EVERYTHING, today=TODAY).values()
    assert len(found) == 10
    assert [(day.for_on, day.due, day.contractual_cents, day.expected_cents) for day in found if day.due] == [
        (TODAY, 1, 1_000, 500),
        (TODAY + 7 * DAY, 1, 1_000, 500),
    ]
    assert account.balance_cents == 3_000


def test_the_rate_is_that_of_accounts_of_the_same_bucket_autopay_and_frequency(session: Session) -> None:
    book = factories.portfolio(session)
    for place in range(6):
        seen = weekly(session, -20, -10, 30, book=book)
        stood(session, seen, TODAY - 21 * DAY)
        stood(session, seen, TODAY - 11 * DAY)
        if place < 5:
            paid(session, seen, 1, TODAY - 17 * DAY)  # The third day is still within the grace of a weekly account.
            paid(session, seen, 2, TODAY - (7 if place else 6) * DAY)  # One of them a day too late.
    late = weekly(session, -20, 30, book=book)
    stood(session, late, TODAY - 21 * DAY, days_past_due=5)  # Another bucket: no evidence for current accounts.
    unseen = weekly(session, -20, 30, book=book)  # No snapshot: no evidence at all.
    weekly(session, 0, book=book)
    rates = forecast.rates(session, EVERYTHING, today=TODAY)
    assert {kind: (rate.due, rate.on_time) for kind, rate in rates.items()} == {
        (0, False, Frequency.WEEKLY): (12, 9),
        (1, False, Frequency.WEEKLY): (1, 0),
    }
    found = forecast.next_days(session, EVERYTHING, today=TODAY)[book.id]
    assert found[0].expected_cents == 688  # 10.00 x (9 + 2) / (12 + 4) = 6.875.
    assert unseen.id != late.id


def test_autopay_counts_from_its_consent_on(session: Session) -> None:
    account = weekly(session, -20, -10, 0)
    for on in (TODAY - 21 * DAY, TODAY - 11 * DAY):
        stood(session, account, on)
    session.add(AutopayEnrollment(account_id=account.id, consent="Yes", source="by phone", at=NOW - 15 * DAY))
    session.flush()
    rates = forecast.rates(session, EVERYTHING, today=TODAY)
    assert {kind[1]: rate.due for kind, rate in rates.items()} == {False: 1, True: 1}


def test_promises_are_expected_by_how_many_are_kept(session: Session) -> None:
    for place in range(3):
        other = weekly(session, 20)
        status = "kept" if place else "broken"
        session.add(Promise(account_id=other.id, amount_cents=500, due_on=TODAY - 5 * DAY, status=status, made_at=NOW))
    account = weekly(session, 20)
    session.add(Promise(account_id=account.id, amount_cents=7_000, due_on=TODAY + 2 * DAY, made_at=NOW))
    session.flush()
    (found,) = forecast.next_days(session, EVERYTHING, today=TODAY).values()
    assert (found[2].promises_cents, found[2].contractual_cents) == (4_000, 0)  # 70.00 x (2 + 2) / (3 + 4).


def test_months_fade_as_accounts_of_that_age_have_defaulted(session: Session) -> None:
    # November 2026; ten accounts of October, of which four defaulted in their first month.
    for place in range(10):
        account = weekly(
            session, 5, start_on=dt.date(2026, 10, 5), status=AccountStatus.DEFAULT if place < 4 else AccountStatus.ACTIVE
        )
        if place < 4:
            account.default_on = dt.date(2026, 11, 10)
    weekly(session, 15, start_on=dt.date(2026, 10, 5))  # Falls due in December.
    session.flush()
    (found,) = forecast.next_months(session, EVERYTHING, today=TODAY).values()
    assert [month.for_on for month in found][:2] == [dt.date(2026, 11, 1), dt.date(2026, 12, 1)]
    assert len(found) == 12
    assert (found[0].due, found[0].contractual_cents, found[0].expected_cents) == (6, 6_000, 6_000)
    # Eleven reached the first month on book, four defaulted in it: (4 + 1) / (11 + 100).
    assert (found[1].contractual_cents, found[1].expected_cents) == (1_000, 955)  # 10.00 x (1 - 5 / 111).


def test_a_forecast_is_kept_once_and_held_against_what_came_by_the_end_of_the_grace(session: Session) -> None:
    due_on = TODAY - 12 * DAY
    account = weekly(session, -12, 30)
    other = weekly(session, -12, 30)
    assert forecasts.keep(session, today=due_on - DAY) == 22
    assert forecasts.keep(session, today=due_on - DAY) == 0
    for each, on, cents in ((account, due_on + 3 * DAY, 600), (account, due_on + 4 * DAY, 400), (other, due_on, 1_000)):
        posting.post(session, each.id, method=PaymentMethod.CASH, amount_cents=cents, effective_on=on, **WHO)
    tested = forecast.back_test(session, EVERYTHING, today=TODAY)
    (one,) = [each for each in tested[1] if each.for_on == due_on]
    assert (one.made_on, one.expected_cents, one.actual_cents, one.error_cents) == (due_on - DAY, 1_000, 1_600, -600)
    assert max(each.for_on for each in tested[1]) < TODAY - 7 * DAY
    kept = session.scalar(select(func.count()).where(CollectionForecast.horizon == Horizon.MONTH))
    assert kept == 12


def test_portfolios_add_up_and_are_seen_by_their_own_staff(session: Session) -> None:
    here, there = factories.portfolio(session), factories.portfolio(session)
    weekly(session, 0, 7, book=here)
    weekly(session, 0, book=there)
    whole = projected.projected(session, EVERYTHING, today=TODAY)
    parts = [projected.projected(session, EVERYTHING, today=TODAY, portfolio_id=book.id) for book in (here, there)]
    assert [sum(day.contractual_cents for day in part.days) for part in parts] == [2_000, 1_000]
    assert forecast.together(part.days for part in parts) == whole.days
    assert forecast.together(part.months for part in parts) == whole.months
    restricted = Viewer(staff_id=0, role=Role.MANAGER, portfolio_ids=frozenset({here.id}))
    assert projected.projected(session, restricted, today=TODAY).days == parts[0].days
    assert [week.due.due for week in parts[0].weeks if week.due.due] == [1, 1]


def test_the_page_shows_the_weeks_in_their_columns_and_gives_files(client: FlaskClient, session: Session) -> None:
    weekly(session, 0, 7)
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER))
    page = manager.get("/admin/projected/")
    assert page.status_code == 200
    start = page.text.index("Expected and collected by week")
    heads = [part.split("</th>")[0].split(">")[-1] for part in page.text[start:].split('<th scope="col"')[1:6]]
    assert heads == ["Week", "Expected", "# Due", "# Collected", "Rate"]
    assert "No forecast has matured yet" in page.text
    for table in ("days", "months", "weeks"):
        assert manager.get(f"/admin/projected/export/{table}.csv").status_code == 200
    assert manager.get("/admin/projected/?portfolio=999999").status_code == 404


def test_a_page_without_accounts_says_what_would_fill_it(client: FlaskClient, session: Session) -> None:
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER))
    assert "Nothing falls due" in manager.get("/admin/projected/").text
