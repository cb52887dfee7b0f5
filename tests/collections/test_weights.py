"""The Weighting Table: in SQL as by the rule, in the worklist, and in what the pages say about it."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from sqlalchemy import Integer, cast, insert, select, update
from sqlalchemy.orm import Session

from app.domain.collections.weights import DEFAULT, MOST, Table, weight
from app.domain.collections.worklist import is_worked
from app.models import Account, AccountCollectionStatus, CollectionSettings, CollectionStatus, Installment, WeightingTable
from app.queries.collections import weights
from app.queries.collections.weights import InUse
from app.services.collections.day import aging, worklist
from app.services.servicing import standing
from tests import factories
from tests.collections.test_end_of_day import random_book
from tests.factories import NOW, TODAY

FULL = Table(
    per_dollar=2,
    per_day=3,
    ages=(1, 8, 15, 31, 46, 61, 91, 121),
    balances=(0, 2_000, 5_000, 9_000, 15_000, 25_000),
    grid=tuple(tuple(row * 100 + column * 7 for column in range(6)) for row in range(8)),
    due_days=((1, 5), (15, 9), (31, 2)),
    averages=((1, 4), (10, 40)),
    account_ages=((0, 1), (600, 33)),
)


def store(session: Session, table: Table, *, thirty: bool = False, **codes: int) -> InUse:
    """Put a table into use, with points for some statuses."""
    session.execute(update(WeightingTable).values(weights=table.as_json()))
    session.execute(update(CollectionSettings).values(has_thirty_day_months=thirty))
    for code, points in codes.items():
        session.execute(update(CollectionStatus).where(CollectionStatus.code == code[1:]).values(weight=points))
    return weights.in_use(session)


def randomised(session: Session, count: int, *, seed: int) -> tuple[int, int]:
    """Random accounts, some of them with a collection status and with lines that were paid late."""
    chance = random.Random(seed)
    first, last = random_book(session, count, seed=seed)
    ids = {code: number for number, code in session.execute(select(CollectionStatus.id, CollectionStatus.code)).all()}
    rows = [
        {"account_id": account_id, "status_id": ids[chance.choice(["00", "01", "80", "83"])], "since_at": NOW}
        for account_id in range(first, last + 1)
        if chance.random() < 0.6
    ]
    session.execute(insert(AccountCollectionStatus), rows)
    session.execute(
        update(Installment)
        .where(Installment.account_id.between(first, last), Installment.paid_cents == Installment.amount_cents)
        .values(paid_on=Installment.due_on + cast((Installment.account_id + Installment.number) % 23 - 3, Integer))
    )
    return first, last


def by_the_rule(session: Session, used: InUse, first: int, last: int) -> dict[int, int | None]:
    """The weight of each account from the pure rule."""
    accounts = session.scalars(select(Account).where(Account.id.between(first, last))).all()
    facts = weights.weighed(session, [account.id for account in accounts], used=used, on=TODAY)
    return {
        account.id: weight(used.table, facts[account.id]) if is_worked(account.status, account.past_due_cents) else None
        for account in accounts
    }


def stored(session: Session, first: int, last: int) -> dict[int, int | None]:
    """The weight that stands on each account."""
    session.expire_all()
    return dict(session.execute(select(Account.id, Account.worklist_weight).where(Account.id.between(first, last))).all())


@pytest.mark.parametrize("thirty", [False, True])
def test_the_sql_weighs_as_the_rule_does(session: Session, thirty: bool) -> None:
    first, last = randomised(session, 400, seed=41)
    used = store(session, FULL, thirty=thirty, _00=11, _80=70)
    standing.restate(session, list(range(first, last + 1)), today=TODAY)
    expected = by_the_rule(session, used, first, last)
    assert stored(session, first, last) == expected
    assert len(set(expected.values())) > 50
    kept = session.execute(
        select(Account.worklist_weight, Account.weight_points).where(Account.worklist_weight.is_not(None))
    ).all()
    assert kept and all(weight == min(MOST, sum(points or ())) for weight, points in kept)
    session.execute(update(Account).values(worklist_weight=None))
    assert worklist.weigh(session, first=first, last=last, on=TODAY, now=NOW) > 100
    assert stored(session, first, last) == expected
    assert worklist.weigh(session, first=first, last=last, on=TODAY, now=NOW) == 0
    session.execute(update(Account).values(worklist_weight=None))
    aging.age(session, first=first, last=last, on=TODAY, now=NOW)
    assert stored(session, first, last) == expected


def test_statuses_alone_order_the_list(session: Session) -> None:
    used = store(session, Table(per_dollar=0, per_day=0), _80=90, _83=60, _01=30)
    first, last = randomised(session, 120, seed=42)
    standing.restate(session, list(range(first, last + 1)), today=TODAY)
    found = stored(session, first, last)
    assert found == by_the_rule(session, used, first, last)
    assert {points for points in found.values() if points is not None} == {90, 60, 30, 0}


def test_switched_off_weights_leave_a_point_a_dollar_and_a_point_a_day(session: Session) -> None:
    store(session, FULL)
    session.execute(update(CollectionSettings).values(steps_off=["weights"]))
    assert weights.in_use(session) == InUse(DEFAULT)
    account = factories.account(session)
    assert account.worklist_weight == account.past_due_cents // 100 + account.days_past_due


@pytest.mark.parametrize(
    ("table", "points"),
    [
        # The oldest line is 42 days late, and $1,242.00 are owed of which $162.00 are past due.
        (Table(per_dollar=0, per_day=0, ages=FULL.ages, balances=FULL.balances, grid=FULL.grid), 335),
        (Table(per_dollar=0, per_day=0, due_days=((1, 5), (9, 8), (31, 2))), 8),
        (Table(per_dollar=0, per_day=0, averages=((1, 4), (10, 40))), 4),
        (Table(per_dollar=0, per_day=0, account_ages=((0, 1), (50, 33))), 33),
    ],
    ids=["age and balance", "due date", "average days delinquent", "account age"],
)
def test_each_part_of_the_table_weighs_by_itself(session: Session, table: Table, points: int) -> None:
    account = factories.account(session, first_due_on=dt.date(2026, 9, 25))
    # The first installment came five days late; the next ones are open, the oldest since October 9. The lease is 70 days old.
    session.execute(
        update(Installment)
        .where(Installment.account_id == account.id, Installment.number == 1)
        .values(paid_cents=Installment.amount_cents, paid_on=dt.date(2026, 9, 30))
    )
    store(session, table)
    standing.restate(session, [account.id], today=TODAY)
    assert (account.days_past_due, account.next_due_on) == (42, dt.date(2026, 10, 9))
    assert account.worklist_weight == points


def test_the_breakdown_adds_up_to_the_weight_that_is_stored(session: Session) -> None:
    store(session, FULL, _00=11)
    account = factories.account(session)
    # Due Oct 9 and every other Friday: 4 lines of $54.00 late by 42 days at most; the last falls due today and is not late.
    assert (account.days_past_due, account.past_due_cents) == (42, 16_200)
    why = weights.breakdowns(session, [account.id], on=TODAY)(account.id, False)
    # 162 dollars twice, 42 days three times, row 31-45 and the last column (335), the age of the lease (56 days), status 00.
    assert [reason.points for reason in why.reasons] == [324, 126, 335, 1, 11]
    assert why.weight == account.worklist_weight == 797
    assert account.weight_points == [324, 126, 335, 0, 0, 1, 11]
    assert why.as_text().endswith("and lease of 56 days (1) and status 00 (11) make a weight of 797.")


def test_the_breakdown_is_that_of_the_weight_even_when_the_table_has_changed_since(session: Session) -> None:
    account = factories.account(session)  # Three lines of $54.00 late, the oldest by 42 days: a point a dollar and a day.
    store(session, FULL)
    why = weights.breakdowns(session, [account.id], on=TODAY)(account.id, False)
    assert [reason.points for reason in why.reasons] == [162, 42]
    assert why.weight == account.worklist_weight == 204
    worklist.weigh(session, first=account.id, last=account.id, on=TODAY, now=NOW)
    session.expire_all()
    assert account.weight_points == [324, 126, 335, 0, 0, 1, 0]
    why = weights.breakdowns(session, [account.id], on=TODAY)(account.id, False)
    assert why.weight == account.worklist_weight == 786
