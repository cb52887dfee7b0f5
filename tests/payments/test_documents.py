"""Receipts and statements: the figures of the ledger to the cent, on the page and in the PDF."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.papers import receipt_paper, statement_paper
from app import clock
from app.documents.paper import Column, Paper, Table
from app.documents.pdf import drawn
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod, PaymentState
from app.domain.servicing.charges import FeeKind
from app.domain.servicing.contract import OPENED_HERE, ContractType
from app.domain.staff.roles import Role
from app.models import Account, ContractFinance, CreditCharge, Fee, Payment
from app.queries.payments import statements
from app.services.payments import adjusting, charging, posting, replaying, reversing
from app.services.payments.adjusting import Split
from app.services.servicing import standing
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import Visitor, signed_in

DUE = [dt.date(2026, 10, 9), dt.date(2026, 10, 23), dt.date(2026, 11, 6), TODAY, dt.date(2026, 12, 4)]


@pytest.fixture(autouse=True)
def _friday() -> object:
    clock.set_clock(pinned_on=TODAY)
    yield None
    clock.set_clock(pinned_on=None)


@pytest.fixture
def account(session: Session) -> Account:
    """Five installments of 54.00; a late fee of 2.70 since October 17."""
    row = factories.account(session, lines=[(on, 5_400) for on in DUE])
    fee = Fee(
        account_id=row.id,
        installment_number=1,
        kind=FeeKind.LATE,
        assessed_on=dt.date(2026, 10, 17),
        amount_cents=270,
        reason="5 %",
        created_at=NOW,
    )
    session.add(fee)
    session.flush()
    standing.restate(session, [row.id], today=TODAY)
    return row


@pytest.fixture
def collector(client: FlaskClient, session: Session, account: Account) -> Visitor:
    person = factories.staff(session, Role.COLLECTOR, name="Casey Moran")
    account.assigned_to_id = person.id
    session.flush()
    return signed_in(client, session, person)


def pay(session: Session, account: Account, cents: int, on: dt.date, reference: str | None = None) -> Payment:
    return posting.post(
        session,
        account.id,
        method=PaymentMethod.ZELLE,
        amount_cents=cents,
        effective_on=on,
        reference=reference,
        today=TODAY,
        now=NOW,
        actor=factories.actor(),
    )


def reverse(session: Session, payment: Payment) -> None:
    posting.reverse(session, payment.id, reason="Typo", today=TODAY, now=NOW, actor=factories.actor(), may_be_older=True)


def test_the_running_balance_ends_at_what_is_owed(session: Session, account: Account) -> None:
    pay(session, account, 6_000, dt.date(2026, 10, 20))
    reverse(session, pay(session, account, 5_400, dt.date(2026, 11, 1)))
    pay(session, account, 10_000, TODAY)
    told = [(entry.on, entry.what, entry.cents, entry.balance_cents) for entry in statements.entries(session, account)]
    assert told == [
        (dt.date(2026, 9, 25), "Contract", 27_000, 27_000),
        (dt.date(2026, 10, 17), "Late fee: 5 %", 270, 27_270),
        (dt.date(2026, 10, 20), "Payment by zelle", -6_000, 21_270),
        (dt.date(2026, 11, 1), "Payment by zelle", -5_400, 15_870),
        (dt.date(2026, 11, 1), "Reversal", 5_400, 21_270),
        (TODAY, "Payment by zelle", -10_000, 11_270),
    ]
    assert account.balance_cents - account.credit_cents == 11_270


def test_an_overpaid_account_ends_below_nothing(session: Session, account: Account) -> None:
    pay(session, account, 30_000, TODAY)
    assert (account.balance_cents, account.credit_cents) == (0, 2_730)
    assert statements.entries(session, account)[-1].balance_cents == -2_730


def test_a_statement_opens_and_closes_with_the_balance_of_its_days(session: Session, account: Account) -> None:
    pay(session, account, 6_000, dt.date(2026, 10, 20))
    pay(session, account, 1_000, TODAY)
    told = statements.statement(session, account, from_on=dt.date(2026, 10, 17), to_on=dt.date(2026, 10, 31))
    assert (told.opening_cents, told.charged_cents, told.paid_cents, told.closing_cents) == (27_000, 270, 6_000, 21_270)
    # What is ahead is told as of today: 70.00 less the fee of 2.70 covered the first and 13.30 of the second.
    assert [line.cents for line in told.ahead] == [4_070, 5_400, 5_400, 5_400]
    empty = statements.statement(session, account, from_on=dt.date(2026, 11, 1), to_on=dt.date(2026, 11, 2))
    assert (empty.opening_cents, empty.entries, empty.closing_cents) == (21_270, (), 21_270)


def test_a_receipt_tells_what_was_covered_what_is_left_and_what_comes_next(session: Session, account: Account) -> None:
    first = pay(session, account, 6_000, dt.date(2026, 10, 20))
    second = pay(session, account, 10_000, TODAY)
    told = statements.receipt(session, first)
    # The fee of 2.70 first, then 54.00, then 3.30 of the second installment.
    assert [(each.what, each.cents) for each in told.covers] == [
        ("Late fee", 270),
        ("Installment 1", 5_400),
        ("Installment 2", 330),
    ]
    assert (told.balance_after_cents, told.next_due_on, told.next_due_cents) == (21_270, dt.date(2026, 10, 23), 5_070)
    told = statements.receipt(session, second)
    assert (told.balance_after_cents, told.next_due_on, told.next_due_cents) == (11_270, dt.date(2026, 11, 6), 470)
    assert told.credit_cents == 0


def test_a_receipt_of_a_reversed_payment_is_void(session: Session, account: Account) -> None:
    payment = pay(session, account, 6_000, TODAY)
    reverse(session, payment)
    told = statements.receipt(session, payment)
    assert told.is_void and told.covers == () and told.credit_cents == 0
    paper = receipt_paper(told, statements.addressed(session, account.id))
    assert paper.is_void and "VOID" in readable(drawn(paper, printed="today", is_packed=False))


def test_page_and_pdf_tell_the_figures_of_the_ledger(collector: Visitor, session: Session, account: Account) -> None:
    payment = pay(session, account, 6_000, dt.date(2026, 10, 20), reference="ZL-77")
    base = f"/admin/accounts/{account.id}"
    page = collector.get(f"{base}/payments/{payment.id}/receipt").text
    head = statements.addressed(session, account.id)
    pdf = readable(drawn(receipt_paper(statements.receipt(session, payment), head), printed="today", is_packed=False))
    for words in ("$60.00", "$2.70", "$54.00", "$3.30", "$212.70", "$50.70", "Oct 23, 2026", "ZL-77", account.account_number):
        assert words in page and words in pdf, words
    page = collector.get(f"{base}/statement?from=2026-10-01&to=2026-11-20").text
    told = statements.statement(session, head, from_on=dt.date(2026, 10, 1), to_on=TODAY)
    pdf = readable(drawn(statement_paper(told, head), printed="today", is_packed=False))
    for words in ("$270.00", "$272.70", "$212.70", "Late fee: 5 %"):
        assert words in page and words in pdf, words
    assert "−$60.00" in page and "-$60.00" in pdf


def test_the_pdfs_are_served_as_such(collector: Visitor, session: Session, account: Account) -> None:
    payment = pay(session, account, 6_000, TODAY)
    base = f"/admin/accounts/{account.id}"
    for address in (f"{base}/payments/{payment.id}/receipt.pdf", f"{base}/statement.pdf"):
        answer = collector.get(address)
        assert answer.status_code == 200 and answer.mimetype == "application/pdf"
        assert answer.data.startswith(b"%PDF-") and answer.data.rstrip().endswith(b"%%EOF")
        assert ".pdf" in answer.headers["Content-Disposition"]


def test_a_statement_of_no_days_is_refused(collector: Visitor, account: Account) -> None:
    base = f"/admin/accounts/{account.id}/statement"
    assert collector.get(f"{base}?from=2026-11-20&to=2026-11-19").status_code == 302
    assert collector.get(f"{base}?from=x").status_code == 302
    assert collector.get(f"{base}.pdf?from=x").status_code == 404


def test_a_receipt_is_found_under_its_own_account_only(collector: Visitor, session: Session, account: Account) -> None:
    other = factories.account(session, account.portfolio, assigned_to_id=account.assigned_to_id)
    payment = pay(session, other, 100, TODAY)
    assert collector.get(f"/admin/accounts/{other.id}/payments/{payment.id}/receipt").status_code == 200
    assert collector.get(f"/admin/accounts/{account.id}/payments/{payment.id}/receipt").status_code == 404
    reverse(session, payment)
    reversal = session.scalars(select(Payment).where(Payment.reverses_id == payment.id)).one()
    assert collector.get(f"/admin/accounts/{other.id}/payments/{reversal.id}/receipt").status_code == 404


def test_a_paper_holds_names_of_any_letters_and_runs_over_pages() -> None:
    rows = tuple((f"Entry {number} <b>&", "$1.00") for number in range(120))
    table = Table("Entries", (Column("What"), Column("Amount", True)), rows)
    paper = Paper("Receipt", "7", "Łódź Leasing", ("Zoë Kołodziej", "Søndergade 1"), (), ("Paid", "$1.00"), (table,))
    pdf = drawn(paper, printed="today by 李", is_packed=False)
    assert pdf.count(b"/Type /Page\n") >= 3
    assert "Entry 119 <b>&" in readable(pdf)
    assert paper.file_name == "receipt-7.pdf"


def readable(pdf: bytes) -> str:
    """The text of an unpacked PDF in the built-in fonts, in its order."""
    shown = re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", pdf)
    plain = [re.sub(rb"\\(\d{3}|.)", lambda found: _sign(found[1]), each) for each in shown]
    return b"".join(plain).decode("cp1252", "replace")


def _sign(escaped: bytes) -> bytes:
    return bytes([int(escaped, 8)]) if len(escaped) == 3 else escaped


WHO: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": factories.actor()}
BEGUN_ON = dt.date(2026, 9, 25)


def contract(session: Session, kind: ContractType) -> Account:
    """A contract of each type that began eight weeks ago; financed ones at 36.5 % a year."""
    account = factories.account(session, lines=[(on, 5_400) for on in DUE], contract_type=kind, start_on=BEGUN_ON)
    if kind is ContractType.LEASE:
        return account
    is_line = kind is ContractType.CREDIT_LINE
    session.add(
        ContractFinance(
            account_id=account.id,
            interest_rate=Decimal("36.5"),
            principal_cents=0 if is_line else 25_000,
            principal_open_cents=0 if is_line else 25_000,
            credit_line_cents=500_000 if is_line else None,
            accrued_on=account.start_on,
        )
    )
    if is_line:
        given = {"charged_on": BEGUN_ON, "description": "Phone", "created_at": NOW, "account_id": account.id}
        session.add_all(CreditCharge(installment_number=number, **given) for number in range(1, len(DUE) + 1))
    session.flush()
    replaying.replay(session, account, from_on=BEGUN_ON, today=TODAY)
    return account


def act(session: Session, account: Account, random: Random) -> None:
    """One entry of any sort; what a rule refuses is not done."""
    cents = random.choice([1, 100, 2_700, 5_400, 9_999])
    on = TODAY - dt.timedelta(days=random.randrange(40))
    paid = list(session.scalars(select(Payment).where(Payment.account_id == account.id, Payment.state == PaymentState.COMPLETE)))
    fees = list(session.scalars(select(Fee).where(Fee.account_id == account.id)))
    split = Split(*(random.choice([0, cents]) for _ in range(3)))
    boss: dict[str, Any] = WHO | {"reason": "A test", "role": Role.ADMIN}
    acts: list[Callable[[], object]] = [
        lambda: pay(session, account, cents, on),
        lambda: pay(session, account, cents, on),
        lambda: reversing.reverse(session, random.choice(paid).id, reason="Typo", may_be_older=True, **WHO),
        lambda: charging.add_fee(session, account.id, kind=FeeKind.OTHER, amount_cents=cents, **boss),
        lambda: charging.waive(session, random.choice(fees).id, **boss),
        lambda: adjusting.credit(session, account.id, split, **boss),
        lambda: adjusting.debit(session, account.id, split, **boss),
        lambda: reversing.refund_credit(session, account.id, amount_cents=cents, method=PaymentMethod.CASH, **boss),
    ]
    try:
        with session.begin_nested():
            random.choice(acts)()
    except (RuleViolation, IndexError):  # IndexError: there is no payment, or no fee, to choose.
        pass
    session.expire_all()


@pytest.mark.parametrize("kind", OPENED_HERE)
@pytest.mark.parametrize("seed", range(3))
def test_the_statement_ties_to_the_balance_whatever_happened(session: Session, kind: ContractType, seed: int) -> None:
    account, random = contract(session, kind), Random(f"{kind} {seed}")
    for _ in range(14):
        act(session, account, random)
        told = statements.entries(session, account)
        assert told[-1].balance_cents == account.balance_cents - account.credit_cents, [
            (str(entry.on), entry.what, entry.cents) for entry in told
        ]
    assert len(told) > 5
