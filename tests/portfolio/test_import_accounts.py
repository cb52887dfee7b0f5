"""What an imported row becomes: its schedule, its opening entries, its customer, its place in the organisation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.portfolio.imports import BatchState
from app.domain.servicing.charges import AdjustmentKind
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.parties import PartyRole
from app.domain.servicing.schedule import default_anchors, due_on, kth_period_after
from app.domain.servicing.status import AccountStatus
from app.models import (
    Account,
    AccountParty,
    Activity,
    Adjustment,
    Customer,
    Dealer,
    Device,
    Installment,
    Office,
    Payment,
    Portfolio,
    Region,
    StatusChange,
)
from app.models import Company as CompanyRow
from app.queries.payments.invariants import Finding, findings
from app.services.collections import work
from app.services.portfolio import import_undo, imports
from app.services.servicing import standing
from app.services.staff.audit import SYSTEM
from tests import factories
from tests.factories import NOW, TODAY
from tests.portfolio.importing import applied, contents, opened, report, undone


def imported(session: Session, book: Portfolio, *rows: Mapping[str, Any], columns: tuple[str, ...] = ()) -> list[Account]:
    """The accounts of a report, in the order of its rows."""
    applied(session, opened(session, book, report(rows, columns)))
    return list(session.scalars(select(Account).order_by(Account.id)))


def unsound(session: Session) -> list[Finding]:
    """What the ledger's check finds wrong."""
    return [finding for finding in findings(session) if finding.broken]


def lines_of(session: Session, account: Account) -> list[Installment]:
    query = select(Installment).where(Installment.account_id == account.id).order_by(Installment.number)
    return list(session.scalars(query))


def test_paid_and_open_lines_follow_the_contract_and_tie_to_the_balance(session: Session, book: Portfolio) -> None:
    odd = {"OUTSTANDINGBALANCERENTAL": "930.50", "SUMOFPAYMENTSMADE": "472.00"}
    (account,) = imported(session, book, odd)
    lines = lines_of(session, account)
    assert len(lines) == 9 + 18
    assert [line.due_on for line in lines] == [dt.date(2026, 6, 5) + dt.timedelta(days=14 * number) for number in range(1, 28)]
    assert [(line.amount_cents, line.paid_cents, line.opening_cents) for line in lines[:9]] == [(5_400, 5_400, 5_400)] * 9
    assert [(line.amount_cents, line.paid_cents) for line in lines[9:]] == [(5_400, 0)] * 17 + [(1_250, 0)]
    assert sum(line.amount_cents for line in lines) == account.total_cents == 9 * 5_400 + 93_050
    assert all(line.paid_on is None for line in lines)
    assert (account.balance_cents, account.paid_cents, account.payments_made, account.credit_cents) == (93_050, 47_200, 9, 0)
    assert (account.first_due_on, account.next_due_on, account.next_due_cents) == (lines[0].due_on, lines[9].due_on, 5_400)
    # 2026-10-23 is 28 days before the business date; the line of 11-06 is late as well, the one of 11-20 is due today.
    assert (account.days_past_due, account.past_due_cents) == (28, 10_800)


def test_what_was_collected_before_is_one_payment_and_the_gap_one_adjustment(session: Session, book: Portfolio) -> None:
    more = {"CONTRACT#": "7000002", "SUMOFPAYMENTSMADE": "500.00"}
    exact = {"CONTRACT#": "7000003"}
    none = {"CONTRACT#": "7000004", "COUNTOFPAYMENTSCOLLECTED": "0", "SUMOFPAYMENTSMADE": "0"}
    short = {"CONTRACT#": "7000005", "SUMOFPAYMENTSMADE": "400.00"}
    accounts = imported(session, book, more, exact, none, short)
    ids = [account.id for account in accounts]
    payments = session.scalars(select(Payment).order_by(Payment.account_id)).all()
    assert [(row.account_id, row.amount_cents) for row in payments] == [(ids[0], 50_000), (ids[1], 48_600), (ids[3], 40_000)]
    first = payments[0]
    assert (first.kind, first.method, first.state) == (PaymentKind.OPENING, PaymentMethod.PRIOR_SYSTEM, PaymentState.COMPLETE)
    assert first.effective_on == TODAY
    adjustments = session.scalars(select(Adjustment).order_by(Adjustment.account_id)).all()
    assert [(row.account_id, row.kind, row.amount_cents) for row in adjustments] == [
        (ids[0], AdjustmentKind.OPENING, 1_400),
        (ids[3], AdjustmentKind.OPENING, -8_600),
    ]
    assert [account.last_paid_on for account in accounts] == [None] * 4, "only the prior system knows"
    assert unsound(session) == []


def test_an_account_without_imei_or_cost_waits_for_review(session: Session, book: Portfolio) -> None:
    rows = [
        {},
        {"CONTRACT#": "7000002", "MERCHDESCRIPTION": "TCL 30 XE 5G"},
        {"CONTRACT#": "7000003", "CONTRACTCOST": ""},
    ]
    accounts = imported(session, book, *rows)
    assert [account.status for account in accounts] == [
        AccountStatus.ACTIVE,
        AccountStatus.PENDING_REVIEW,
        AccountStatus.PENDING_REVIEW,
    ]
    devices = session.scalars(select(Device).order_by(Device.id)).all()
    assert [(device.model, device.imei, device.cost_cents) for device in devices] == [
        ("APPLE IPHONE 12 128GB", "356415207490483", 19_900),
        ("TCL 30 XE 5G", None, 19_900),
        ("APPLE IPHONE 12 128GB", "356415207490483", None),
    ]
    changes = session.scalars(select(StatusChange).order_by(StatusChange.account_id)).all()
    assert [(change.from_status, change.to_status) for change in changes] == [(None, account.status) for account in accounts]
    told = session.scalars(select(Activity.summary).order_by(Activity.account_id)).all()
    assert told == [f"Imported from row {number} of report.csv" for number in (2, 3, 4)]


def test_the_next_payment_date_of_the_file_wins_and_the_rhythm_goes_on_from_it(session: Session, book: Portfolio) -> None:
    weekly = {"CONTRACT#": "1", "PAYMENTFREQUENCY": "Weekly", "NEXTPAYMENTDATE": "11/24/2026"}
    # The contract falls due on the 31st; the 30th of November is that day, clamped.
    monthly = {
        "CONTRACT#": "2",
        "PAYMENTFREQUENCY": "Monthly",
        "CONTRACTORIGINATIONDATE": "2026-01-31",
        "NEXTPAYMENTDATE": "11/30/2026",
    }
    moved = monthly | {"CONTRACT#": "3", "NEXTPAYMENTDATE": "11/10/2026"}
    halves = monthly | {"CONTRACT#": "4", "PAYMENTFREQUENCY": "Semimonthly", "NEXTPAYMENTDATE": "11/15/2026"}
    accounts = imported(session, book, weekly, monthly, moved, halves, columns=("NEXTPAYMENTDATE",))
    found = [[line.due_on.isoformat()[5:] for line in lines_of(session, account)[9:13]] for account in accounts]
    assert found == [
        ["11-24", "12-01", "12-08", "12-15"],
        ["11-30", "12-31", "01-31", "02-28"],
        ["11-10", "12-10", "01-10", "02-10"],
        ["11-15", "11-30", "12-15", "12-31"],
    ]
    assert [account.next_due_on for account in accounts] == [
        dt.date(2026, 11, 24),
        dt.date(2026, 11, 30),
        dt.date(2026, 11, 10),
        dt.date(2026, 11, 15),
    ]
    assert [account.anchor_days for account in accounts] == [None, [31], [10], [15, 31]]
    assert [account.days_past_due for account in accounts] == [0, 0, 10, 5]
    assert lines_of(session, accounts[1])[8].due_on == dt.date(2026, 10, 31), "paid lines count from the start"


def test_schedules_of_random_contracts_are_those_of_the_rule(session: Session, book: Portfolio) -> None:
    rng = Random(11)
    rows, plans = [], []
    for number in range(400):
        frequency = rng.choice(list(Frequency))
        start = dt.date(2025, 1, 1) + dt.timedelta(days=rng.randrange(690))
        if number % 5 == 0:
            start = dt.date(2025, rng.randrange(1, 12) + 1, 1) - dt.timedelta(days=1)
        payment, made, balance = rng.randrange(500, 20_000), rng.randrange(0, 60), rng.randrange(0, 300_000)
        given = start + dt.timedelta(days=rng.randrange(30, 900)) if rng.random() < 0.3 and balance else None
        plans.append((frequency, start, payment, made, balance, given))
        rows.append(
            {
                "CONTRACT#": str(1_000 + number),
                "CONTRACTORIGINATIONDATE": start.isoformat(),
                "PAYMENTFREQUENCY": frequency.label,
                "NEXTPAYMENTAMOUNT": f"{payment / 100:.2f}",
                "COUNTOFPAYMENTSCOLLECTED": str(made),
                "SUMOFPAYMENTSMADE": f"{made * payment / 100:.2f}",
                "OUTSTANDINGBALANCERENTAL": f"{balance / 100:.2f}",
                "NEXTPAYMENTDATE": given.isoformat() if given else "",
            }
        )
    accounts = imported(session, book, *rows, columns=("NEXTPAYMENTDATE",))
    assert len(accounts) == len(plans)
    for account, (frequency, start, payment, made, balance, given) in zip(accounts, plans, strict=True):
        lines = lines_of(session, account)
        wanted = [kth_period_after(start, frequency, k) for k in range(1, made + 1)]
        count = -(-balance // payment)
        if given is None:
            wanted += [kth_period_after(start, frequency, made + k) for k in range(1, count + 1)]
        else:
            anchors = tuple(account.anchor_days or ())
            wanted += [due_on(frequency, given, k, anchors) for k in range(count)]
            own = default_anchors(frequency, start)
            assert anchors in (own, default_anchors(frequency, given))
        assert [line.due_on for line in lines] == wanted, (frequency, start, made, given)
        assert sum(line.amount_cents - line.paid_cents for line in lines) == balance
    assert standing.restate(session, [account.id for account in accounts], today=TODAY) == 0
    assert unsound(session) == []


def test_a_tolerance_of_the_portfolio_counts_in_what_is_late(session: Session) -> None:
    book = factories.portfolio(session, tolerance_cents=500)
    last = {"COUNTOFPAYMENTSCOLLECTED": "9", "OUTSTANDINGBALANCERENTAL": "4.00"}
    two = {"CONTRACT#": "7000002", "OUTSTANDINGBALANCERENTAL": "58.00"}
    small, larger = imported(session, book, last, two)
    assert (small.next_due_on, small.past_due_cents, small.days_past_due, small.balance_cents) == (None, 0, 0, 400)
    assert (larger.past_due_cents, larger.days_past_due) == (5_400, 28)
    assert standing.restate(session, [small.id, larger.id], today=TODAY) == 0


def test_one_person_with_several_contracts_is_one_customer(session: Session, book: Portfolio) -> None:
    rows = [
        {"CONTRACT#": "1"},
        {"CONTRACT#": "2", "CUSTOMERFIRSTNAME": "RENEE", "CUSTOMERPHONE1": "614-555-0148"},
        {"CONTRACT#": "3", "CUSTOMERPHONE1": "614-555-0149"},
        {"CONTRACT#": "4", "CUSTOMERPHONE1": ""},
        {"CONTRACT#": "5", "CUSTOMERPHONE1": ""},
    ]
    accounts = imported(session, book, *rows)
    owners = [account.customer_id for account in accounts]
    assert owners[0] == owners[1]
    assert len(set(owners)) == 4, "without a phone nobody is taken for somebody else"
    applied(session, opened(session, book, report([{"CONTRACT#": "6"}]), "later.csv"))
    later = session.scalars(select(Account).where(Account.approval_id == "6")).one()
    assert later.customer_id == owners[0]
    assert session.scalar(select(func.count()).select_from(Customer)) == 4


def test_undoing_keeps_a_customer_who_was_there_before_or_came_back_since(session: Session, book: Portfolio) -> None:
    first = applied(session, opened(session, book, report([{"CONTRACT#": "1"}])))
    second = applied(session, opened(session, book, report([{"CONTRACT#": "2"}]), "second.csv"))
    before = contents(session, but=("import_batch", "import_row", "audit_event", "customer"))
    undone(session, second)
    undone(session, applied(session, opened(session, book, report([{"CONTRACT#": "2"}]), "again.csv")))
    assert session.scalar(select(func.count()).select_from(Customer)) == 1
    applied(session, opened(session, book, report([{"CONTRACT#": "2"}]), "once more.csv"))
    undone(session, first)
    assert session.scalars(select(Account.approval_id)).all() == ["2"]
    assert session.scalar(select(func.count()).select_from(Customer)) == 1
    assert before["portfolio"] == contents(session)["portfolio"]


def test_a_store_that_we_know_says_where_the_account_belongs(session: Session, book: Portfolio) -> None:
    company = CompanyRow(portfolio_id=book.id, code="C", name="Company")
    session.add(company)
    session.flush()
    region = Region(portfolio_id=book.id, company_id=company.id, code="R", name="North")
    session.add(region)
    session.flush()
    office = Office(portfolio_id=book.id, region_id=region.id, code="O", name="Columbus")
    session.add(office)
    session.flush()
    by_number = Dealer(portfolio_id=book.id, office_id=office.id, code="101", name="Mobile Depot 101")
    by_name = Dealer(portfolio_id=book.id, code="X", name="Cell City")
    session.add_all([by_number, by_name])
    session.flush()
    rows = [
        {"CONTRACT#": "1", "STORENUMBER": "101", "DEALERNAME": "CELL CITY"},
        {"CONTRACT#": "2", "STORENUMBER": "999", "DEALERNAME": "CELL CITY"},
        {"CONTRACT#": "3", "STORENUMBER": "999", "DEALERNAME": "NOBODY"},
    ]
    accounts = imported(session, book, *rows, columns=("STORENUMBER", "DEALERNAME"))
    places = [(account.dealer_id, account.office_id, account.region_id, account.company_id) for account in accounts]
    assert places == [
        (by_number.id, office.id, region.id, company.id),
        (by_name.id, None, None, None),
        (None, None, None, None),
    ]


def test_a_contract_that_came_in_between_preview_and_apply_is_skipped(session: Session, book: Portfolio) -> None:
    late = opened(session, book, report([{}, {"CONTRACT#": "7000002"}]), "late.csv")
    assert late.outcomes == {"imported": 2}
    applied(session, opened(session, book, report([{}]), "early.csv"))
    applied(session, late)
    assert late.outcomes == {"imported": 1, "skipped:duplicate": 1}
    assert late.balance_cents == 91_800
    numbers = session.scalars(select(Account.approval_id).order_by(Account.id)).all()
    assert sorted(filter(None, numbers)) == ["7000001", "7000002"]


def test_the_same_contract_number_in_two_portfolios_is_two_contracts(session: Session, book: Portfolio) -> None:
    imported(session, book, {})
    assert len(imported(session, factories.portfolio(session), {})) == 2


@pytest.mark.parametrize("touch", ["note", "follow-up", "payment"])
def test_what_a_person_did_stands_in_the_way_of_an_undo(session: Session, book: Portfolio, touch: str) -> None:
    from app.domain.collections.contact import FollowUpKind
    from app.services.payments import posting

    batch = applied(session, opened(session, book, report([{}, {"CONTRACT#": "7000002"}])))
    account = session.scalars(select(Account).order_by(Account.id).limit(1)).one()
    person = factories.actor(factories.staff(session))
    if touch == "note":
        work.add_note(session, account.id, body="Called.", now=NOW, actor=person)
    elif touch == "follow-up":
        at = NOW + dt.timedelta(days=1)
        work.add_follow_up(session, account.id, kind=FollowUpKind.CALL, due_at=at, note=None, now=NOW, actor=person)
    else:
        method = PaymentMethod.CASH
        posting.post(session, account.id, method=method, amount_cents=5_400, today=TODAY, now=NOW, actor=person)
    before = contents(session)
    imports.start_undo(session, batch, now=NOW, actor=SYSTEM)
    with pytest.raises(RuleViolation, match=rf"^1 account of this import has been worked with since: .*1 {touch}.*7000001"):
        import_undo.undo(session, batch.id, today=TODAY, now=NOW, actor=SYSTEM)
    assert contents(session) == before
    imports.fall_back(session, batch.id, error="Refused.")
    session.refresh(batch)
    assert batch.state is BatchState.APPLIED


def test_what_the_end_of_day_did_by_itself_goes_with_the_accounts(session: Session, book: Portfolio) -> None:
    from app.services.collections import end_of_day

    old = factories.account(session, book)
    before = contents(session)
    late = {"CONTRACT#": "8000002", "CONTRACTORIGINATIONDATE": "2026-01-02", "COUNTOFPAYMENTSCOLLECTED": "2"}
    batch = applied(session, opened(session, book, report([{}, late | {"SUMOFPAYMENTSMADE": "108.00"}])))
    run = end_of_day.open_run(session, on=TODAY, now=NOW)
    while end_of_day.do_next(session, run.id, now=NOW) is not None:
        pass
    end_of_day.close_run(session, run.id, now=NOW)
    session.expire_all()
    defaulted = session.scalars(select(Account).where(Account.approval_id == "8000002")).one()
    assert defaulted.status is AccountStatus.DEFAULT
    undone(session, batch)
    after = contents(session)
    ended = {"day_run", "day_chunk", "account_snapshot", "portfolio_day", "bucket_change", "account", "audit_event"}
    ended.add("threshold_crossing")
    # The account that was there before got its own from the same end of day; keys hold all of these to accounts that exist.
    of_old = {"account_behavior", "account_signal", "account_collection_status", "collection_status_change", "activity"}
    assert {name for name in after if after[name] != before[name]} <= ended | of_old
    snapshots = after["account_snapshot"]
    assert len(snapshots) == 1
    assert f",{old.id}," in snapshots[0]
    from app.models import PortfolioDay

    sums = session.execute(select(func.sum(PortfolioDay.accounts), func.sum(PortfolioDay.balance_cents))).one()
    assert tuple(map(int, sums)) == (1, old.balance_cents)


def test_a_customer_who_signed_another_contract_since_stays_with_the_import(session: Session, book: Portfolio) -> None:
    batch = applied(session, opened(session, book, report([{}])))
    account = session.scalars(select(Account)).one()
    other = factories.account(session, book)
    session.add(AccountParty(account_id=other.id, customer_id=account.customer_id, role=PartyRole.CO_APPLICANT))
    session.flush()
    imports.start_undo(session, batch, now=NOW, actor=SYSTEM)
    with pytest.raises(RuleViolation, match="1 signature"):
        import_undo.undo(session, batch.id, today=TODAY, now=NOW, actor=SYSTEM)
