"""The UAS set: every column in its place, and the figure in it that a person with the ledger and a pencil would write there."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import ROOT
from app.domain.payments.kinds import PaymentMethod, PaymentState
from app.domain.servicing.charges import FeeKind
from app.domain.servicing.contract import ContractType
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, AutopayEnrollment, Card, ContractFinance, ContractTerms, Payment
from app.queries.listing import Criteria, Place
from app.queries.reporting.contract_reports import CONTRACT_REPORTS
from app.queries.scope import EVERYTHING, Viewer
from app.services.payments import adjusting, charging, posting, reversing
from app.services.payments.adjusting import Split
from app.services.servicing import standing
from tests import factories
from tests.conftest import CommittedDatabase
from tests.factories import NOW, TODAY
from tests.product import environment_for, leasedesk
from tests.visitor import signed_in

pytestmark = pytest.mark.usefixtures("friday")
WHO: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": factories.actor()}
DUE = [dt.date(2026, 10, 9), dt.date(2026, 10, 23), dt.date(2026, 11, 6), dt.date(2026, 11, 20), dt.date(2026, 12, 4)]


def rows(session: Session, name: str, query: str = "", viewer: Viewer = EVERYTHING) -> list[Any]:
    """The rows of a report, as its page and its files have them."""
    report = CONTRACT_REPORTS[name]
    keys = [heading.key for heading in report.headings]
    criteria = Criteria.parse(query, report.listing.parameters)
    return list(report.listing.rows(session, viewer, today=TODAY, criteria=criteria, fields=keys))


def one(session: Session, name: str, account: Account) -> Any:
    return next(row for row in rows(session, name) if row.contract_number in (account.approval_id, account.account_number))


def a_lease(session: Session, **given: Any) -> Account:
    return factories.account(session, **{"lines": [(due, 5_400) for due in DUE]} | given)


def pay(session: Session, account: Account, cents: int, **given: Any) -> Payment:
    values: dict[str, Any] = {"method": PaymentMethod.CASH, "amount_cents": cents} | WHO | given
    return posting.post(session, account.id, **values)


def financed(session: Session, kind: ContractType, lines: list[tuple[dt.date, int]], **given: Any) -> Account:
    """At 10 % a year since November 17; 3,650.00 of principal earn 1.00 a day."""
    account = a_lease(session, contract_type=kind, lines=lines, start_on=dt.date(2026, 11, 17))
    values = {"interest_rate": Decimal(10), "principal_cents": 365_000, "accrued_on": account.start_on} | given
    session.add(ContractFinance(account_id=account.id, **values))
    session.flush()
    return account


@pytest.mark.parametrize("name", CONTRACT_REPORTS)
def test_a_report_has_its_columns_in_order_and_says_what_each_means(client: FlaskClient, session: Session, name: str) -> None:
    account = a_lease(session)
    pay(session, account, 1_000)
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER))
    html = manager.get(f"/admin/contract-reports/{name}", follow_redirects=True).text
    head = html[html.index("<thead") : html.index("</thead>")]
    for heading in CONTRACT_REPORTS[name].headings:
        assert f'title="{heading.definition}"' in unescape(head)
    specification = ROOT.parent / "shared" / "spec" / "tables.json"
    given = (
        json.loads(specification.read_text(encoding="utf-8"))[f"/admin/contract-reports/{name}"][0]
        if specification.exists()
        else None
    )
    assert given in (None, [heading.label for heading in CONTRACT_REPORTS[name].headings])


@pytest.mark.parametrize("name", CONTRACT_REPORTS)
def test_a_report_page_gives_its_files_its_sums_and_finds_an_account(client: FlaskClient, session: Session, name: str) -> None:
    account = a_lease(session)
    pay(session, account, 1_000)
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER), stepped_up=True)
    base = f"/admin/contract-reports/{name}"
    text = manager.get(f"{base}/export/csv", buffered=True).text.removeprefix("\ufeff")
    assert next(csv.reader(io.StringIO(text))) == [heading.label for heading in CONTRACT_REPORTS[name].headings]
    assert manager.get(f"{base}/export/xlsx").data[:2] == b"PK"
    assert manager.get(f"{base}/summary.json").status_code == 200
    for which in ("filters", "columns"):
        assert manager.get(f"{base}/menu/{which}").status_code == 200
    found = manager.get(f"{base}/?q={account.account_number}").text.partition("<tbody")[2]
    assert (str(account.approval_id) in found) == (name not in ("declined", "pending"))


def test_account_summary_of_a_late_lease(session: Session) -> None:
    account = a_lease(session)
    # 270.00 in five lines; 60.00 paid on November 1 covers the first and 6.00 of the second, so October 23 is the oldest.
    pay(session, account, 6_000, effective_on=dt.date(2026, 11, 1))
    charging.add_fee(session, account.id, kind=FeeKind.OTHER, amount_cents=700, reason="Locksmith", role=Role.MANAGER, **WHO)
    session.refresh(account)
    row = one(session, "account-summary", account)
    assert (row.contract_status, row.sub_status, row.code) == ("Active", "Past Due", "SRV")
    assert (row.applicant, row.term, row.first_due_on, row.due_day) == ("Jordan " + account.customer.last_name, 5, DUE[0], "Fri")
    assert (row.delinquent_on, row.days_past_due, row.days_past_due_eom) == (DUE[1], 28, 38)
    assert (row.past_due_cents, row.min_due_cents) == (4_800 + 5_400, 5_400 + 10_200)
    assert (row.paid_cents, row.payments_made, row.autopay_type) == (6_000, 1, "NONE")
    assert (row.financed_cents, row.principal_adjusted_cents) == (27_000, 0)
    assert (row.principal_paid_cents, row.principal_balance_cents) == (6_000, 21_000)
    assert (row.fees_assessed_cents, row.fees_paid_cents, row.fees_balance_cents) == (700, 0, 700)
    assert (row.interest_accrued_cents, row.interest_balance_cents, row.payoff_cents) == (0, 0, 21_700)
    assert (row.credit_line_cents, row.credit_available_cents, row.zero_balance_on) == (None, None, None)


def test_principal_ties_out_after_credits_and_debits_on_a_lease(session: Session) -> None:
    account = a_lease(session)
    pay(session, account, 5_400)
    adjusting.credit(session, account.id, Split(principal_cents=2_000), reason="Goodwill", role=Role.ADMIN, **WHO)
    adjusting.debit(session, account.id, Split(principal_cents=500), reason="Case", role=Role.ADMIN, **WHO)
    row = one(session, "account-summary", account)
    assert (row.financed_cents, row.principal_adjusted_cents, row.principal_paid_cents) == (27_000, -1_500, 5_400)
    assert row.principal_balance_cents == 27_000 - 1_500 - 5_400 == account.balance_cents


def test_account_summary_of_an_installment_contract(session: Session) -> None:
    account = financed(session, ContractType.INSTALLMENT, [(dt.date(2026, 12, 1), 200_000), (dt.date(2027, 1, 1), 200_000)])
    pay(session, account, 10_300)  # Three days: 3.00 of interest, 100.00 of principal.
    row = one(session, "account-summary", account)
    assert (row.interest_rate, row.financed_cents) == (Decimal("10.00"), 365_000)
    assert (row.principal_paid_cents, row.principal_balance_cents) == (10_000, 355_000)
    assert (row.interest_assessed_cents, row.interest_paid_cents, row.interest_balance_cents) == (300, 300, 0)
    assert row.payoff_cents == 355_000
    later = CONTRACT_REPORTS["account-summary"].listing.rows(
        session, EVERYTHING, today=TODAY + dt.timedelta(days=10), fields=["contract_number", "interest_accrued_cents"]
    )
    # 3,550.00 x 10 % x 10 / 365 = 9.726.
    accrued = next(found.interest_accrued_cents for found in later if found.contract_number == account.approval_id)
    assert accrued == 300 + 973


def test_account_summary_of_a_credit_line(session: Session) -> None:
    given = {"principal_cents": 0, "credit_line_cents": 200_000, "interest_rate": Decimal(0)}
    account = financed(session, ContractType.CREDIT_LINE, [(dt.date(2026, 12, 1), 1)], **given)
    charge: dict[str, Any] = {"due_on": dt.date(2026, 12, 1)} | WHO
    adjusting.charge_line(session, account.id, amount_cents=99_999, description="Phone", **charge)
    pay(session, account, 20_000)
    session.refresh(account)
    row = one(session, "account-summary", account)
    assert (row.credit_charges_cents, row.credit_line_cents) == (100_000, 200_000)
    assert (row.credit_balance_cents, row.credit_available_cents) == (80_000, 120_000)
    assert (row.financed_cents, row.principal_paid_cents, row.principal_balance_cents) == (100_000, 20_000, 80_000)
    paid = next(found for found in rows(session, "transactions") if found.payment_cents == 20_000)
    assert (paid.principal_cents, paid.payment_maps) == (20_000, 2)


def test_only_active_contracts_stand_in_account_summary_and_all_in_new_contracts(session: Session) -> None:
    for status in AccountStatus:
        a_lease(session, status=status)
    a_lease(session, is_test=True)
    assert {row.sub_status for row in rows(session, "account-summary")} == {"Past Due", "Default", "Recovery"}
    found = {row.sub_status: (row.contract_status, row.exit_status) for row in rows(session, "new-contracts")}
    assert found["Charged off"] == ("Closed", "Charged off")
    assert found["Pending review"] == ("Pending", None)
    assert found["Void"] == ("VOID", "Void")
    assert len(found) == len(AccountStatus)


def test_new_contracts_are_those_of_the_days_asked_for_with_their_terms(session: Session) -> None:
    book = factories.portfolio(session)
    given = {"address": "603 East Street", "city": "Parkville", "state": "MO", "zip_code": "64152"}
    person = factories.customer(session, book, **given)
    account = a_lease(session, book=book, customer=person, cash_price_cents=80_000, down_payment_cents=20_000)
    a_lease(session, book=book, start_on=dt.date(2026, 1, 5))
    session.add(
        ContractTerms(
            account_id=account.id, contract_number="ABC1234LOA01", holder_number="ABC1234", program="Open",
            location="Kansas City", seller="Carl", pricing_tier="Servicing", merchant_ext_id="S-1", applicant_id="XY12345",
            note_on=dt.date(2026, 9, 24), rescission_on=dt.date(2026, 9, 30), description="A phone",
        )
    )  # fmt: skip
    session.flush()
    start = account.start_on.isoformat()
    (row,) = rows(session, "new-contracts", f"active_from={start}&active_to={start}")
    assert (row.program, row.location, row.holder_number, row.contract_number) == (
        "Open",
        "Kansas City",
        "ABC1234",
        "ABC1234LOA01",
    )
    assert (row.cash_price_cents, row.down_payment_cents, row.amount_financed_cents) == (80_000, 20_000, 60_000)
    assert row.monthly_cents == 11_700  # 54.00 x 26 / 12.
    assert row.address == "603 East Street, Parkville MO 64152"
    assert (row.note_on, row.rescission_on, row.description) == (dt.date(2026, 9, 24), dt.date(2026, 9, 30), "A phone")
    assert (row.seller, row.pricing_tier, row.applicant_id, row.merchant_ext_id) == ("Carl", "Servicing", "XY12345", "S-1")


def test_transactions_are_payments_adjustments_and_fees_split_by_what_they_paid(session: Session) -> None:
    account = a_lease(session)
    fee = charging.add_fee(session, account.id, kind=FeeKind.OTHER, amount_cents=700, reason="x", role=Role.MANAGER, **WHO)
    charging.waive(session, fee.id, amount_cents=200, reason="x", role=Role.MANAGER, **WHO)
    pay(session, account, 6_000)
    adjusting.credit(session, account.id, Split(principal_cents=1_000), reason="x", role=Role.ADMIN, **WHO)
    found = {row.kind: row for row in rows(session, "transactions")}
    assert set(found) == {"FEE - OTHER FEE", "ADJ - WAIVER", "PMT - CASH", "ADJ - CREDIT"}
    paid, waived, credited = found["PMT - CASH"], found["ADJ - WAIVER"], found["ADJ - CREDIT"]
    assert (paid.payment_cents, paid.fees_cents + paid.principal_cents, paid.state) == (6_000, 6_000, "COMPLETE")
    assert (paid.tot_days_past_due, paid.received_on, paid.processed_on) == (42, TODAY, TODAY)
    assert (waived.adjusted_cents, waived.adjusted_fees_cents, waived.payment_cents) == (-200, -200, None)
    assert (credited.adjusted_cents, credited.adjusted_principal_cents) == (-1_000, -1_000)
    assert found["FEE - OTHER FEE"].fee_charged_cents == 700
    assert len({row.transaction_id for row in found.values()}) == 4
    assert len(rows(session, "transactions", "kind=adjustments")) == 2


def test_cash_of_a_span_is_what_came_less_what_went_back_in_it(session: Session) -> None:
    account = a_lease(session)
    pay(session, account, 6_000, effective_on=TODAY - dt.timedelta(days=3))
    wrong = pay(session, account, 2_500, effective_on=TODAY - dt.timedelta(days=3))
    reversing.reverse(session, wrong.id, reason="Wrong account", may_be_older=True, **WHO)
    assert sorted(row.payment_cents for row in rows(session, "transactions")) == [-2_500, 2_500, 6_000]
    listing = CONTRACT_REPORTS["transactions"].listing
    totals = listing.totals(session, EVERYTHING, today=TODAY, criteria=Criteria(), fields=["payment_cents"])
    assert totals == {"payment_cents": account.paid_cents} == {"payment_cents": 6_000}


def test_declined_and_pending_payments_stand_on_their_own_pages(session: Session) -> None:
    account = a_lease(session)
    card = Card(
        customer_id=account.customer_id, square_card_id="ccof:1", brand="Visa", last_four="1234", expires_month=1,
        expires_year=2030, is_primary=True, created_at=NOW,
    )  # fmt: skip
    session.add(card)
    session.flush()
    session.add(AutopayEnrollment(account_id=account.id, fixed_cents=6_000, consent="Yes", source="by phone", at=NOW))
    same: dict[str, Any] = {
        "account_id": account.id, "kind": "payment", "method": PaymentMethod.CARD, "amount_cents": 5_400, "received_at": NOW,
        "effective_on": TODAY, "posted_at": NOW, "posted_on": TODAY, "card_id": card.id,
    }  # fmt: skip
    then = {"tot_status": "Past due", "tot_past_due_cents": 16_200, "tot_days_past_due": 42}
    session.add(Payment(**same, **then, state=PaymentState.DECLINE, decline_code="INSUFFICIENT_FUNDS"))
    session.flush()
    pay(session, account, 1_000, effective_on=TODAY + dt.timedelta(days=5))
    (declined,) = rows(session, "declined")
    assert (declined.state, declined.kind, declined.payment_cents) == ("DECLINE", "PMT - CARD", 5_400)
    assert (declined.card_type, declined.last_four, declined.decline_reason) == ("VISA", "1234", "INSUFFICIENT_FUNDS")
    assert (declined.tot_status, declined.tot_past_due_cents, declined.tot_days_past_due) == ("Past due", 16_200, 42)
    (pending,) = rows(session, "pending")
    assert (pending.state, pending.payment_cents, pending.processed_on) == ("PENDING", 1_000, TODAY + dt.timedelta(days=5))
    assert rows(session, "transactions") == []
    summary = one(session, "account-summary", account)
    assert (summary.autopay_type, summary.override_cents) == ("VISA", 6_000)


def test_staff_of_one_portfolio_see_nothing_of_another(session: Session) -> None:
    here, there = factories.portfolio(session), factories.portfolio(session)
    pay(session, a_lease(session, book=here), 100)
    pay(session, a_lease(session, book=there), 200)
    standing.restate(session, [], today=TODAY)
    restricted = Viewer(staff_id=0, role=Role.MANAGER, portfolio_ids=frozenset({here.id}))
    for name, count in (("account-summary", 1), ("new-contracts", 1), ("transactions", 1)):
        assert len(rows(session, name, viewer=restricted)) == count
        assert len(rows(session, name)) == 2 * count


def test_pages_follow_one_another_through_all_kinds_of_transactions(session: Session) -> None:
    account = a_lease(session)
    for n in range(7):
        pay(session, account, 100 + n, effective_on=TODAY - dt.timedelta(days=n % 3))
        charging.add_fee(session, account.id, kind=FeeKind.OTHER, amount_cents=50, reason="x", role=Role.MANAGER, **WHO)
    listing = CONTRACT_REPORTS["transactions"].listing
    given: dict[str, Any] = {"today": TODAY, "criteria": Criteria(), "fields": ["transaction_id"], "order": "-processed_on"}
    seen, place = [], Place()
    while True:
        page = listing.page(session, EVERYTHING, **given, place=place, size=4)
        seen += [row.id for row in page.rows]
        if page.next is None:
            break
        place = Place(after=page.next)
    assert seen == [row.id for row in rows(session, "transactions")]
    assert len(set(seen)) == 14


def test_the_command_writes_any_report_and_names_them_all(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    session = db.session()
    pay(session, a_lease(session), 6_000)
    session.commit()

    def run(*words: str) -> Any:
        given = {
            "DATABASE_URL": committed_database.url,
            "REDIS_URL": committed_database.settings.queue_url,
            "LEASEDESK_TODAY": TODAY.isoformat(),
        }
        return leasedesk("report", *words, environment=environment_for(tmp_path, given))

    names = [each["name"] for each in json.loads(run("list", "--json").stdout)["reports"]]
    assert names[:5] == ["account-summary", "new-contracts", "transactions", "declined", "pending"]
    (row,) = csv.DictReader(io.StringIO(run("transactions", "--from", "2026-11-20", "--to", "2026-11-20").stdout))
    assert (row["PMT Amt"], row["Type"], row["PMT Processed"]) == ("60.00", "PMT - CASH", "2026-11-20")
    told = json.loads(run("account-summary", "--format", "json", "--json").stdout)
    assert told["tables"][0]["rows"][0]["principal_paid_cents"] == 6_000
    target = tmp_path / "new.xlsx"
    assert run("new-contracts", "--format", "xlsx", "--out", str(target)).returncode == 0
    assert target.read_bytes()[:2] == b"PK"
    for wrong in (["nothing"], ["transactions", "--from", "yesterday"], ["transactions", "--as-of", "2026-11-01"],
                  ["transactions", "--from", "2026-11-02", "--to", "2026-11-01"]):  # fmt: skip
        done = run(*wrong)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
