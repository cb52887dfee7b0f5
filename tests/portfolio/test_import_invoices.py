"""Open invoices of a billing system: they age, are worked and find their payments like any other charge."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod
from app.domain.portfolio.imports import ImportFormat
from app.domain.servicing.contract import ContractType
from app.domain.servicing.status import AccountStatus
from app.models import Account, Customer, ImportBatch, ImportRow, Installment, Invoice, Payment, Portfolio, Remittance
from app.queries.payments.invariants import findings
from app.services.payments import posting
from app.services.servicing import standing
from tests import factories
from tests.factories import NOW, TODAY
from tests.portfolio.importing import applied, contents, opened, report, undone
from tests.visitor import Visitor

HEADER = "Customer,Customer Number,Invoice Number,Date,Due Date,Amount,Open Amount,Phone\n"
FIRST = (
    HEADER
    + """Riverbend Tools LLC,C-1007,INV-1,10/02/2026,11/01/2026,"1,250.00",900.00,(614) 555-0136
Riverbend Tools LLC,C-1007,INV-2,11/02/2026,12/02/2026,300.00,300.00,
"Soto, Ana",,INV-3,2026-11-01,2026-11-15,80.00,,
Old Mill,C-3,INV-4,08/01/2026,08/31/2026,70.00,0.00,
"""
)


def imported(session: Session, book: Portfolio, text: str, name: str = "open.csv", day: dt.date = TODAY) -> ImportBatch:
    return applied(session, opened(session, book, text.encode(), name, kind=ImportFormat.INVOICES, today=day), today=day)


def account_of(session: Session, number: str) -> Account:
    session.expire_all()
    query = select(Account).join(Invoice, Invoice.account_id == Account.id).where(Invoice.number == number)
    return session.scalars(query).one()


def open_cents(session: Session, number: str) -> int:
    query = (
        select(Installment.amount_cents - Installment.paid_cents)
        .join(Invoice, (Invoice.account_id == Installment.account_id) & (Invoice.installment_number == Installment.number))
        .where(Invoice.number == number)
    )
    return session.scalars(query).one()


def is_sound(session: Session) -> bool:
    ids = session.scalars(select(Account.id)).all()
    return standing.restate(session, ids, today=TODAY) == 0 and not [one for one in findings(session) if one.broken]


def test_the_invoices_of_a_customer_are_one_account_that_is_as_late_as_its_oldest(session: Session, book: Portfolio) -> None:
    batch = imported(session, book, FIRST)
    assert batch.outcomes == {"imported": 3, "skipped:not_open": 1}
    assert batch.balance_cents == 900_00 + 300_00 + 80_00
    river, ana = account_of(session, "INV-1"), account_of(session, "INV-3")
    assert river.id == account_of(session, "INV-2").id
    said = (river.account_number, river.contract_type, river.status, river.balance_cents, river.past_due_cents)
    assert said == ("C-1007", ContractType.INVOICES, AccountStatus.ACTIVE, 1_200_00, 900_00)
    # INV-1 fell due on November 1, nineteen days before November 20.
    assert (river.days_past_due, river.next_due_on, river.paid_cents, river.total_cents) == (
        19, dt.date(2026, 11, 1), 350_00, 1_550_00,
    )  # fmt: skip
    assert river.worklist_weight is not None, "it stands in the worklist"
    assert (ana.account_number, str(ana.customer), ana.days_past_due, ana.balance_cents) == ("INV-3", "Ana Soto", 5, 80_00)
    assert river.customer.phones[0].e164 == "+16145550136"
    assert is_sound(session)


def test_a_later_file_brings_new_invoices_and_takes_off_what_was_paid_there(session: Session, book: Portfolio) -> None:
    imported(session, book, FIRST)
    river = account_of(session, "INV-1")
    given = {"today": TODAY, "now": NOW - dt.timedelta(hours=1), "actor": factories.actor(factories.staff(session))}
    posting.post(session, river.id, method=PaymentMethod.CASH, amount_cents=200_00, **given)  # type: ignore[arg-type]
    assert open_cents(session, "INV-1") == 700_00
    before = contents(session)
    later = (
        HEADER
        + """Riverbend Tools LLC,C-1007,inv-1,10/02/2026,11/01/2026,1250.00,900.00,
Riverbend Tools LLC,C-1007,INV-2,11/02/2026,12/02/2026,300.00,0.00,
Riverbend Tools LLC,C-1007,INV-9,11/18/2026,12/18/2026,55.50,55.50,
"Soto, Ana",,INV-3,2026-11-01,2026-11-15,80.00,30.00,
"""
    )
    batch = imported(session, book, later, "later.csv")
    assert batch.outcomes == {"skipped:duplicate": 1, "updated": 2, "imported": 1}
    assert [open_cents(session, number) for number in ("INV-1", "INV-2", "INV-9", "INV-3")] == [700_00, 0, 55_50, 30_00]
    river = account_of(session, "INV-9")
    assert (river.balance_cents, river.total_cents) == (755_50, 1_605_50)
    assert account_of(session, "INV-3").balance_cents == 30_00
    collected = select(Payment.amount_cents).where(Payment.import_batch_id == batch.id).order_by(Payment.amount_cents)
    assert session.scalars(collected).all() == [50_00, 300_00]
    assert is_sound(session)

    again = opened(session, book, later.replace("55.50", "55.5").encode(), "again.csv", kind=ImportFormat.INVOICES)
    assert again.outcomes == {"skipped:duplicate": 4}

    undone(session, batch)
    after = contents(session)
    changing = {"account", "allocation", "installment"}  # Versions, and rows that replay writes anew.
    assert {name for name in after if after[name] != before[name]} <= changing
    assert [open_cents(session, number) for number in ("INV-1", "INV-2", "INV-3")] == [700_00, 300_00, 80_00]
    assert is_sound(session)


def test_what_came_after_an_import_of_invoices_stands_in_the_way_of_its_undo(session: Session, book: Portfolio) -> None:
    first = imported(session, book, FIRST)
    later = HEADER + "Riverbend Tools LLC,C-1007,INV-9,11/18/2026,12/18/2026,55.50,55.50,\n"
    second = imported(session, book, later, "later.csv")
    with pytest.raises(RuleViolation, match=r"C-1007"):
        undone(session, first)
    session.refresh(first)
    river = account_of(session, "INV-9")
    given = {"today": TODAY, "now": NOW, "actor": factories.actor(factories.staff(session))}
    posting.post(session, river.id, method=PaymentMethod.CASH, amount_cents=10_00, **given)  # type: ignore[arg-type]
    with pytest.raises(RuleViolation, match=r"1 account of this import has got payments.*C-1007"):
        undone(session, second)


def test_an_import_of_invoices_that_nobody_touched_leaves_nothing_behind(session: Session, book: Portfolio) -> None:
    before = contents(session)
    undone(session, imported(session, book, FIRST))
    assert contents(session) == before


@pytest.mark.parametrize(
    ("line", "outcome", "words"),
    [
        ("Acme,C-9,,11/01/2026,11/30/2026,10.00,10.00,", "rejected:reference", "Invoice number is missing"),
        (",C-9,N1,11/01/2026,11/30/2026,10.00,10.00,", "rejected:account_number", "Customer is missing"),
        ("Acme,C-9,N1,11/01/2026,soon,10.00,10.00,", "rejected:date", "“soon” is not a date"),
        ("Acme,C-9,N1,11/01/2026,,10.00,10.00,", "rejected:date", "Due date is missing"),
        ("Acme,C-9,N1,11/01/2026,11/30/2026,-10.00,,", "rejected:amount", "is a credit note"),
        ("Acme,C-9,N1,11/01/2026,11/30/2026,10.00,10.01,", "rejected:amount", "Open amount $10.01 is not between"),
        ("Acme,C-9,INV-1,10/02/2026,11/01/2026,1250.00,10.00,", "rejected:account_number", "stands on account C-1007"),
        ("Acme,C-1007,INV-1,10/02/2026,11/01/2026,1300.00,10.00,", "rejected:amount", "is $1,250.00 here"),
        ("Acme,7000001,N1,10/02/2026,11/01/2026,5.00,5.00,", "rejected:account_number", "a contract of another kind"),
    ],
)
def test_a_faulty_invoice_is_told_what_is_wrong_with_it(
    session: Session, book: Portfolio, line: str, outcome: str, words: str
) -> None:
    applied(session, opened(session, book, report([{}])))
    imported(session, book, FIRST)
    batch = opened(session, book, f"{HEADER}{line}\n".encode(), "faulty.csv", kind=ImportFormat.INVOICES)
    (row,) = session.scalars(select(ImportRow).where(ImportRow.batch_id == batch.id))
    assert row.outcome.value == outcome
    assert words in str(row.problems)


def test_an_invoice_twice_in_a_file_is_one_whether_new_or_known(session: Session, book: Portfolio) -> None:
    twice = HEADER + "Acme,C-9,N1,11/01/2026,11/30/2026,10.00,10.00,\nAcme,C-9,n1,11/01/2026,11/30/2026,10.00,10.00,\n"
    assert imported(session, book, twice).outcomes == {"imported": 1, "skipped:duplicate": 1}
    paid = twice.replace(",10.00,\n", ",0.00,\n")
    assert imported(session, book, paid, "paid.csv").outcomes == {"updated": 1, "skipped:duplicate": 1}
    account = account_of(session, "N1")
    assert (account.balance_cents, account.status) == (0, AccountStatus.ACTIVE)
    assert is_sound(session)


def test_a_remittance_that_names_an_invoice_is_posted_on_its_account(session: Session, book: Portfolio) -> None:
    imported(session, book, FIRST)
    money = b"Date,Amount,Sender,Memo,Method,Reference\n2026-11-19,900.00,Riverbend Tools LLC,payment of INV-1,ACH,T1\n"
    batch = applied(session, opened(session, book, money, "bank.csv", kind=ImportFormat.REMITTANCES))
    assert batch.outcomes == {"posted": 1}
    assert open_cents(session, "INV-1") == 0
    reasons = session.scalars(select(Remittance.reasons)).one()
    kept: Any = session.scalars(select(ImportRow.fields).where(ImportRow.batch_id == batch.id)).one()
    assert "Invoice number in the memo" in [*reasons, *kept["reasons"]]


def test_invoices_earn_no_late_fees_of_leases(session: Session, book: Portfolio) -> None:
    from app.services.collections import end_of_day

    imported(session, book, FIRST)
    for day in (TODAY, TODAY + dt.timedelta(days=1)):
        run = end_of_day.open_run(session, on=day, now=NOW)
        while end_of_day.do_next(session, run.id, now=NOW) is not None:
            pass
        end_of_day.close_run(session, run.id, now=NOW)
    session.expire_all()
    river = account_of(session, "INV-1")
    assert (river.fees_cents, river.days_past_due, river.balance_cents) == (0, 20, 1_200_00)  # November 1 to 21.


def test_the_preview_and_the_account_show_the_invoices(dana: Visitor, session: Session, book: Portfolio) -> None:
    batch = opened(session, book, FIRST.encode(), "open.csv", kind=ImportFormat.INVOICES)
    page = dana.get(f"/admin/import/{batch.id}/").text
    assert "3 new · 0 known, with less open" in page and "INV-1" in page and "Skipped, nothing open" in page
    applied(session, batch)
    page = dana.get(f"/admin/accounts/{account_of(session, 'INV-1').id}").text
    assert "INV-2" in page and "Open invoices" in page
    assert session.scalar(select(func.count()).select_from(Customer)) == 2
    assert "Open Amount" in dana.get("/admin/import/example/invoices.csv").text
