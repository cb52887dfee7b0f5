"""Part payments: kept as they are, or by the contract's policy moving the due date by the days or the terms they buy."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.papers import receipt_paper
from app.domain.payments.kinds import PaymentMethod
from app.domain.payments.partial import PartialPayments
from app.domain.servicing.arrangements import ArrangementKind, Terms
from app.domain.servicing.charges import FeeKind
from app.domain.servicing.fees import FrequencyClass
from app.domain.servicing.frequency import Frequency
from app.domain.staff.roles import Role
from app.models import Account, AccountSnapshot, BoughtDays, Fee, FeePolicy, Installment, Payment
from app.queries.payments import statements
from app.queries.payments.invariants import findings
from app.services.collections.day import aging, fees
from app.services.payments import posting, replaying
from app.services.payments.what_if import what_if
from app.services.servicing import arrangements, standing
from tests import factories
from tests.factories import NOW

DAY = dt.timedelta(days=1)
FIRST = dt.date(2026, 7, 1)
CAME = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
KEEP, DAYS, BACK = PartialPayments.KEEP, PartialPayments.DAYS_BOUGHT, PartialPayments.BACK_RENT


def an_account(session: Session, way: PartialPayments, frequency: Frequency = Frequency.WEEKLY, **given: Any) -> Account:
    """A lease of four installments under a policy of its own: three days of grace, a flat fee of 1.00."""
    book = factories.portfolio(session)
    is_weekly = frequency is Frequency.WEEKLY
    session.add(
        FeePolicy(
            name="House",
            portfolio_id=book.id,
            contract_from_on=dt.date(2000, 1, 1),
            frequency_class=FrequencyClass.WEEKLY if is_weekly else FrequencyClass.LONGER,
            grace_days=3,
            flat_cents=100,
            partial_payments=way,
            citation="Decision of the house",
        )
    )
    cents = 700 if is_weekly else 10_000
    dues = [FIRST + 7 * n * DAY for n in range(4)] if is_weekly else [dt.date(2026, 7 + n, 1) for n in range(4)]
    values: dict[str, Any] = {"lines": [(due, cents) for due in dues], "payment_cents": cents, "today": FIRST} | given
    return factories.account(session, book, frequency=frequency, start_on=dt.date(2026, 6, 20), opened_at=CAME, **values)


def pay(session: Session, account: Account, cents: int, on: dt.date = FIRST, today: dt.date | None = None) -> Payment:
    given: dict[str, Any] = {"effective_on": on, "today": today or on, "now": NOW, "actor": factories.actor()}
    paid = posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=cents, **given)
    session.refresh(account)
    return paid


def undo(session: Session, payment: Payment, today: dt.date) -> None:
    given: dict[str, Any] = {"today": today, "now": NOW, "actor": factories.actor()}
    posting.reverse(session, payment.id, reason="Not theirs", may_be_older=True, **given)


def end(session: Session, account: Account, on: dt.date) -> None:
    span: dict[str, Any] = {"first": account.id, "last": account.id, "on": on, "now": NOW}
    aging.age(session, **span)
    fees.assess(session, **span)
    session.expire_all()


def late_fees(session: Session, account: Account) -> list[tuple[int, dt.date, int]]:
    """Those that stand: (installment, assessed on, cents)."""
    rows = session.scalars(select(Fee).where(Fee.account_id == account.id, Fee.kind == FeeKind.LATE).order_by(Fee.id))
    return sorted(
        (row.installment_number or 0, row.assessed_on, row.amount_cents)
        for row in rows
        if row.amount_cents > row.taken_back_cents
    )


def broken(session: Session) -> list[str]:
    return [finding.invariant.name for finding in findings(session) if finding.broken]


@pytest.mark.parametrize(
    ("way", "frequency", "paid", "next_due_on", "next_due_cents"),
    [
        (DAYS, Frequency.WEEKLY, [499], FIRST + 4 * DAY, 201),
        (DAYS, Frequency.WEEKLY, [499, 700], FIRST + 11 * DAY, 201),  # A whole installment later it is due a week later.
        (KEEP, Frequency.WEEKLY, [499], FIRST, 201),
        (BACK, Frequency.MONTHLY, [15_000], dt.date(2026, 9, 1), 15_000),  # 50 of it is back rent.
        (KEEP, Frequency.MONTHLY, [15_000], dt.date(2026, 8, 1), 5_000),
        (DAYS, Frequency.MONTHLY, [5_000], FIRST + 15 * DAY, 5_000),  # 31 days for 100: 15.5 are bought.
        (DAYS, Frequency.MONTHLY, [37_500], dt.date(2026, 10, 1) + 22 * DAY, 2_500),  # The last one lasts as the one before.
    ],
)
def test_a_part_payment_moves_the_due_date_as_the_policy_says(
    session: Session,
    way: PartialPayments,
    frequency: Frequency,
    paid: list[int],
    next_due_on: dt.date,
    next_due_cents: int,
) -> None:
    account = an_account(session, way, frequency)
    owed = account.balance_cents
    for cents in paid:
        pay(session, account, cents)
    assert (account.next_due_on, account.next_due_cents) == (next_due_on, next_due_cents)
    assert account.balance_cents == owed - sum(paid)
    assert broken(session) == []


def test_back_rent_grows_and_shrinks_as_the_rule_has_it(session: Session) -> None:
    # Payment 10.00: 15 leaves 5 back rent, then 6 leaves 9; another 12 pays those 9 and begins a term, 7 short.
    lines = [(FIRST + 7 * n * DAY, 1_000) for n in range(6)]
    account = an_account(session, BACK, lines=lines, payment_cents=1_000)
    seen = []
    for cents in (1_500, 600, 1_200):
        pay(session, account, cents)
        line = session.scalars(select(Installment).where(Installment.account_id == account.id, Installment.bought_days > 0)).one()
        seen.append((line.amount_cents - line.paid_cents, account.next_due_on))
    assert seen == [(500, FIRST + 14 * DAY), (900, FIRST + 21 * DAY), (700, FIRST + 28 * DAY)]
    twelve = an_account(session, BACK, lines=lines, payment_cents=1_000)
    pay(session, twelve, 1_500)
    pay(session, twelve, 1_200)
    line = session.scalars(select(Installment).where(Installment.account_id == twelve.id, Installment.bought_days > 0)).one()
    assert line.amount_cents - line.paid_cents == 300


def test_what_was_bought_is_not_late_and_earns_its_fee_as_much_later(session: Session) -> None:
    account = an_account(session, DAYS)
    pay(session, account, 499)
    for days in range(8):
        end(session, account, FIRST + days * DAY)
        assert late_fees(session, account) == []
    session.refresh(account)
    assert account.days_past_due == 3  # July 8: due since July 5.
    end(session, account, FIRST + 8 * DAY)  # Due July 5, three days of grace, one more.
    assert late_fees(session, account) == [(1, FIRST + 8 * DAY, 100)]
    assert broken(session) == []


def test_a_part_that_is_entered_late_puts_the_fee_off_and_its_reversal_brings_it_back(session: Session) -> None:
    account = an_account(session, DAYS)
    for days in range(6):
        end(session, account, FIRST + days * DAY)
    assert late_fees(session, account) == [(1, FIRST + 4 * DAY, 100)]
    today = FIRST + 6 * DAY
    standing.restate(session, [account.id], today=today)
    part = pay(session, account, 499, on=FIRST, today=today)
    assert late_fees(session, account) == []
    assert (account.fees_cents, account.next_due_on, account.days_past_due) == (0, FIRST + 4 * DAY, 2)
    for days in (6, 7, 8):
        end(session, account, FIRST + days * DAY)
    assert late_fees(session, account) == [(1, FIRST + 8 * DAY, 100)]
    undo(session, part, FIRST + 9 * DAY)
    session.refresh(account)
    assert late_fees(session, account)[0] == (1, FIRST + 4 * DAY, 100)
    assert (account.next_due_on, account.days_past_due) == (FIRST, 9)
    assert session.scalars(select(Installment.bought_days).where(Installment.account_id == account.id)).all() == [0, 0, 0, 0]
    assert broken(session) == []


def test_a_payment_that_is_gone_leaves_the_account_as_if_it_had_never_come(session: Session) -> None:
    account = an_account(session, DAYS)
    part = pay(session, account, 499)
    for days in range(8):
        end(session, account, FIRST + days * DAY)
    assert late_fees(session, account) == []
    undo(session, part, FIRST + 8 * DAY)
    assert late_fees(session, account) == [(1, FIRST + 4 * DAY, 100)]
    session.refresh(account)
    assert account.days_past_due == 8


def test_snapshots_tell_the_due_date_of_their_day(session: Session) -> None:
    account = an_account(session, DAYS)
    for days in range(1, 7):
        session.add(
            AccountSnapshot(
                business_on=FIRST + days * DAY,
                account_id=account.id,
                days_past_due=days,
                past_due_cents=700,
                balance_cents=2_800,
                status=account.status,
            )
        )
    session.flush()
    pay(session, account, 499, on=FIRST + 3 * DAY, today=FIRST + 7 * DAY)
    rows = session.execute(
        select(AccountSnapshot.days_past_due, AccountSnapshot.past_due_cents)
        .where(AccountSnapshot.account_id == account.id)
        .order_by(AccountSnapshot.business_on)
    ).all()
    assert [tuple(row) for row in rows] == [(1, 700), (2, 700), (0, 0), (0, 0), (1, 201), (2, 201)]


def test_an_extension_and_bought_days_add_up_and_come_apart_again(session: Session) -> None:
    account = an_account(session, DAYS)
    pay(session, account, 499)
    given: dict[str, Any] = {"today": FIRST, "now": NOW, "actor": factories.actor()}
    asked = arrangements.request(
        session, account.id, ArrangementKind.EXTENSION, Terms(days=5), reason="Sick", asks_for_exception=True, **given
    )
    arrangements.approve(session, asked.id, beyond_reason="Known for long", role=Role.MANAGER, **given)
    session.refresh(account)
    assert account.next_due_on == FIRST + 9 * DAY
    pay(session, account, 100)  # 5.99 buys 5 days of the same installment.
    assert account.next_due_on == FIRST + 10 * DAY
    arrangements.reverse(session, asked.id, reason="Well again", **given)
    session.refresh(account)
    assert account.next_due_on == FIRST + 5 * DAY
    pay(session, account, 101)
    dues = session.scalars(select(Installment.due_on).where(Installment.account_id == account.id).order_by(Installment.number))
    assert dues.all() == [FIRST + 7 * n * DAY for n in range(4)]
    assert broken(session) == []


def test_a_policy_that_changes_back_gives_the_due_dates_back(session: Session) -> None:
    account = an_account(session, DAYS)
    pay(session, account, 499)
    policy = session.scalars(select(FeePolicy).where(FeePolicy.portfolio_id == account.portfolio_id)).one()
    policy.partial_payments = KEEP
    replaying.replay(session, account, from_on=FIRST, today=FIRST)
    session.refresh(account)
    assert account.next_due_on == FIRST
    assert session.scalars(select(BoughtDays).where(BoughtDays.account_id == account.id)).all() == []


def test_preview_what_if_and_receipt_say_it_in_words(session: Session) -> None:
    account = an_account(session, DAYS)
    said = "$4.99 of $7.00 bought 4 days: next due Jul 5, 2026"
    preview = posting.preview(session, account.id, amount_cents=499, effective_on=FIRST, today=FIRST)
    assert [each.in_words for each in preview.part_paid] == [said]
    assert preview.after.next_due_on == FIRST + 4 * DAY
    outcome = what_if(session, account.id, amount_cents=499, on=FIRST, today=FIRST)
    assert [each.in_words for each in outcome.part_paid] == [said]
    assert outcome.after.next_due_on == FIRST + 4 * DAY
    first, second = pay(session, account, 499), pay(session, account, 101)
    receipt = statements.receipt(session, first)
    assert receipt.next_due_on == FIRST + 4 * DAY and dict(receipt_paper(receipt, account).facts)["Part payment"] == said
    assert statements.receipt(session, second).next_due_on == FIRST + 6 * DAY


@pytest.mark.parametrize("way", [DAYS, BACK])
def test_entries_in_any_order_give_the_same_account_and_replaying_changes_nothing(session: Session, way: PartialPayments) -> None:
    for seed in range(6):
        chance = Random(f"{way} {seed}")
        entries = [(FIRST + chance.randint(-3, 25) * DAY, chance.randint(50, 900)) for _ in range(5)]
        late, ordered = an_account(session, way), an_account(session, way)
        last = FIRST + 26 * DAY
        on = FIRST - 3 * DAY
        while on <= last:  # One account gets its money on the day, the other all of it at the end, out of order.
            for _, cents in (each for each in entries if each[0] == on):
                pay(session, ordered, cents, on=on)
            for account in (late, ordered):
                if on < last:
                    end(session, account, on)
            on += DAY
        for day, cents in entries:
            pay(session, late, cents, on=day, today=last)
        stands = []
        for account in (late, ordered):
            standing.restate(session, [account.id], today=last)
            replaying.replay(session, account, from_on=FIRST, today=last)
            session.refresh(account)
            figures = (account.balance_cents, account.fees_cents, account.next_due_on, account.days_past_due)
            stands.append((figures, late_fees(session, account)))
            replaying.replay(session, account, from_on=FIRST, today=last)
            session.refresh(account)
            assert figures == (account.balance_cents, account.fees_cents, account.next_due_on, account.days_past_due)
        assert stands[0] == stands[1], entries
    assert broken(session) == []
