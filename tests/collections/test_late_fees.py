"""Late fees and interest at the end of a day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.charges import FeeKind
from app.domain.servicing.contract import OPENED_HERE, ContractType
from app.domain.servicing.fees import FrequencyClass, assessed_on, chosen, late_fee
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AccountSnapshot, ContractFinance, Fee, FeePolicy, InterestCharge
from app.queries.payments import fee_policies
from app.queries.payments.invariants import findings
from app.services.collections.day import aging, fees, snapshots
from app.services.payments import charging, posting, replaying
from app.services.servicing import standing
from tests import factories
from tests.factories import NOW

CAME = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
DUE = dt.date(2026, 10, 9)
DAY = dt.date(2026, 10, 17)  # Seven days of grace, and one.


def an_account(session: Session, **given: Any) -> Account:
    lines = [(DUE + dt.timedelta(days=14 * n), 5_400) for n in range(5)]
    values: dict[str, Any] = {"lines": lines, "opened_at": CAME, "today": DAY} | given
    return factories.account(session, **values)


def end(session: Session, on: dt.date) -> int:
    highest = session.scalar(select(func.max(Account.id))) or 1
    span: dict[str, Any] = {"first": 1, "last": highest, "on": on, "now": NOW}
    aging.age(session, **span)
    return fees.assess(session, **span)


def charged(session: Session, account: Account) -> list[tuple[int | None, int, int]]:
    rows = session.execute(
        select(Fee.installment_number, Fee.amount_cents, Fee.waived_cents)
        .where(Fee.account_id == account.id)
        .order_by(Fee.installment_number)
    )
    return [(number, cents, waived) for number, cents, waived in rows]


def pay(session: Session, account: Account, cents: int, on: dt.date, today: dt.date) -> int:
    return posting.post(
        session,
        account.id,
        method=PaymentMethod.CASH,
        amount_cents=cents,
        effective_on=on,
        today=today,
        now=NOW,
        actor=factories.actor(),
    ).id


def undo(session: Session, payment_id: int, today: dt.date) -> None:
    posting.reverse(session, payment_id, reason="Not theirs", today=today, now=NOW, actor=factories.actor(), may_be_older=True)


def broken(session: Session) -> list[str]:
    return [finding.invariant.name for finding in findings(session) if finding.broken]


def test_a_late_fee_comes_at_the_end_of_the_day_after_grace_and_only_then(session: Session) -> None:
    account = an_account(session)
    assert end(session, DAY - dt.timedelta(days=1)) == 0
    assert end(session, DAY) == 1
    session.refresh(account)
    assert charged(session, account) == [(1, 270, 0)]  # 5% of 54.00 is less than 5.00.
    assert (account.fees_cents, account.balance_cents, account.past_due_cents) == (270, 27_270, 5_670)
    assert (account.next_due_cents, account.days_past_due) == (5_670, 8)
    fee = session.scalars(select(Fee).where(Fee.account_id == account.id)).one()
    assert fee.reason == "Default, longer: 5% of $54.00 (Strictest of the common ones)"
    assert (fee.kind, fee.assessed_on) == (FeeKind.LATE, DAY)
    assert end(session, DAY + dt.timedelta(days=1)) == 0
    assert broken(session) == []


def test_a_second_run_charges_nothing_and_leaves_the_figures(session: Session) -> None:
    account = an_account(session)
    end(session, DAY)
    session.refresh(account)
    before = (account.balance_cents, account.past_due_cents, account.next_due_cents, account.days_past_due)
    assert end(session, DAY) == 0
    session.refresh(account)
    assert (account.balance_cents, account.past_due_cents, account.next_due_cents, account.days_past_due) == before
    standing.restate(session, [account.id], today=DAY)
    session.refresh(account)
    assert (account.balance_cents, account.past_due_cents, account.next_due_cents, account.days_past_due) == before


def test_the_fee_is_on_the_unpaid_part_and_never_on_fees(session: Session) -> None:
    account = an_account(session)
    pay(session, account, 3_400, DUE, DUE)
    end(session, DAY)
    assert charged(session, account) == [(1, 100, 0)]  # 5% of 20.00.


def test_money_that_counts_by_the_day_after_grace_keeps_the_fee_away(session: Session) -> None:
    account = an_account(session)
    pay(session, account, 5_400, DAY, DAY)
    assert end(session, DAY) == 0


def test_an_account_that_came_here_later_is_not_charged_for_what_was_late_by_then(session: Session) -> None:
    account = an_account(session, opened_at=dt.datetime(2026, 10, 17, 12, tzinfo=dt.UTC))
    assert end(session, DAY) == 0
    assert charged(session, account) == []


def test_an_account_that_is_returned_is_not_charged(session: Session) -> None:
    an_account(session, status=AccountStatus.RETURNED)
    assert end(session, DAY) == 0


def test_the_law_of_the_customers_state_decides(session: Session) -> None:
    book = factories.portfolio(session)
    person = factories.customer(session, book, state="NY")
    account = an_account(session, book=book, customer=person)
    end(session, DAY)
    assert charged(session, account) == [(1, 540, 0)]  # The greater of 10% and 5.00.
    assert "New York" in session.scalars(select(Fee.reason).where(Fee.account_id == account.id)).one()


def test_a_row_of_the_portfolio_wins_and_its_cap_on_the_total_holds(session: Session) -> None:
    book = factories.portfolio(session)
    session.add(
        FeePolicy(
            name="Own",
            portfolio_id=book.id,
            contract_from_on=dt.date(2026, 1, 1),
            frequency_class=FrequencyClass.LONGER,
            grace_days=7,
            flat_cents=800,
            cap_total_cents=1_000,
        )
    )
    account = an_account(session, book=book)
    for weeks in (0, 2, 4):
        end(session, DAY + dt.timedelta(weeks=weeks))
    assert charged(session, account) == [(1, 800, 0), (2, 200, 0)]


def test_a_payment_that_is_entered_late_but_came_in_time_takes_the_fee_back_and_its_reversal_brings_it_again(
    session: Session,
) -> None:
    account = an_account(session)
    end(session, DAY)
    today = DAY + dt.timedelta(days=3)
    payment = pay(session, account, 5_400, DUE + dt.timedelta(days=7), today)
    session.refresh(account)
    assert charged(session, account) == [(1, 270, 270)]
    assert (account.fees_cents, account.balance_cents, account.days_past_due) == (0, 21_600, 0)
    assert broken(session) == []
    undo(session, payment, today)
    session.refresh(account)
    assert charged(session, account) == [(1, 270, 0)]
    assert (account.fees_cents, account.balance_cents) == (270, 27_270)
    assert broken(session) == []


def test_a_payment_in_time_that_is_reversed_later_earns_the_fee_that_its_day_would_have_charged(session: Session) -> None:
    account = an_account(session)
    payment = pay(session, account, 5_400, DUE, DUE)
    end(session, DAY)
    assert charged(session, account) == []
    undo(session, payment, DAY + dt.timedelta(days=3))
    session.refresh(account)
    assert charged(session, account) == [(1, 270, 0)]
    assert account.balance_cents == 27_270
    assert end(session, DAY) == 0, "the end of that day has nothing to add"
    assert broken(session) == []


def test_a_part_that_came_in_time_makes_the_fee_smaller(session: Session) -> None:
    account = an_account(session)
    end(session, DAY)
    pay(session, account, 3_400, DUE, DAY + dt.timedelta(days=3))
    assert charged(session, account) == [(1, 100, 0)]
    assert broken(session) == []


def test_money_of_the_next_day_that_is_there_before_the_day_is_ended_pays_the_fee(session: Session) -> None:
    account = an_account(session)
    pay(session, account, 5_400, DAY + dt.timedelta(days=1), DAY + dt.timedelta(days=1))
    end(session, DAY)
    assert charged(session, account) == [(1, 270, 0)]
    session.refresh(account)
    assert (account.fees_cents, account.balance_cents) == (0, 27_270 - 5_400)
    assert broken(session) == []


def test_the_end_of_day_charges_what_the_rule_says_on_random_accounts(session: Session) -> None:
    random = Random(20_261_017)
    book = factories.portfolio(session)
    policies = fee_policies.active(session)
    days = [dt.date(2026, 10, 1) + dt.timedelta(days=n) for n in range(12)]
    wanted: dict[tuple[int, int], int] = {}
    for _ in range(120):
        state = random.choice(["CA", "NY", "CT", "WV", "MN", "TX", None])
        frequency = random.choice(list(Frequency))
        cents = random.choice([2_999, 15_000, 40_000, 101])
        due = dt.date(2026, 9, 18) + dt.timedelta(days=random.randrange(24))
        person = factories.customer(session, book, state=state)
        account = an_account(
            session,
            book=book,
            customer=person,
            frequency=frequency,
            lines=[(due, cents), (due + dt.timedelta(days=60), cents)],
            payment_cents=cents,
        )
        paid = random.choice([0, 0, cents // 2, cents])
        if paid:
            pay(session, account, paid, due, due)
        found = chosen(
            map(fee_policies.applies, policies.values()),
            state=state,
            contract_on=account.start_on,
            frequency=frequency,
            portfolio_id=book.id,
        )
        assert found is not None
        policy = policies[found.key]
        on = assessed_on(due, policy.grace_days, is_business_days=policy.is_grace_business_days)
        fee = late_fee(fee_policies.rule_of(policy), cents - paid)
        if on in days and fee.cents:
            wanted[account.id, 1] = fee.cents
    for on in days:
        end(session, on)
    rows = session.execute(select(Fee.account_id, Fee.installment_number, Fee.amount_cents)).all()
    assert {(account_id, number): cents for account_id, number, cents in rows} == wanted
    assert len(wanted) > 20, "the cases must not all be without a fee"
    assert broken(session) == []


def test_interest_is_assessed_once_at_the_end_of_a_month(session: Session) -> None:
    # 3,650.00 at 10% earns 1.00 a day; the contract began on December 1.
    account = an_account(session, contract_type=ContractType.INSTALLMENT, lines=[(dt.date(2026, 12, 15), 400_000)])
    session.add(
        ContractFinance(account_id=account.id, interest_rate=Decimal(10), principal_cents=365_000, accrued_on=account.start_on)
    )
    session.flush()
    pay(session, account, 500, dt.date(2026, 12, 6), dt.date(2026, 12, 6))
    finance = session.get_one(ContractFinance, account.id)
    assert (finance.principal_open_cents, finance.interest_open_cents, finance.interest_assessed_cents) == (365_000, 0, 500)
    end(session, dt.date(2026, 12, 30))
    assert finance.interest_assessed_cents == 500
    assert end(session, dt.date(2026, 12, 31)) == 1
    assert end(session, dt.date(2026, 12, 31)) == 0
    session.refresh(finance)
    session.refresh(account)
    # From December 6 to the 31st; the late fee of the 23rd was not assessed, because that day was not ended.
    assert (finance.interest_open_cents, finance.interest_assessed_cents) == (2_500, 3_000)
    assert account.balance_cents == 365_000 + 2_500
    rows = session.execute(select(InterestCharge.assessed_on, InterestCharge.days, InterestCharge.amount_cents)).all()
    assert [tuple(row) for row in rows] == [(dt.date(2026, 12, 6), 5, 500), (dt.date(2026, 12, 31), 25, 2_500)]
    assert broken(session) == []


def run(session: Session, on: dt.date) -> None:
    """A whole end of day of every account, as far as its snapshot is concerned."""
    end(session, on)
    highest = session.scalar(select(func.max(Account.id))) or 1
    snapshots.take(session, first=1, last=highest, on=on, now=NOW)


def stood(session: Session, account: Account) -> list[tuple[dt.date, int, int, int]]:
    rows = session.execute(
        select(
            AccountSnapshot.business_on,
            AccountSnapshot.days_past_due,
            AccountSnapshot.past_due_cents,
            AccountSnapshot.balance_cents,
        )
        .where(AccountSnapshot.account_id == account.id)
        .order_by(AccountSnapshot.business_on)
    )
    return [(on, days, past_due, balance) for on, days, past_due, balance in rows]


@pytest.mark.parametrize("kind", OPENED_HERE)
def test_what_is_entered_late_leaves_the_snapshots_that_entering_in_order_would(session: Session, kind: ContractType) -> None:
    days = [dt.date(2026, 10, 10) + dt.timedelta(days=n) for n in range(25)]
    came = dt.date(2026, 10, 16)

    def lived(is_late: bool) -> list[tuple[dt.date, int, int, int]]:
        account = an_account(session, contract_type=kind, today=days[0])
        if kind is not ContractType.LEASE:
            session.add(
                ContractFinance(
                    account_id=account.id,
                    interest_rate=Decimal("24.99"),
                    principal_cents=25_000 if kind is ContractType.INSTALLMENT else 0,
                    accrued_on=account.start_on,
                )
            )
            session.flush()
        replaying.replay(session, account, from_on=days[0], today=days[0])
        for on in days:
            if on == came and not is_late:
                pay(session, account, 5_400, came, came)
            run(session, on)
        if is_late:
            before = stood(session, account)
            pay(session, account, 5_400, came, days[-1] + dt.timedelta(days=1))
            assert stood(session, account) != before
        return stood(session, account)

    assert lived(is_late=True) == lived(is_late=False)


def test_a_waiver_counts_in_snapshots_from_its_own_day_on(session: Session) -> None:
    account = an_account(session)
    for on in (DAY, DAY + dt.timedelta(days=1)):
        run(session, on)
    fee = session.scalars(select(Fee.id).where(Fee.account_id == account.id)).one()
    later = DAY + dt.timedelta(days=2)
    charging.waive(session, fee, reason="Goodwill", today=later, now=NOW, actor=factories.actor(), role=Role.ADMIN)
    pay(session, account, 5_400, DAY + dt.timedelta(days=1), later)
    # On the second day 54.00 had come: 2.70 of it for the fee, which was not waived yet? It is by now, so all is rent.
    assert [(on, balance) for on, _, _, balance in stood(session, account)] == [
        (DAY, 27_270),
        (DAY + dt.timedelta(days=1), 21_870),
    ]
    assert charged(session, account) == [(1, 270, 270)]
    assert broken(session) == []
