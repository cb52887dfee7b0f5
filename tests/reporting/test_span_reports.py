"""Delinquency, payments and cash, AutoPay, waivers and reversals: figures by hand, links to as many rows, files, refusals."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.autopay.charges import ChargeKind, ChargeState
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.charges import FeeKind
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AutopayEnrollment, Card, Charge, Dealer, Payment, Portfolio
from app.queries.autopay.lists import CHARGES
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria, Listing
from app.queries.payments.listings import PAYMENTS
from app.queries.payments.record_lists import ADJUSTMENTS
from app.queries.payments.record_lists import PAYMENTS as LEDGER
from app.queries.reporting import corrections
from app.queries.reporting.installments_due import INSTALLMENTS_DUE
from app.queries.reporting.receipts import receipts
from app.queries.scope import EVERYTHING, Viewer
from app.queries.servicing.accounts import ACCOUNTS
from app.reports import REPORTS, delinquency
from app.reports import autopay as autopay_report
from app.reports import corrections as corrections_report
from app.reports import receipts as cash_report
from app.reports.sheet import Sheet
from app.reports.table import Asked
from app.services.payments import charging, posting
from app.services.payments.reversing import reverse
from app.services.servicing.status import set_status
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import Visitor, signed_in

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)
WEEK = Span(TODAY - 6 * DAY, TODAY)
LISTS: dict[str, Listing] = {
    "/admin/accounts/": ACCOUNTS,
    "/admin/autopay/charges/": CHARGES,
    "/admin/due/": INSTALLMENTS_DUE,
    "/admin/payments-log/": PAYMENTS,
    "/admin/records/adjustments/": ADJUSTMENTS,
    "/admin/records/ledger/": LEDGER,
}


def who(person: Any = None) -> dict[str, Any]:
    return {"today": TODAY, "now": NOW, "actor": factories.actor(person)}


def pay(session: Session, account: Account, cents: int, *, person: Any = None, **given: Any) -> Any:
    given = {"method": PaymentMethod.CASH} | given
    return posting.post(session, account.id, amount_cents=cents, **given, **who(person))


@pytest.fixture
def book(session: Session) -> Portfolio:
    """Five weekly accounts and a monthly one, each with its own story of the last seven days."""
    row = factories.portfolio(session)
    dealer = Dealer(portfolio_id=row.id, code="77", name="Corner Phones")
    session.add(dealer)
    session.flush()
    lines = [(TODAY + n * DAY, 1_000) for n in (-12, -5, 2)]

    def one(**given: Any) -> Account:
        return factories.account(session, row, lines=given.pop("lines", lines), **({"frequency": Frequency.WEEKLY} | given))

    paid, late, behind, back, young = one(dealer_id=dealer.id), one(), one(), one(), one(lines=[(TODAY - 4 * DAY, 800)])
    monthly = one(frequency=Frequency.MONTHLY, lines=[(TODAY - 20 * DAY, 5_000), (TODAY + 10 * DAY, 5_000)])
    pay(session, paid, 2_000)
    pay(session, late, 1_400)
    pay(session, monthly, 5_000, method=PaymentMethod.ZELLE, reference="Z1")
    back.status = AccountStatus.RETURNED
    session.flush()
    assert (behind.past_due_cents, young.past_due_cents) == (2_000, 800)
    return row


def behind_of(session: Session) -> Account:
    """The active account that has paid nothing."""
    query = select(Account).where(Account.past_due_cents == 2_000, Account.status == AccountStatus.ACTIVE)
    return session.scalars(query).one()


def found(session: Session, span: Span = WEEK, **given: Any) -> dict[str, Sheet]:
    made = delinquency.delinquency(session, EVERYTHING, span, today=TODAY, **given)
    return {sheet.name: sheet for sheet in delinquency.sheets(made)}


def test_a_week_of_rent_is_accounted_for_as_the_trade_counts_it(session: Session, book: Portfolio) -> None:
    sheet = found(session)["frequency"]
    weekly = dict(zip([column.key for column in sheet.columns], sheet.lines[0].values, strict=True))
    assert weekly == {
        "frequency": "Weekly",
        # Active: paid, late, behind, young. Late: all but the first.
        "on_rent": 4, "past_due": 3, "past_due_rate": 0.75, "float_cents": 600 + 2_000 + 800,
        # Rent of five days ago on the first three, of four days ago on the young one; the returned one was not open then.
        "due": 4, "accounted": 1, "accountability": 0.25,
        "potential_cents": 3_800, "collected_cents": 1_400, "performance": pytest.approx(1_400 / 3_800),
        # The young one's grace of three days is over.
        "first_due": 1, "first_missed": 1, "first_rate": 1.0,
    }  # fmt: skip
    monthly = sheet.lines[1]
    assert monthly.values == ("Monthly", 1, 0, 0.0, 0, 0, 0, None, 0, 0, None, 0, 0, None)
    assert sheet.totals[1:6] == (5, 3, 0.6, 3_400, 4)
    for other in ("collector", "office", "dealer"):
        assert found(session)[other].totals[1:] == sheet.totals[1:]
    assert [line.values[0] for line in found(session)["dealer"].lines] == ["Corner Phones", "None"]
    weeks = found(session)["weeks"]
    assert weeks.lines[-1].values == (WEEK.from_on, 4, 1, 3_800, 1_400, pytest.approx(1_400 / 3_800))
    assert len(weeks.lines) == 12


def test_an_account_that_came_back_after_its_rent_fell_due_is_accounted_for(session: Session, book: Portfolio) -> None:
    account = session.scalars(
        select(Account).where(Account.past_due_cents == 2_000, Account.status == AccountStatus.ACTIVE)
    ).one()
    set_status(
        session, account, to=AccountStatus.RETURNED, reason="Brought it", business_on=TODAY, now=NOW, actor=factories.actor()
    )
    weekly = found(session)["frequency"].lines[0].values
    assert (weekly[5], weekly[6]) == (4, 2)


def test_nobody_sees_figures_of_a_portfolio_that_is_not_theirs(session: Session, book: Portfolio) -> None:
    stranger = Viewer(staff_id=0, role=Role.MANAGER, portfolio_ids=frozenset({book.id + 1}))
    asked = Asked(TODAY)
    for name in ("delinquency", "payments", "autopay", "corrections"):
        for table in REPORTS[name].tables(session, asked, stranger):
            assert all(not isinstance(value, int) or value == 0 for row in table.rows for value in row), (name, table.title)


def links(page: str) -> list[tuple[str, str, str]]:
    rows = re.findall(r'<a href="(/admin/[a-z/-]+/)\?([^"]+)">([$0-9,.-]+)</a>', page)
    return [(path, unescape(query), shown) for path, query, shown in rows]


def manager(client: FlaskClient, session: Session) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.MANAGER))


def agree(session: Session, page: str) -> int:
    """Every linked figure is the number of rows of its list, or their sum; returns how many there were."""
    seen = 0
    for path, query, shown in links(page):
        listing = LISTS[path]
        criteria = Criteria.parse(query, listing.parameters)
        count = listing.count(session, EVERYTHING, today=TODAY, criteria=criteria).rows
        if shown.startswith("$"):
            assert count > 0, (path, query)
        else:
            assert count == int(shown.replace(",", "")), (path, query)
        seen += 1
    return seen


def test_every_count_leads_to_as_many_rows(client: FlaskClient, session: Session, book: Portfolio) -> None:
    page = manager(client, session).get("/admin/delinquency/")
    assert page.status_code == 200
    assert agree(session, page.text) > 40
    narrowed = manager(client, session).get("/admin/delinquency/?frequency=weekly&from=2026-11-08&to=2026-11-14")
    assert agree(session, narrowed.text) > 10


@pytest.fixture
def money(session: Session, book: Portfolio) -> tuple[Any, Any]:
    """A collector and a supervisor who take, waive and reverse."""
    casey, dana = factories.staff(session, name="Casey"), factories.staff(session, Role.SUPERVISOR, name="Dana")
    account = session.scalars(
        select(Account).where(Account.past_due_cents == 2_000, Account.status == AccountStatus.ACTIVE)
    ).one()
    slip = pay(session, account, 700, person=casey)
    reverse(session, slip.id, reason="Wrong account", may_be_older=True, **who(dana))
    fee = charging.add_fee(
        session, account.id, kind=FeeKind.OTHER, amount_cents=500, reason="Copy", role=Role.SUPERVISOR, **who(dana)
    )
    charging.waive(session, fee.id, amount_cents=500, reason="Goodwill", role=Role.SUPERVISOR, **who(dana))
    return casey, dana


def test_money_that_came_and_went_back_stands_on_both_sides(session: Session, money: tuple[Any, Any]) -> None:
    entries = receipts(session, EVERYTHING, WEEK, today=TODAY)
    by_method, by_day, by_person = cash_report.sheets(entries, WEEK)
    assert [line.values for line in by_method.lines] == [
        ("Cash", 3, 4_100, 1, 700, 3_400, 1_367),
        ("Zelle", 1, 5_000, 0, 0, 5_000, 5_000),
    ]
    assert by_method.totals == ("All", 4, 9_100, 1, 700, 8_400, 2_275)
    assert [line.values for line in by_day.lines] == [(TODAY, 4, 4_100, 5_000, 0, 9_100, 700, 8_400)]
    people = {line.values[0]: line.values[1:] for line in by_person.lines}
    assert people["Casey"] == (1, 700, 0, 0, 700, 0, 0, 700)
    assert people["Dana"] == (0, 0, 0, 0, 0, 1, 700, -700)
    assert receipts(session, EVERYTHING, Span(TODAY - 9 * DAY, TODAY - DAY), today=TODAY) == []


def test_what_was_waived_or_reversed_stands_with_its_reason(session: Session, money: tuple[Any, Any]) -> None:
    span = Span(TODAY - 40 * DAY, TODAY)
    by_kind, by_person, by_month = corrections_report.sheets(corrections.corrected(session, EVERYTHING, span, today=TODAY), span)
    assert [line.values[:3] for line in by_kind.lines] == [("Fee waiver", 1, 500), ("Reversal", 1, 700)]
    assert [line.values for line in by_person.lines] == [("Dana", 2, 500, 0, 0, 700, 0, 0)]
    assert by_month.totals == ("All", 2, 500, 0, 0, 700, 0, 0)
    each = {(one.kind, one.cents, one.reason, one.by) for one in corrections.each(session, EVERYTHING, span, today=TODAY)}
    assert each == {("waiver", 500, "Goodwill", "Dana"), ("reversal", 700, "Wrong account", "Dana")}


def test_the_pages_lead_to_their_rows_keep_their_days_in_files_and_refuse_what_is_none(
    client: FlaskClient, session: Session, money: tuple[Any, Any]
) -> None:
    visitor = manager(client, session)
    for path, least in (("cash-report", 14), ("corrections", 4)):
        page = visitor.get(f"/admin/{path}/")
        assert page.status_code == 200
        assert agree(session, page.text) >= least
    assert "Wrong account" in visitor.get("/admin/corrections/").text
    assert "There is nothing to count" in visitor.get("/admin/autopay-report/").text
    rows = list(csv.reader(io.StringIO(visitor.get("/admin/cash-report/export.csv?table=method&from=2026-11-20").text)))
    assert rows[1] == ["Cash", "3", "41.00", "1", "7.00", "34.00", "13.67"]
    each = visitor.get("/admin/corrections/each.csv").text
    assert "Goodwill" in each
    assert visitor.get("/admin/delinquency/export.xlsx?table=dealer").data[:2] == b"PK"
    for wrong in ("/admin/delinquency/?from=soon", "/admin/cash-report/?from=2026-11-20&to=2026-11-01",
                  "/admin/corrections/export.csv?table=nothing"):  # fmt: skip
        assert visitor.get(wrong).status_code == 404
    for path in ("delinquency", "cash-report", "autopay-report", "corrections"):
        below = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
        assert below.get(f"/admin/{path}/").status_code == 403


def tried(session: Session, account: Account, state: ChargeState, cents: int, **given: Any) -> None:
    """A charge of a card of the account's customer, and its payment when it succeeded."""
    number = session.scalar(select(func.count()).select_from(Charge)) or 0
    card = Card(
        customer_id=account.customer_id, square_card_id=f"ccof:{number}", brand="VISA", last_four="1111", expires_month=1,
        expires_year=2030, is_primary=False, created_at=NOW,
    )  # fmt: skip
    session.add(card)
    session.flush()
    if state is ChargeState.SUCCEEDED:
        paid = Payment(
            account_id=account.id, kind=PaymentKind.PAYMENT, method=PaymentMethod.CARD, state=PaymentState.COMPLETE,
            amount_cents=cents, received_at=NOW, effective_on=TODAY, posted_at=NOW, posted_on=TODAY, card_id=card.id,
            square_payment_id=f"sq{number}",
        )  # fmt: skip
        session.add(paid)
        session.flush()
        given |= {"payment_id": paid.id, "square_payment_id": paid.square_payment_id}
    session.add(
        Charge(
            key=f"key{number}", account_id=account.id, card_id=card.id, card_identity=card.square_card_id, card_version=1,
            amount_cents=cents, currency="USD", location_id="L1", request="{}", request_hash="0" * 64, planned_at=NOW,
            state=state, sends=1, **{"kind": ChargeKind.DUE, "business_on": TODAY} | given,
        )
    )  # fmt: skip
    session.flush()


def test_charges_stand_by_type_by_reason_and_by_day_and_lead_to_their_rows(
    client: FlaskClient, session: Session, book: Portfolio
) -> None:
    one, other, *_ = session.scalars(select(Account).order_by(Account.id)).all()
    tried(session, one, ChargeState.SUCCEEDED, 1_000)
    tried(session, one, ChargeState.DECLINED, 700, decline_code="INSUFFICIENT_FUNDS")
    tried(session, other, ChargeState.DECLINED, 900, decline_code="CARD_EXPIRED", kind=ChargeKind.RETRY, business_on=TODAY - DAY)
    tried(session, other, ChargeState.SKIPPED, 800)
    tried(session, other, ChargeState.UNKNOWN, 600, look_at=NOW)
    session.add(AutopayEnrollment(account_id=one.id, consent="Yes", source="signed lease", at=NOW))
    session.flush()
    tables = {table.title: list(table.rows) for table in REPORTS["autopay"].tables(session, Asked(TODAY))}
    # Charges, succeeded, declined, undecided, success %, asked, charged, declined amount.
    assert tables["By type"] == [
        ("AutoPay", 3, 1, 1, 1, 0.5, 2_300, 1_000, 700),
        ("Retry", 1, 0, 1, 0, 0.0, 900, 0, 900),
        ("All", 4, 1, 2, 1, pytest.approx(1 / 3), 3_200, 1_000, 1_600),
    ]
    assert [row[0] for row in tables["By day"]] == [TODAY, TODAY - DAY, "All"]
    assert [(row[0], *row[2:]) for row in tables["Declines"]] == [
        ("CARD_EXPIRED", 1, 0.5, 900), ("INSUFFICIENT_FUNDS", 1, 0.5, 700), ("All", 2, 1.0, 1_600),
    ]  # fmt: skip
    # Of four active weekly accounts the first pays by card and is not late; the other three are.
    assert tables["Who pays by AutoPay"][0] == ("Weekly", 4, 1, 0.25, 0.0, 1.0)
    page = manager(client, session).get("/admin/autopay-report/")
    assert page.status_code == 200
    assert agree(session, page.text) > 20


def test_every_figure_has_its_definition(session: Session, book: Portfolio) -> None:
    made = [
        *delinquency.sheets(delinquency.delinquency(session, EVERYTHING, WEEK, today=TODAY)),
        *cash_report.sheets([], WEEK),
        *autopay_report.sheets([], [], WEEK),
        *corrections_report.sheets([], WEEK),
    ]
    for sheet in made:
        undefined = [column.label for column in sheet.columns[1:] if not sheet.hints.get(column.key)]
        assert undefined == [], sheet.title
