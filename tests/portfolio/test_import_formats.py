"""The sample files of the other formats: every row has the fate that follows from how the files were made."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.money import dollars
from app.domain.payments.kinds import PaymentKind, PaymentState
from app.domain.payments.remittances import RemittanceState
from app.domain.portfolio.imports import ImportFormat, RowOutcome
from app.domain.servicing.status import AccountStatus
from app.models import Account, ImportRow, Payment, Portfolio, Remittance
from app.queries.payments.invariants import findings
from app.services.payments import remittances
from app.services.portfolio.import_funding import running_total_cents
from app.services.staff.audit import Actor
from tests import factories
from tests.factories import NOW, TODAY
from tests.portfolio.importing import EXPECTED, REPORT, SHARED, applied, opened, report, undone, with_sample

RTO, REMITTED = SHARED / "rto_contracts.csv", SHARED / "remittances.csv"
DEALERS = [SHARED / f"Dealer Contract Reconciliation {number}.xlsx" for number in (1, 2)]
KNOWN = {"imported", "pending_review"}


def lines(path: Any) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@with_sample
def test_every_row_of_the_rto_contracts_is_an_active_account_as_the_file_says(session: Session, book: Portfolio) -> None:
    batch = applied(session, opened(session, book, RTO, RTO.name, kind=ImportFormat.RTO_CONTRACTS))
    wanted: dict[str, dict[str, str]] = {}
    for line in lines(RTO):
        wanted.setdefault(line["Account Number"], line)
    assert batch.outcomes == {"imported": len(wanted), "skipped:duplicate": len(lines(RTO)) - len(wanted)}
    accounts = {account.account_number: account for account in session.scalars(select(Account))}
    for number, line in wanted.items():
        account = accounts[number]
        assert account.device is not None
        month, day, year = line["Next Due Date"].split("/")
        found = (
            account.status,
            account.customer.first_name,
            account.customer.last_name,
            account.customer.email,
            account.device.imei,
            f"{dollars(account.balance_cents)}",
            f"{dollars(account.paid_cents)}",
            account.payments_made,
            account.frequency.value,
        )
        assert found == (
            AccountStatus.ACTIVE,
            line["First Name"],
            line["Last Name"],
            line["Email"],
            line["IMEI"],
            line["Balance"],
            line["Total Paid"],
            int(line["Payments Made"]),
            line["Frequency"],
        )
        if account.balance_cents:
            assert f"{account.next_due_on:%Y-%m-%d}" == f"{year}-{month}-{day}"
    again = opened(session, book, RTO, RTO.name, kind=ImportFormat.RTO_CONTRACTS, may_repeat=True)
    assert again.outcomes == {"skipped:duplicate": len(lines(RTO))}


@with_sample
def test_dealer_reconciliations_add_up_to_the_running_total_and_leave_it_again(session: Session, book: Portfolio) -> None:
    expected = json.loads((SHARED / "dealer_recon.expected.json").read_text())
    batches = [
        applied(session, opened(session, book, path, path.name, kind=ImportFormat.DEALER_RECONCILIATION)) for path in DEALERS
    ]
    assert sum(batch.outcomes["imported"] for batch in batches) == expected["contracts"]
    assert dollars(running_total_cents(session, book.id)) == Decimal(expected["net_funded_total"])
    undone(session, batches[1])
    assert running_total_cents(session, book.id) == batches[0].balance_cents


@pytest.fixture
def portfolio(session: Session, book: Portfolio) -> Portfolio:
    """The sample portfolio that the remittances pay for."""
    applied(session, opened(session, book, REPORT, REPORT.name))
    return book


def truth() -> dict[str, str | None]:
    """Reference → the contract that it pays, as the generator made it; None for a stranger.

    Of six lines in turn: the account in the memo, a phone number, a name in capitals, a stranger who writes "phone payment",
    the account with a suffix, a name with two payments at once.
    """
    accounts = [row for row in json.loads(EXPECTED.read_text())["accounts"] if row["outcome"] in KNOWN]
    whose: dict[str, str | None] = {}
    for place, line in enumerate(lines(REMITTED)):
        name, times = line["Sender"].casefold(), 2 if place % 6 == 5 else 1
        fitting = [
            row["approval_id"]
            for row in accounts
            if f"{row['first_name']} {row['last_name']}".casefold() == name
            and Decimal(row["payment_amount"]) * times == Decimal(line["Amount"])
        ]
        named = re.search(r"\b(\d{7})(?:-1)?\b", line["Memo"]) if place % 6 in (0, 4) else None
        assert (place % 6 == 3) == (not fitting)
        assert named is None or named.group(1) in fitting
        whose[line["Reference"]] = fitting[0] if len(fitting) == 1 else named.group(1) if named else None
    return whose


@with_sample
def test_no_remittance_finds_a_wrong_account_and_only_overpayments_and_strangers_wait(
    session: Session, portfolio: Portfolio
) -> None:
    wanted = truth()
    batch = opened(session, portfolio, REMITTED, REMITTED.name, kind=ImportFormat.REMITTANCES)
    rows = session.execute(
        select(ImportRow.fields, ImportRow.outcome, Account.approval_id, Account.balance_cents)
        .outerjoin(Account, Account.id == ImportRow.account_id)
        .where(ImportRow.batch_id == batch.id)
    ).all()
    posted = {row.fields["reference"]: row.approval_id for row in rows if row.outcome is RowOutcome.POSTED}
    assert {reference for reference, account in posted.items() if wanted[reference] != account} == set()
    known = {reference for reference, account in wanted.items() if account}
    assert len(known) == 173
    owed = dict(session.execute(select(Account.approval_id, Account.balance_cents)).all())
    sent = {row.fields["reference"]: row.fields["amount_cents"] for row in rows}
    more_than_owed = {reference for reference in known if sent[reference] > owed[wanted[reference]]}
    ahead = known - more_than_owed - set(posted)
    # What waits without need: people who pay further ahead than two periods, by their name alone.
    assert len(ahead) <= 5
    suggested = {row.fields["reference"]: row.fields["account_number"] for row in rows if row.outcome is RowOutcome.QUEUED}
    assert {reference for reference in ahead | more_than_owed if suggested[reference] != wanted[reference]} == set()
    assert set(suggested) - ahead - more_than_owed == set(wanted) - known
    assert (len(posted), len(suggested)) == (batch.outcomes["posted"], batch.outcomes["queued"])


HEADER = "Date,Amount,Sender,Memo,Method,Reference"


def remitted(*some: str) -> bytes:
    return "\n".join([HEADER, *some]).encode()


@pytest.fixture
def rosa(session: Session, book: Portfolio) -> Account:
    """Rosa Garcia pays $54.00 every two weeks; $54.00 is past due."""
    applied(session, opened(session, book, report([{"CUSTOMERFIRSTNAME": "Rosa", "CUSTOMERLASTNAME": "Garcia"}])))
    return session.scalars(select(Account)).one()


def test_a_remittance_is_posted_once_reversed_with_its_file_and_may_come_again(
    session: Session, book: Portfolio, rosa: Account
) -> None:
    owed = rosa.balance_cents
    file = remitted(
        "2026-11-18,54.00,ROSA GARCIA,,Zelle,Z1",
        "2026-11-18,54.00,R. Garcia,,Zelle,Z2",
        "2026-11-18,9.99,Somebody Else,,Venmo,Z3",
        "2026-11-18,20.00,Luis,7000001-1 thanks,Venmo,Z4",
        "2026-11-18,54.00,ROSA GARCIA,,Zelle,Z1",
        "2026-11-18,-5.00,Store,,Zelle,Z5",
        "2026-13-18,5.00,Store,,Zelle,Z6",
    )
    batch = applied(session, opened(session, book, file, "zelle.csv", kind=ImportFormat.REMITTANCES))
    fates = {
        "posted": 1,
        "queued": 3,
        "skipped:duplicate": 1,
        "skipped:not_incoming": 1,
        "rejected:date": 1,
    }
    assert batch.outcomes == fates
    assert rosa.balance_cents == owed - 54_00
    assert [found for found in findings(session) if found.broken] == []
    again = opened(session, book, file, "zelle.csv", kind=ImportFormat.REMITTANCES, may_repeat=True)
    assert again.outcomes["skipped:duplicate"] == 5

    undone(session, batch)
    assert rosa.balance_cents == owed
    kinds = Counter(session.scalars(select(Payment.kind).where(Payment.kind != PaymentKind.OPENING)))
    assert kinds == {PaymentKind.PAYMENT: 1, PaymentKind.REVERSAL: 1}
    assert [found for found in findings(session) if found.broken] == []
    once_more = opened(session, book, file, "zelle.csv", kind=ImportFormat.REMITTANCES, may_repeat=True)
    assert once_more.outcomes == fates


def test_what_a_person_matched_is_learnt_and_keeps_its_file_from_being_undone(
    session: Session, book: Portfolio, rosa: Account
) -> None:
    first = remitted("2026-11-18,54.00,Luis Vega,,Zelle,Z7", "2026-11-18,30.00,Bank of Ohio,interest,Zelle,Z8")
    batch = applied(session, opened(session, book, first, "one.csv", kind=ImportFormat.REMITTANCES))
    assert batch.outcomes == {"queued": 2}
    waiting, interest = session.scalars(select(Remittance).order_by(Remittance.id)).all()
    given: dict[str, Any] = {"now": NOW, "actor": Actor(staff_id=factories.staff(session).id)}
    with pytest.raises(RuleViolation, match=r"The parts make \$53.00; \$54.00 came in"):
        remittances.post(session, waiting, [(rosa.id, 53_00)], today=TODAY, **given)
    remittances.post(session, waiting, [(rosa.id, 54_00)], today=TODAY, **given)
    remittances.learn(session, waiting, rosa.id, **given)
    remittances.ignore(session, interest.id, reason="Interest of the bank", **given)
    with pytest.raises(RuleViolation, match="posted by now"):
        remittances.post(session, waiting, [(rosa.id, 54_00)], today=TODAY, **given)
    with pytest.raises(RuleViolation, match="2 of the payments of this import were matched or left alone"):
        undone(session, batch)

    second = remitted("2026-11-19,54.00,LUIS VEGA,,Zelle,Z9")
    learnt = applied(session, opened(session, book, second, "two.csv", kind=ImportFormat.REMITTANCES))
    assert learnt.outcomes == {"posted": 1}
    remittances.reopen(session, waiting.id, reason="Wrong account", today=TODAY, **given)
    assert waiting.state is RemittanceState.QUEUED
    remittances.post(session, waiting, [(rosa.id, 54_00)], today=TODAY, **given)
    states = [payment.state for payment in remittances.payments_of(session, waiting.id)]
    assert states == [PaymentState.REVERSED, PaymentState.COMPLETE]
    assert [found for found in findings(session) if found.broken] == []


def test_a_list_of_payments_posts_by_account_number_and_each_tracking_number_once(
    session: Session, book: Portfolio, rosa: Account
) -> None:
    owed = rosa.balance_cents
    file = b"""Account Number,Date,Amount,Tracking Number,Method
7000001,11/18/2026,54.00,T-1,Cash
7000001-1,11/19/2026,"$1,000.00",T-2,Zelle
7000009,11/18/2026,54.00,T-3,Cash
7000001,11/18/2026,54.00,,Cash
7000001,11/18/2026,10.00,T-1,Cash
7000001,01/01/2020,10.00,T-4,Cash
"""
    batch = applied(session, opened(session, book, file, "list.csv", kind=ImportFormat.PAYMENTS))
    assert batch.outcomes == {
        "posted": 2,
        "rejected:account_number": 1,
        "rejected:reference": 1,
        "skipped:duplicate": 1,
        "rejected:date": 1,
    }
    assert owed - rosa.balance_cents + rosa.credit_cents == 1_054_00
    assert [found for found in findings(session) if found.broken] == []
