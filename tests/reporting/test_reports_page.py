"""The Reports page: every cell against a slow count over the raw rows, every figure against the list behind it."""

from __future__ import annotations

import datetime as dt
import random
import re
from html import unescape
from typing import Any

import pandas as pd
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod
from app.domain.reporting.portfolio import total
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, Card, Customer, Device, Installment, Portfolio
from app.queries.collections.buckets import buckets
from app.queries.listing import Criteria
from app.queries.reporting import portfolio
from app.queries.scope import EVERYTHING, Viewer
from app.queries.servicing.accounts import ACCOUNTS
from app.reports.portfolio import sheets
from app.reports.sheet import Sheet
from app.services.collections.day import snapshots, sums
from app.services.payments import posting
from app.services.servicing import standing
from app.services.servicing.status import set_status
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import signed_in

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)
WHO: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": factories.actor()}
CARDS: list[tuple[str | None, str | None] | None] = [
    None, ("DEBIT", "NOT_PREPAID"), ("CREDIT", "NOT_PREPAID"), ("DEBIT", "PREPAID"), (None, None),
]  # fmt: skip


@pytest.fixture
def book(session: Session) -> Portfolio:
    """Two dozen accounts of all kinds, some of them late, some paid."""
    chance, row = random.Random(7), factories.portfolio(session)
    for place in range(25):
        first = TODAY + chance.randint(-110, 10) * DAY
        lines = [(first + 14 * n * DAY, chance.randint(2_000, 9_000)) for n in range(chance.randint(2, 9))]
        status = chance.choice([AccountStatus.ACTIVE] * 6 + list(AccountStatus))
        account = factories.account(
            session, row, lines=lines, frequency=chance.choice(list(Frequency)), payment_cents=lines[0][1],
            down_payment_cents=chance.choice([0, 2_500]), opened_at=NOW - 200 * DAY,
        )  # fmt: skip
        if place % 5 == 0:
            session.get_one(Device, account.device_id).cost_cents = None
        if (kind := CARDS[place % 5]) is not None:
            session.add(
                Card(
                    customer_id=account.customer_id, square_card_id=f"ccof:{place}", brand="VISA", last_four="1111",
                    expires_month=1, expires_year=2030, is_primary=True, created_at=NOW, card_type=kind[0], prepaid_type=kind[1],
                )
            )  # fmt: skip
        for _ in range(chance.randint(0, 1)):
            posting.post(
                session, account.id, method=PaymentMethod.CASH, amount_cents=chance.randint(500, 9_000),
                effective_on=min(TODAY, first + chance.randint(0, 60) * DAY), **WHO,
            )  # fmt: skip
        account.status = status if account.status is AccountStatus.ACTIVE else account.status
    session.flush()
    standing.restate(session, list(session.scalars(select(Account.id))), today=TODAY)
    session.expire_all()
    return row


def raw(session: Session) -> pd.DataFrame:
    """A row per account out of the bare tables; what is derived is worked out here, not read."""
    lines = pd.DataFrame(
        session.execute(
            select(
                Installment.account_id, Installment.number, Installment.due_on, Installment.amount_cents, Installment.paid_cents
            )
        ).all()
    )
    lines["open"] = lines.amount_cents - lines.paid_cents
    late = lines[(lines.open > 0) & (lines.due_on < TODAY)]
    first = lines.sort_values("number").drop_duplicates("account_id").set_index("account_id")
    frame = pd.DataFrame(
        session.execute(
            select(
                Account.id, Account.status, Account.frequency, Account.payment_cents, Account.down_payment_cents,
                Account.paid_cents, Device.cost_cents, Card.card_type, Card.prepaid_type, Card.id.label("card_id"),
            )
            .join(Device, Device.id == Account.device_id)
            .join(Customer, Customer.id == Account.customer_id)
            .outerjoin(Card, Card.customer_id == Customer.id)
        ).all()
    ).set_index("id")  # fmt: skip
    frame["status"] = frame.status.map(str)
    frame["frequency"] = frame.frequency.map(str)
    frame["days"] = late.groupby("account_id").due_on.min().map(lambda on: (TODAY - on).days).reindex(frame.index).fillna(0)
    frame["late_cents"] = late.groupby("account_id").open.sum().reindex(frame.index).fillna(0)
    frame["open_cents"] = lines.groupby("account_id").open.sum()
    owed = frame.status.isin(["active", "default", "recovery", "pending_review"])
    frame["owed_cents"] = frame.open_cents.where(owed, 0)
    frame["first_due"] = first.due_on <= TODAY
    frame["first_made"] = frame.first_due & (first.open == 0)
    frame["standing"] = frame.status.mask((frame.status == "active") & (frame.days > 0), "past_due")
    frame["bank"] = frame.card_type.map({"DEBIT": "Debit", "CREDIT": "Credit"}).fillna("Not known yet")
    frame["bank"] = frame.bank.mask(frame.prepaid_type == "PREPAID", "Prepaid").mask(frame.card_id.isna(), "No card")
    return frame


def made(session: Session, **given: Any) -> dict[str, Sheet]:
    heaps = portfolio.heaps(session, EVERYTHING, today=TODAY, **given)
    return {sheet.name: sheet for sheet in sheets(heaps, buckets(session, "report"))}


def half_up(value: float) -> int:
    return int(value + 0.5) if value >= 0 else -int(-value + 0.5)


def performs(frame: pd.DataFrame) -> tuple[Any, ...]:
    active, late = frame.standing.isin(["active", "past_due"]).sum(), (frame.standing == "past_due").sum()
    lost, due, paid = (frame.status == "default").sum(), frame.first_due.sum(), frame.first_made.sum()
    return (
        len(frame), active, late, late / active if active else None, lost, lost / len(frame), (frame.status == "paid_off").sum(),
        due, paid, paid / due if due else None,
    )  # fmt: skip


def test_every_cell_is_what_counting_the_raw_rows_gives(session: Session, book: Portfolio) -> None:
    frame, found = raw(session), made(session)
    by_status = {line.key[0]: line.values[1:] for line in found["status"].lines}
    expected = {
        name: (len(group), pytest.approx(len(group) / len(frame)), group.owed_cents.sum())
        for name, group in frame.groupby("standing")
    }
    assert by_status == expected
    for line in found["profit"].lines:
        group = frame[frame.frequency == line.key[0]]
        costed = group[group.cost_cents.notna()]
        profit = (costed.paid_cents + costed.owed_cents - costed.cost_cents).mean()
        assert line.values[1:] == (
            len(group), half_up(group.payment_cents.mean()), half_up(group.down_payment_cents.mean()),
            None if costed.empty else half_up(profit),
        )  # fmt: skip
    for line in found["performance"].lines:
        assert line.values[1:] == pytest.approx(performs(frame[frame.frequency == line.key[0]]))
    assert found["performance"].totals[1:] == pytest.approx(performs(frame))
    rows = {(line.values[0], line.key[1]): line.values[2:] for line in found["bank"].lines}
    assert set(rows) == set(frame.groupby(["bank", "frequency"]).groups)
    for (bank, frequency), values in rows.items():
        assert values == pytest.approx(performs(frame[(frame.bank == bank) & (frame.frequency == frequency)]))
    open_ones = frame[frame.status.isin(["active", "default", "recovery"])]
    bands = {"Current": (0, 0), "1-30": (1, 30), "31-60": (31, 60), "61-90": (61, 90), "90+": (91, 9_999)}
    for line in found["aging"].lines:
        group = open_ones[open_ones.days.between(*bands[line.values[0]])]
        assert line.values[1:] == (len(group), group.late_cents.sum())


def test_the_parts_of_a_filter_add_up_to_the_whole(session: Session, book: Portfolio) -> None:
    whole = total(portfolio.heaps(session, EVERYTHING, today=TODAY))
    for name, values in (("frequency", [each.value for each in Frequency]), ("portfolio", [str(book.id)])):
        parts = [
            total(portfolio.heaps(session, EVERYTHING, today=TODAY, criteria=Criteria({name: (value,)}))) for value in values
        ]
        assert sum(parts[1:], parts[0]) == whole
    middle = (TODAY - 40 * DAY).isoformat()
    halves = [Criteria({"start_to": (middle,)}), Criteria({"start_from": ((TODAY - 39 * DAY).isoformat(),)})]
    one, other = (total(portfolio.heaps(session, EVERYTHING, today=TODAY, criteria=each)) for each in halves)
    assert one + other == whole
    assert 0 < one.accounts < whole.accounts
    nobody = Viewer(staff_id=0, role=Role.MANAGER, portfolio_ids=frozenset({book.id + 1}))
    assert portfolio.heaps(session, nobody, today=TODAY) == []


def end(session: Session, on: dt.date) -> None:
    span: dict[str, Any] = {"first": 0, "last": 2**40, "on": on, "now": NOW}
    snapshots.take(session, **span)
    sums.add_up(session, **span)


def test_as_of_today_equals_live_and_a_past_day_stays_what_it_was(session: Session, book: Portfolio) -> None:
    end(session, TODAY)
    live = made(session)
    assert made(session, as_of=TODAY) == live
    tomorrow = TODAY + DAY
    paid = session.scalars(select(Account).where(Account.status == AccountStatus.ACTIVE, Account.balance_cents > 5_000)).first()
    assert paid is not None
    posting.post(
        session, paid.id, method=PaymentMethod.CASH, amount_cents=5_000, today=tomorrow, now=NOW + DAY, actor=factories.actor()
    )
    set_status(
        session, paid, to=AccountStatus.CANCELLED, reason="x", business_on=tomorrow, now=NOW + DAY, actor=factories.actor()
    )
    factories.account(session, book, opened_at=NOW + DAY)
    assert made(session) != live
    assert made(session, as_of=TODAY) == live
    with pytest.raises(RuleViolation, match="No end of day was kept for 2026-11-19"):
        made(session, as_of=TODAY - DAY)


def test_a_figure_leads_to_as_many_rows_as_it_says(client: FlaskClient, session: Session, book: Portfolio) -> None:
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER))
    page = manager.get(f"/admin/reports/?portfolio={book.id}")
    assert page.status_code == 200
    links = re.findall(r'<a href="/admin/accounts/\?([^"]+)">([0-9,]+)</a>', page.text)
    assert len(links) > 30
    for query, number in links:
        criteria = Criteria.parse(unescape(query), ACCOUNTS.parameters)
        count = ACCOUNTS.count(session, EVERYTHING, today=TODAY, criteria=criteria)
        assert count.rows == int(number.replace(",", "")), query


def test_the_page_keeps_its_filter_in_files_and_refuses_what_is_no_day(
    client: FlaskClient, session: Session, book: Portfolio
) -> None:
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER))
    weekly = manager.get("/admin/reports/export/status.csv?frequency=weekly").text
    everything = manager.get("/admin/reports/export/status.csv").text
    assert everything.splitlines()[0].endswith("Status,Count,%,Outstanding")
    count = session.scalar(select(Account.id).where(Account.frequency == Frequency.WEEKLY).limit(1))
    assert count is not None
    assert weekly.splitlines()[-1] != everything.splitlines()[-1]
    assert manager.get("/admin/reports/export/bank.xlsx").data[:2] == b"PK"
    for wrong in ("as_of=yesterday", "as_of=2026-11-01", "as_of=2027-01-01"):
        assert manager.get(f"/admin/reports/?{wrong}").status_code == 404
    assert manager.get("/admin/reports/?frequency=never").status_code == 200


def test_an_empty_portfolio_says_what_would_fill_the_page(client: FlaskClient, session: Session) -> None:
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER))
    page = manager.get("/admin/reports/").text
    assert "There is nothing to count" in page
