"""The end of a business date: what it finds, that twice changes nothing, and that one bad account stops nobody."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from app.domain.collections.contact import FollowUpKind, PromiseStatus
from app.domain.collections.worklist import FOLLOW_UP_FIRST, weight
from app.domain.payments.kinds import PaymentMethod
from app.domain.reporting.jobs import JobState, StepName
from app.domain.servicing.charges import FeeKind
from app.domain.servicing.delinquency import DueLine, age
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.models import (
    Account,
    AccountCollectionStatus,
    AccountSnapshot,
    BucketChange,
    CollectionSettings,
    DayChunk,
    DayRun,
    Fee,
    FollowUp,
    Installment,
    PortfolioDay,
    Promise,
    StatusChange,
)
from app.services.collections import end_of_day as day
from app.services.collections import promises, work
from app.services.collections.day import STEPS, aging
from app.services.collections.end_of_day import Done
from app.services.payments import posting
from app.services.servicing import standing
from tests import factories
from tests.factories import NOW, TODAY

SYSTEM = factories.actor()


def end(session: Session, on: dt.date = TODAY) -> list[Done]:
    """A whole end of day in one process."""
    run = day.open_run(session, on=on, now=NOW)
    done = []
    while (outcome := day.do_next(session, run.id, now=NOW)) is not None:
        assert isinstance(outcome, Done)
        done.append(outcome)
    day.close_run(session, run.id, now=NOW)
    session.expire_all()
    return done


def random_book(session: Session, count: int, *, seed: int, tolerance_cents: int = 0) -> tuple[int, int]:
    """`count` accounts with random lines, part payments and late fees; returns the first and the last account id."""
    chance = random.Random(seed)
    book = factories.portfolio(session, tolerance_cents=tolerance_cents)
    person = factories.customer(session, book)
    rows = [
        {
            "portfolio_id": book.id,
            "customer_id": person.id,
            "account_number": f"R{seed}-{n}",
            "frequency": chance.choice(list(Frequency)),
            "start_on": dt.date(2025, 1, 1),
            "first_due_on": dt.date(2025, 1, 8),
            "payment_cents": 5_000,
            "total_cents": 5_000,
            "status": chance.choice([AccountStatus.ACTIVE, AccountStatus.DEFAULT, AccountStatus.PENDING_REVIEW]),
            "opened_at": NOW,
        }
        for n in range(count)
    ]
    ids = sorted(session.scalars(insert(Account).returning(Account.id), rows))
    lines, fees = [], []
    for account_id in ids:
        due = TODAY + dt.timedelta(days=chance.randint(-200, 30))
        for number in range(1, chance.randint(1, 8)):
            amount = chance.randint(1, 9_000)
            paid = chance.choice([0, 0, amount, amount, chance.randint(0, amount), max(0, amount - chance.randint(0, 60))])
            lines.append({"account_id": account_id, "number": number, "due_on": due, "amount_cents": amount, "paid_cents": paid})
            if chance.random() < 0.15:
                fee = chance.randint(1, 900)
                fees.append(
                    {
                        "account_id": account_id,
                        "installment_number": number,
                        "kind": FeeKind.LATE,
                        "assessed_on": TODAY - dt.timedelta(days=chance.randint(0, 20)),
                        "amount_cents": fee,
                        "paid_cents": chance.choice([0, fee, fee // 2]),
                        "reason": "test",
                        "created_at": NOW,
                    }
                )
            due += dt.timedelta(days=chance.randint(1, 31))
    session.execute(insert(Installment), lines)
    if fees:
        session.execute(insert(Fee), fees)
    # Rows that are rolled back after each test leave statistics of empty tables behind, and plans for those.
    session.execute(text("analyze account, installment"))
    return ids[0], ids[-1]


def by_the_rule(session: Session, first: int, last: int, *, tolerance_cents: int) -> dict[int, tuple[int, int]]:
    """Days past due and amount past due of each account, from the pure rule over the rows."""
    fees: Counter[tuple[int, int | None]] = Counter()
    for fee in session.scalars(select(Fee).where(Fee.account_id.between(first, last))):
        fees[fee.account_id, fee.installment_number] += fee.amount_cents - fee.paid_cents - fee.waived_cents
    lines: dict[int, list[DueLine]] = {account_id: [] for account_id in range(first, last + 1)}
    for line in session.scalars(select(Installment).where(Installment.account_id.between(first, last))):
        owed = DueLine(
            line.due_on,
            line.amount_cents,
            fees_cents=fees[line.account_id, line.number],
            applied_cents=line.paid_cents,
        )
        lines[line.account_id].append(owed)
    found = {account_id: age(owed, TODAY, tolerance_cents=tolerance_cents) for account_id, owed in lines.items()}
    return {account_id: (each.days_past_due, each.past_due_cents) for account_id, each in found.items()}


def stored(session: Session, first: int, last: int) -> dict[int, tuple[int, int]]:
    query = select(Account.id, Account.days_past_due, Account.past_due_cents).where(Account.id.between(first, last))
    return {account_id: (days, cents) for account_id, days, cents in session.execute(query)}


def test_the_sql_aging_equals_the_rule_on_ten_thousand_random_accounts(session: Session) -> None:
    first, last = random_book(session, 10_000, seed=1)
    aging.age(session, first=first, last=last, on=TODAY, now=NOW)
    expected = by_the_rule(session, first, last, tolerance_cents=0)
    assert stored(session, first, last) == expected
    assert 3_000 < sum(days > 0 for days, _ in expected.values()) < 9_000, "the book has late and current accounts"


def test_the_sql_aging_equals_the_rule_with_a_tolerance(session: Session) -> None:
    first, last = random_book(session, 1_000, seed=2, tolerance_cents=50)
    aging.age(session, first=first, last=last, on=TODAY, now=NOW)
    assert stored(session, first, last) == by_the_rule(session, first, last, tolerance_cents=50)
    assert stored(session, first, last) != by_the_rule(session, first, last, tolerance_cents=0)


def test_restating_an_account_and_aging_it_give_the_same_figures(session: Session) -> None:
    first, last = random_book(session, 500, seed=3, tolerance_cents=20)
    standing.restate(session, range(first, last + 1), today=TODAY)
    assert stored(session, first, last) == by_the_rule(session, first, last, tolerance_cents=20)
    assert aging.age(session, first=first, last=last, on=TODAY, now=NOW) == 0, "there is nothing left to change"


def test_aging_as_of_a_past_day_counts_what_was_paid_later_as_unpaid(session: Session) -> None:
    account = factories.account(session, lines=[(dt.date(2026, 11, 2), 5_000), (dt.date(2026, 11, 9), 5_000)])
    posting.post(
        session,
        account.id,
        method=PaymentMethod.CASH,
        amount_cents=5_000,
        effective_on=dt.date(2026, 11, 15),
        today=TODAY,
        now=NOW,
        actor=SYSTEM,
    )
    assert (account.days_past_due, account.past_due_cents) == (11, 5_000)
    end(session, dt.date(2026, 11, 12))
    end(session, dt.date(2026, 11, 16))
    rows = session.execute(
        select(AccountSnapshot.business_on, AccountSnapshot.days_past_due, AccountSnapshot.balance_cents)
        .where(AccountSnapshot.account_id == account.id)
        .order_by(AccountSnapshot.business_on)
    ).all()
    assert [tuple(row) for row in rows] == [(dt.date(2026, 11, 12), 10, 10_000), (dt.date(2026, 11, 16), 7, 5_000)]
    day.open_day(session, on=TODAY, now=NOW)
    session.refresh(account)
    assert (account.days_past_due, account.past_due_cents) == (11, 5_000)


def test_a_weekly_account_defaults_at_60_days_and_a_monthly_one_at_90(session: Session) -> None:
    def late(frequency: Frequency, days: int) -> Account:
        return factories.account(session, lines=[(TODAY - dt.timedelta(days=days), 5_000)], frequency=frequency)

    fresh, weekly = late(Frequency.WEEKLY, 59), late(Frequency.WEEKLY, 60)
    spared, monthly = late(Frequency.MONTHLY, 89), late(Frequency.MONTHLY, 90)
    end(session)
    assert [account.status for account in (fresh, weekly, spared, monthly)] == [
        AccountStatus.ACTIVE,
        AccountStatus.DEFAULT,
        AccountStatus.ACTIVE,
        AccountStatus.DEFAULT,
    ]
    assert (weekly.default_on, fresh.default_on) == (TODAY, None)
    change = session.scalars(select(StatusChange).where(StatusChange.account_id == weekly.id)).one()
    assert (change.reason, change.business_on) == ("60 days past due", TODAY)
    end(session, TODAY + dt.timedelta(days=1))
    assert weekly.default_on == TODAY, "the day of default never moves later"


def test_an_account_that_crosses_into_another_bucket_is_kept_with_the_day(session: Session) -> None:
    account = factories.account(session, lines=[(TODAY - dt.timedelta(days=30), 5_000)])
    end(session)
    end(session, TODAY + dt.timedelta(days=1))
    changes = session.scalars(select(BucketChange).where(BucketChange.account_id == account.id)).all()
    assert [(each.business_on, each.from_bucket, each.to_bucket) for each in changes] == [
        (TODAY + dt.timedelta(days=1), "1-30", "31-60")
    ]


def test_a_promise_is_broken_at_the_end_of_the_day_after_it(session: Session) -> None:
    lines = [(dt.date(2026, 11, 2), 10_000), (dt.date(2026, 12, 2), 10_000)]
    accounts = [factories.account(session, lines=lines) for _ in range(3)]
    for account in accounts:
        promises.take(session, account.id, amount_cents=10_000, due_on=TODAY, method=None, today=TODAY, now=NOW, actor=SYSTEM)
    for account, cents in zip(accounts[1:], (8_000, 10_000), strict=True):
        posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=cents, today=TODAY, now=NOW, actor=SYSTEM)

    def states() -> list[PromiseStatus]:
        query = select(Promise.status).where(Promise.account_id.in_([a.id for a in accounts])).order_by(Promise.account_id)
        return list(session.scalars(query))

    end(session)
    assert states() == [PromiseStatus.OPEN, PromiseStatus.OPEN, PromiseStatus.KEPT]
    end(session, TODAY + dt.timedelta(days=1))
    assert states() == [PromiseStatus.BROKEN, PromiseStatus.PARTLY_KEPT, PromiseStatus.KEPT]


def test_the_worklist_weighs_amount_and_days_and_a_follow_up_that_is_due_goes_first(session: Session) -> None:
    small = factories.account(session, lines=[(TODAY - dt.timedelta(days=10), 2_099)])
    large = factories.account(session, lines=[(TODAY - dt.timedelta(days=5), 90_000)])
    current = factories.account(session, lines=[(TODAY + dt.timedelta(days=5), 5_000)])
    called_back = factories.account(session, lines=[(TODAY + dt.timedelta(days=5), 5_000)])
    work.add_follow_up(session, called_back.id, kind=FollowUpKind.CALL, due_at=NOW, note=None, now=NOW, actor=SYSTEM)
    work.add_follow_up(
        session,
        current.id,
        kind=FollowUpKind.CALL,
        due_at=NOW + dt.timedelta(days=3),
        note=None,
        now=NOW,
        actor=SYSTEM,
    )
    end(session)
    assert small.worklist_weight == weight(2_099, 10) == 30
    assert large.worklist_weight == weight(90_000, 5) == 905
    assert current.worklist_weight is None
    assert called_back.worklist_weight == FOLLOW_UP_FIRST
    order = session.scalars(
        select(Account.id).where(Account.worklist_weight.is_not(None)).order_by(Account.worklist_weight.desc())
    )
    assert list(order) == [called_back.id, large.id, small.id]
    flags = session.execute(select(FollowUp.account_id, FollowUp.is_due)).all()
    assert {row.account_id: row.is_due for row in flags} == {called_back.id: True, current.id: False}


def test_a_second_run_of_the_same_day_changes_nothing(session: Session) -> None:
    first, last = random_book(session, 300, seed=4)
    standing.restate(session, range(first, last + 1), today=TODAY - dt.timedelta(days=1))
    assert sum(done.changed for done in end(session)) > 300
    before = list(session.execute(select(AccountSnapshot.__table__).order_by("account_id")))
    assert [done.changed for done in end(session)] == [0] * len(STEPS)
    assert list(session.execute(select(AccountSnapshot.__table__).order_by("account_id"))) == before


def test_snapshots_and_sums_of_the_day_agree_with_the_accounts(session: Session) -> None:
    first, last = random_book(session, 400, seed=5)
    standing.restate(session, range(first, last + 1), today=TODAY)
    end(session)
    snapshots = session.execute(
        select(func.count(), func.sum(AccountSnapshot.past_due_cents), func.sum(AccountSnapshot.balance_cents))
    ).one()
    accounts = session.execute(select(func.count(), func.sum(Account.past_due_cents), func.sum(Account.balance_cents))).one()
    sums = session.execute(
        select(func.sum(PortfolioDay.accounts), func.sum(PortfolioDay.past_due_cents), func.sum(PortfolioDay.balance_cents))
    ).one()
    assert tuple(snapshots) == tuple(accounts) == tuple(sums)


def test_one_account_that_cannot_be_aged_is_put_aside_and_the_rest_goes_on(session: Session) -> None:
    good = [factories.account(session, lines=[(TODAY - dt.timedelta(days=9), 5_000)]) for _ in range(5)]
    bad = factories.account(session, lines=[(TODAY - dt.timedelta(days=9), 5_000)])
    good += [factories.account(session, lines=[(TODAY - dt.timedelta(days=9), 5_000)]) for _ in range(5)]
    session.execute(update(Account).values(days_past_due=0))
    session.execute(  # Five hundred years late: more days than the column holds.
        update(Installment).where(Installment.account_id == bad.id).values(due_on=dt.date(1500, 1, 1))
    )
    end(session)
    assert {account.days_past_due for account in good} == {9}
    failed = session.scalars(select(DayChunk).where(DayChunk.state == JobState.FAILED)).all()
    assert [(chunk.step, chunk.first_account_id, chunk.last_account_id) for chunk in failed] == [(StepName.AGE, bad.id, bad.id)]
    assert "out of range" in (failed[0].error or "")
    run = session.scalars(select(DayRun)).one()
    assert run.state is JobState.DONE
    assert day.report(session, run.id)[0]["errors"] == [failed[0].error]


def test_missed_days_are_named_in_order_and_the_first_is_the_day_before(session: Session) -> None:
    assert day.missed_days(session, before=TODAY) == [], "an empty book has no days to end"
    factories.account(session)
    assert day.missed_days(session, before=TODAY) == [dt.date(2026, 11, 19)]
    end(session, dt.date(2026, 11, 16))
    assert day.missed_days(session, before=TODAY) == [dt.date(2026, 11, 17), dt.date(2026, 11, 18), dt.date(2026, 11, 19)]
    for on in day.missed_days(session, before=TODAY):
        end(session, on)
    assert day.missed_days(session, before=TODAY) == []


def test_a_step_that_is_switched_off_does_not_run(session: Session) -> None:
    account = factories.account(session)
    session.execute(update(CollectionSettings).values(steps_off=["statuses", "weights"]))
    done = end(session)
    names = [each.step for each in done]
    assert names == [step.name for step in STEPS if step.name not in (StepName.STATUSES, StepName.WEIGHTS)]
    assert day.chunks_expected(session) == len(STEPS) - 2
    assert session.get(AccountCollectionStatus, account.id) is None
