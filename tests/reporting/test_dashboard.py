"""The Dashboard: its figures together, its page, and that old answers are kept for dear ones only."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from admin_views.kept_figures import Kept
from app import ROOT, clock
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AccountSnapshot, PortfolioDay, Staff, ThresholdCrossing
from app.queries.collections import aging, alerts
from app.queries.reporting import dashboard, trend
from app.queries.scope import Viewer
from app.services.payments import posting
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import Visitor, signed_in

pytestmark = pytest.mark.usefixtures("friday")
ALL = Viewer(staff_id=0, role=Role.SUPERVISOR)
DAY = dt.timedelta(days=1)


@pytest.fixture
def supervisor(client: FlaskClient, session: Session) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.SUPERVISOR))


def late(session: Session, days: int, cents: int = 5_400, **given: Any) -> Account:
    return factories.account(session, lines=[(TODAY - days * DAY, cents), (TODAY + 30 * DAY, 1_000)], **given)


def snapshot(session: Session, account: Account, on: dt.date, days: int) -> None:
    session.add(
        AccountSnapshot(
            business_on=on, account_id=account.id, days_past_due=days, past_due_cents=0, balance_cents=0, status="active"
        )
    )


def test_days_and_weeks_are_those_of_the_page(session: Session) -> None:
    late(session, 3)
    figures = dashboard.figures(session, ALL, today=TODAY, now=NOW)
    days = [(span.from_on, span.holds_today, span.is_ahead) for span in figures.days]
    assert len(days) == 14 + 7
    assert days[0][0] == dt.date(2026, 11, 7) and days[13] == (TODAY, True, False) and days[-1][0] == dt.date(2026, 11, 27)
    weeks = [(span.from_on, span.to_on, span.holds_today, span.is_ahead) for span in figures.weeks]
    assert len(weeks) == 8 + 4
    assert weeks[0][:2] == (dt.date(2026, 9, 28), dt.date(2026, 10, 4))
    assert weeks[7] == (dt.date(2026, 11, 16), dt.date(2026, 11, 22), True, False)
    assert weeks[-1] == (dt.date(2026, 12, 14), dt.date(2026, 12, 20), False, True)
    assert [span.due.due for span in figures.days if span.due.due] == [1]
    assert sum(span.due.due for span in figures.weeks) == 2


def test_live_aging_counts_open_accounts_by_bucket_to_the_cent(session: Session) -> None:
    late(session, 0)
    late(session, 1)
    late(session, 30)
    late(session, 31)
    late(session, 60, status=AccountStatus.DEFAULT)
    late(session, 91, status=AccountStatus.RECOVERY)
    late(session, 500, status=AccountStatus.CHARGED_OFF)
    late(session, 50, status=AccountStatus.PENDING_REVIEW)
    found = aging.live(session, ALL, today=TODAY, started_since=TODAY - 20 * DAY)
    assert [(one.bucket.label, one.accounts, one.past_due_cents, one.balance_cents, one.active) for one in found] == [
        ("Current", 1, 0, 6_400, 1),
        ("1-30", 2, 10_800, 12_800, 2),
        ("31-60", 2, 10_800, 12_800, 1),
        ("61-90", 0, 0, 0, 0),
        ("90+", 1, 5_400, 6_400, 0),
    ]
    assert sum(one.started for one in found) == 2  # They began fourteen days before their first line.


def test_live_aging_is_of_today_even_before_the_day_is_opened(session: Session) -> None:
    factories.account(session, lines=[(TODAY - 31 * DAY, 1_000), (TODAY - DAY, 2_000)], today=TODAY - 2 * DAY)
    factories.account(session, lines=[(TODAY - DAY, 4_000)], today=TODAY - 2 * DAY)
    found = {
        one.bucket.label: (one.accounts, one.past_due_cents) for one in aging.live(session, ALL, today=TODAY, started_since=TODAY)
    }
    assert found == {"Current": (0, 0), "1-30": (1, 4_000), "31-60": (1, 3_000), "61-90": (0, 0), "90+": (0, 0)}


def test_an_alert_is_the_highest_threshold_that_an_account_crossed_and_is_beyond_still(session: Session) -> None:
    def crossing(account: Account, threshold: int, ago: int) -> None:
        session.add(ThresholdCrossing(account_id=account.id, business_on=TODAY - ago * DAY, threshold=threshold))

    crossing(late(session, 31), 30, 0)
    both = late(session, 61)
    crossing(both, 30, 5)
    crossing(both, 60, 0)
    crossing(late(session, 40), 30, 0)
    crossing(late(session, 10), 30, 0)  # Has paid since.
    crossing(late(session, 36), 30, 5)
    crossing(late(session, 50), 45, 0)  # A threshold that the house has no more.
    session.flush()
    assert alerts.counts(session, ALL, since_on=TODAY, today=TODAY) == {30: 2, 60: 1}
    assert alerts.counts(session, ALL, since_on=TODAY - 6 * DAY, today=TODAY) == {30: 3, 60: 1}
    latest = alerts.latest(session, ALL, threshold=60, since_on=TODAY - 6 * DAY, today=TODAY, limit=5)
    assert [row.account_id for row in latest] == [both.id]


def test_the_trend_takes_a_point_a_week_and_single_days_before_there_are_weeks(session: Session) -> None:
    book = factories.portfolio(session)
    for n in range(40):
        counts = {0: 80 - n, 1: 15, 31: 5 + n}
        session.add_all(
            PortfolioDay(
                business_on=TODAY - (n + 1) * DAY,
                portfolio_id=book.id,
                from_days=low,
                accounts=count,
                past_due_cents=0,
                balance_cents=0,
            )
            for low, count in counts.items()
        )
        session.flush()
        if n == 9:
            assert len(trend.aging_trend(session, ALL, today=TODAY).days) == 10
    found = trend.aging_trend(session, ALL, today=TODAY)
    assert found.days == tuple(TODAY - (1 + 7 * n) * DAY for n in reversed(range(6)))
    assert [bucket.label for bucket in found.buckets] == ["1-30", "31-60", "61-90", "90+"]
    assert found.shares[-1] == (0.15, 0.05, 0.0, 0.0)
    assert found.shares[0] == (0.15, 0.40, 0.0, 0.0)


def test_the_trend_of_a_collector_is_that_of_their_book(session: Session) -> None:
    me = factories.staff(session)
    mine, theirs = late(session, 3), late(session, 40)
    session.execute(update(Account).where(Account.id == mine.id).values(assigned_to_id=me.id))
    for account, days in ((mine, 2), (theirs, 39)):
        snapshot(session, account, TODAY - DAY, days)
    for low in (1, 31):
        session.add(
            PortfolioDay(
                business_on=TODAY - DAY,
                portfolio_id=mine.portfolio_id,
                from_days=low,
                accounts=1,
                past_due_cents=0,
                balance_cents=0,
            )
        )
    session.flush()
    found = trend.aging_trend(session, Viewer(staff_id=me.id, role=Role.COLLECTOR), today=TODAY)
    assert found.shares == ((1.0, 0.0, 0.0, 0.0),)
    assert trend.aging_trend(session, ALL, today=TODAY).shares == ((0.5, 0.5, 0.0, 0.0),)


def test_the_tables_have_the_columns_that_are_written_down(session: Session, supervisor: Visitor) -> None:
    late(session, 3)
    html = supervisor.get("/admin/").text
    tables = re.findall(r"<table.*?</table>", html, re.S)
    heads = [
        [re.sub(r"<[^>]+>", "", head).strip() for head in re.findall(r'<th scope="col".*?</th>', one, re.S)] for one in tables
    ]
    written = json.loads((ROOT / "tests" / "reporting" / "tables.json").read_text())["/admin/"]
    assert heads[:2] == written


def test_the_cards_say_what_happened_today(session: Session, supervisor: Visitor) -> None:
    account = factories.account(session, lines=[(TODAY, 5_400), (TODAY + 7 * DAY, 5_400)])
    late(session, 12, 4_000)
    posting.post(
        session,
        account.id,
        method=PaymentMethod.CASH,
        amount_cents=6_000,
        today=TODAY,
        now=clock.now(),
        actor=factories.actor(),
    )
    session.commit()
    cards = {}
    for cell in re.findall(r'<a class="fig.*?</a>', supervisor.get("/admin/").text, re.S):
        label, value, detail = (
            " ".join(re.sub(r"<[^>]+>", "", part).split())
            for part in re.search(
                r'<span class="l">(.*?)</span>\s*<span class="v[^"]*">(.*?)</span><span class="d[^"]*">(.*)', cell, re.S
            ).groups()  # type: ignore[union-attr]
        )
        cards[label] = (value, detail)
    assert cards == {
        "Due today": ("$54.00", "1 installment"),
        "Collected today": ("$54.00", "1 installment · cash in $60.00"),
        "Collection rate": ("100.0%", "no Friday to compare with"),
        "Past due": ("$40.00", "1 account · 50.0% of open"),
        "Active accounts": ("2", "0 started this week · 0 in default or recovery"),
        "AutoPay last run": ("No run yet", "0 card payments today, $0.00"),
        "Follow-ups due": ("0", "none left today"),
        "Alerts": ("0", "0 in the last 7 days"),
    }


def test_each_figure_that_counts_rows_leads_to_as_many_rows(session: Session, supervisor: Visitor) -> None:
    for days in (0, 0, 5, 35):
        late(session, days)
    late(session, 70, status=AccountStatus.DEFAULT)
    late(session, 70, status=AccountStatus.CHARGED_OFF)
    html = supervisor.get("/admin/").text
    links = dict(re.findall(r'<a class="fig" href="([^"]+)">\s*<span class="l">([^<]+)', html))
    by_label = {label: url.replace("&amp;", "&") for url, label in links.items()}

    def rows(url: str) -> int:
        return len(re.findall(r"<tr data-id=", supervisor.get(url).text))

    assert rows(by_label["Due today"]) == 2
    assert rows(by_label["Past due"]) == 3
    assert rows(by_label["Active accounts"]) == 4
    (today,) = re.findall(r'href="(/admin/due/[^"]+due_from=2026-11-20[^"]*)"', html)[:1]
    assert rows(today.replace("&amp;", "&")) == 2


def test_the_tables_can_be_had_as_files(session: Session, supervisor: Visitor) -> None:
    late(session, 3)
    answer = supervisor.get("/admin/export/day.csv")
    lines = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert lines[0] == ["Day", "Due", "Collected", "Outstanding", "Amount Due", "Collected", "Rate"]
    assert lines[11][:6] == ["2026-11-17", "1", "0", "1", "54.00", "0.00"]
    sheet = openpyxl.load_workbook(io.BytesIO(supervisor.get("/admin/export/week.xlsx").data)).active
    assert sheet is not None and sheet.max_row == 13


def test_a_portfolio_can_be_chosen_by_who_may_see_it(client: FlaskClient, session: Session) -> None:
    here, there = factories.portfolio(session, name="Ohio Valley"), factories.portfolio(session, name="Gulf Coast")
    late(session, 3, 1_000, book=here)
    late(session, 3, 2_000, book=there)
    everybody = signed_in(client, session, factories.staff(session, Role.MANAGER))
    assert "$30.00" in everybody.get("/admin/").text
    assert "$20.00" in everybody.get(f"/admin/?portfolio={there.id}").text
    bound: Staff = factories.staff(session, Role.MANAGER, portfolios=[here])
    visitor = signed_in(client, session, bound)
    page = visitor.get("/admin/").text
    assert "$10.00" in page and "Gulf Coast" not in page
    for given in (there.id, "x", "99999999999999999999", "-1"):
        assert visitor.get(f"/admin/?portfolio={given}").status_code == 404
        assert visitor.get(f"/admin/export/day.csv?portfolio={given}").status_code == 404


def test_the_library_of_charts_comes_from_here_packed_and_for_ever(
    client: FlaskClient, supervisor: Visitor, session: Session
) -> None:
    late(session, 3)
    url = re.search(r'data-plotly-url="([^"]+)"', supervisor.get("/admin/").text)
    assert url
    packed = client.get(url[1], headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.data) < 2_000_000
    assert packed.cache_control.immutable
    plain = client.get(url[1])
    assert "Content-Encoding" not in plain.headers and plain.data.lstrip()[:2] == b"/*"


def test_what_is_quick_is_asked_anew_and_what_is_dear_is_kept() -> None:
    asked: list[int] = []

    def work_out() -> int:
        asked.append(1)
        return len(asked)

    quick: Kept[int] = Kept(lambda value: True, dear_seconds=60.0)
    assert [quick.get("figures", work_out) for _ in range(3)] == [1, 2, 3]
    dear: Kept[int] = Kept(lambda value: True, dear_seconds=0.0)
    dear.keep("figures", 7, 1.0)
    assert [dear.get("figures", work_out) for _ in range(3)] == [7, 7, 7]
    assert dear.get("of another", work_out) == 4
    small: Kept[int] = Kept(lambda accounts: accounts > 20_000, dear_seconds=0.0)
    small.keep("figures", 19_999, 60.0)
    assert small.get("figures", lambda: 20_000) == 20_000


def test_who_asks_for_old_figures_gets_them_at_once_while_new_ones_are_worked_out() -> None:
    waiting: list[Callable[[], None]] = []
    kept: Kept[int] = Kept(lambda value: True, dear_seconds=0.0, aside=waiting.append)
    kept.keep("figures", 7, 0.0)  # Fresh for twenty times nothing.
    assert [kept.get("figures", lambda: 8) for _ in range(3)] == [7, 7, 7]
    assert len(waiting) == 1, "one renews, not each who asks"
    waiting.pop()()
    assert kept.get("figures", lambda: 9) == 8
