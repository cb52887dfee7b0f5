"""Taking payments, seeing what they would do, and taking them back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.charges import FeeKind
from app.domain.servicing.status import AccountStatus
from app.models import (
    Account,
    AccountSnapshot,
    Activity,
    Allocation,
    BucketChange,
    Fee,
    Installment,
    Payment,
    PortfolioDay,
    StatusChange,
)
from app.queries.payments.invariants import findings
from app.services.payments import posting
from tests import factories
from tests.factories import NOW, TODAY

# 42 days late on November 20: due October 9, 23 and November 6; November 20 itself is due today.
DUE = [dt.date(2026, 10, 9), dt.date(2026, 10, 23), dt.date(2026, 11, 6), dt.date(2026, 11, 20), dt.date(2026, 12, 4)]


def an_account(session: Session, **given: Any) -> Account:
    return factories.account(session, lines=[(due, 5_400) for due in DUE], **given)


def post(session: Session, account: Account, cents: int, **given: Any) -> Payment:
    values: dict[str, Any] = {"method": PaymentMethod.CASH, "today": TODAY, "now": NOW, "actor": factories.actor()} | given
    return posting.post(session, account.id, amount_cents=cents, **values)


def broken(session: Session) -> list[str]:
    return [finding.invariant.name for finding in findings(session) if finding.broken]


def paid(session: Session, account: Account) -> list[int]:
    query = select(Installment.paid_cents).where(Installment.account_id == account.id).order_by(Installment.number)
    return list(session.scalars(query))


def test_a_payment_covers_the_oldest_installments_first_and_moves_the_next_due_date(session: Session) -> None:
    account = an_account(session)
    assert (account.days_past_due, account.past_due_cents, account.balance_cents) == (42, 16_200, 27_000)
    post(session, account, 10_000)
    assert paid(session, account) == [5_400, 4_600, 0, 0, 0]
    assert account.next_due_on == dt.date(2026, 10, 23)
    assert (account.days_past_due, account.past_due_cents, account.balance_cents) == (28, 6_200, 17_000)
    assert (account.paid_cents, account.payments_made, account.credit_cents) == (10_000, 1, 0)
    assert account.last_paid_on == TODAY
    assert broken(session) == []


def test_the_preview_says_what_posting_then_does(session: Session) -> None:
    account = an_account(session)
    effect = posting.preview(session, account.id, amount_cents=10_000, effective_on=TODAY, today=TODAY)
    assert (effect.before.days_past_due, effect.after.days_past_due) == (42, 28)
    assert [(each.key, each.cents) for each in effect.covers] == [(1, 5_400), (2, 4_600)]
    assert paid(session, account) == [0, 0, 0, 0, 0], "a preview writes nothing"
    post(session, account, 10_000)
    assert effect.after.days_past_due == account.days_past_due
    assert effect.after.balance_cents == account.balance_cents
    assert effect.after.next_due_on == account.next_due_on
    assert effect.after.past_due_cents == account.past_due_cents


def test_fees_are_covered_before_rent(session: Session) -> None:
    account = an_account(session)
    fee = Fee(
        account_id=account.id,
        installment_number=1,
        kind=FeeKind.LATE,
        assessed_on=dt.date(2026, 10, 17),
        amount_cents=270,
        reason="5% of the unpaid part",
        created_at=NOW,
    )
    session.add(fee)
    session.flush()
    post(session, account, 5_670)
    session.refresh(fee)
    assert fee.paid_cents == 270
    assert paid(session, account) == [5_400, 0, 0, 0, 0]
    assert account.fees_cents == 0
    assert broken(session) == []


def test_the_last_cent_pays_an_account_off_and_more_becomes_credit(session: Session) -> None:
    account = an_account(session)
    post(session, account, 30_000)
    assert account.balance_cents == 0
    assert account.credit_cents == 3_000
    assert account.status is AccountStatus.PAID_OFF
    assert account.next_due_on is None and account.days_past_due == 0
    change = session.scalars(select(StatusChange).where(StatusChange.account_id == account.id)).one()
    assert (change.from_status, change.to_status) == (AccountStatus.ACTIVE, AccountStatus.PAID_OFF)
    assert broken(session) == []


def test_pressing_post_twice_posts_once(session: Session) -> None:
    account = an_account(session)
    first = post(session, account, 5_400, idempotency_key="one-form")
    second = post(session, account, 5_400, idempotency_key="one-form")
    assert first.id == second.id
    assert session.scalar(select(func.count()).select_from(Payment).where(Payment.account_id == account.id)) == 1
    assert account.paid_cents == 5_400


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"amount_cents": 0}, "amount", "more than $0.00"),
        ({"amount_cents": -5}, "amount", "more than $0.00"),
        ({"amount_cents": 10_000_001}, "amount", "check the amount"),
        ({"method": PaymentMethod.CARD}, "method", "not entered by hand"),
        ({"effective_on": TODAY + dt.timedelta(days=91)}, "effective_on", "in the future"),
        ({"effective_on": dt.date(2026, 9, 1)}, "effective_on", "before the lease began"),
    ],
)
def test_a_payment_that_cannot_be_is_refused_with_a_sentence(
    session: Session, given: dict[str, Any], field: str, words: str
) -> None:
    account = an_account(session)
    values: dict[str, Any] = {"amount_cents": 5_400, "method": PaymentMethod.CASH} | given
    with pytest.raises(RuleViolation, match=words.replace("$", r"\$")) as refusal:
        posting.post(session, account.id, today=TODAY, now=NOW, actor=factories.actor(), **values)
    assert refusal.value.field == field
    assert session.scalar(select(func.count()).select_from(Payment).where(Payment.account_id == account.id)) == 0


@pytest.mark.parametrize("status", sorted(posting.TAKES_NO_PAYMENT))
def test_an_account_that_is_over_takes_no_payment(session: Session, status: AccountStatus) -> None:
    account = an_account(session, status=status)
    with pytest.raises(RuleViolation, match="takes no payments"):
        post(session, account, 5_400)


def test_a_reversal_leaves_the_account_as_if_the_payment_had_never_come(session: Session) -> None:
    account = an_account(session)
    post(session, account, 2_000)
    before = (
        paid(session, account),
        account.balance_cents,
        account.days_past_due,
        account.next_due_on,
        account.paid_cents,
    )
    wrong = post(session, account, 10_000, reference="ZL-1")
    posting.reverse(session, wrong.id, reason="Wrong customer", today=TODAY, now=NOW, actor=factories.actor(), may_be_older=False)
    after = (
        paid(session, account),
        account.balance_cents,
        account.days_past_due,
        account.next_due_on,
        account.paid_cents,
    )
    assert after == before
    assert wrong.state is PaymentState.REVERSED
    reversal = session.scalars(select(Payment).where(Payment.reverses_id == wrong.id)).one()
    assert (reversal.kind, reversal.amount_cents, reversal.note) == (PaymentKind.REVERSAL, 10_000, "Wrong customer")
    assert broken(session) == []


def test_reversing_the_payment_that_paid_an_account_off_opens_it_again(session: Session) -> None:
    account = an_account(session)
    last = post(session, account, 27_000)
    assert account.status is AccountStatus.PAID_OFF
    posting.reverse(session, last.id, reason="Bounced", today=TODAY, now=NOW, actor=factories.actor(), may_be_older=False)
    assert account.status is AccountStatus.ACTIVE
    assert (account.balance_cents, account.days_past_due, account.closed_on) == (27_000, 42, None)


def test_only_a_supervisor_reverses_a_payment_of_an_earlier_day(session: Session) -> None:
    account = an_account(session)
    payment = post(session, account, 5_400)
    later: dict[str, Any] = {"today": TODAY + dt.timedelta(days=1), "now": NOW + dt.timedelta(days=1), "actor": factories.actor()}
    with pytest.raises(RuleViolation, match="by a supervisor"):
        posting.reverse(session, payment.id, reason="Wrong", may_be_older=False, **later)
    posting.reverse(session, payment.id, reason="Wrong", may_be_older=True, **later)
    with pytest.raises(RuleViolation, match="only once"):
        posting.reverse(session, payment.id, reason="Wrong", may_be_older=True, **later)


def test_a_back_dated_payment_gives_the_account_that_entering_in_order_would(session: Session) -> None:
    in_order, out_of_order = an_account(session), an_account(session)
    early, late = dt.date(2026, 10, 12), dt.date(2026, 11, 10)
    post(session, in_order, 3_000, effective_on=early)
    post(session, in_order, 4_000, effective_on=late)
    post(session, out_of_order, 4_000, effective_on=late)
    post(session, out_of_order, 3_000, effective_on=early)

    def covers(account: Account) -> list[tuple[dt.date, int | None, int]]:
        rows = session.execute(
            select(Allocation.effective_on, Allocation.installment_number, Allocation.amount_cents)
            .where(Allocation.account_id == account.id)
            .order_by(Allocation.effective_on, Allocation.installment_number)
        )
        return [(on, number, cents) for on, number, cents in rows]

    assert covers(in_order) == covers(out_of_order)
    assert covers(in_order) == [(early, 1, 3_000), (late, 1, 2_400), (late, 2, 1_600)]
    assert broken(session) == []


def test_a_back_dated_payment_posts_the_snapshots_since_then_again(session: Session) -> None:
    book = factories.portfolio(session)
    account = an_account(session, book=book)
    days = [dt.date(2026, 11, day) for day in (16, 17, 18, 19)]
    for day in days:
        session.add(
            AccountSnapshot(
                business_on=day,
                account_id=account.id,
                days_past_due=(day - DUE[0]).days,
                past_due_cents=16_200,
                balance_cents=27_000,
                status=AccountStatus.ACTIVE,
            )
        )
        session.add(
            PortfolioDay(
                business_on=day,
                portfolio_id=book.id,
                from_days=31,
                accounts=1,
                past_due_cents=16_200,
                balance_cents=27_000,
            )
        )
    session.flush()
    post(session, account, 5_400, effective_on=dt.date(2026, 11, 18))
    rows = session.execute(
        select(AccountSnapshot.business_on, AccountSnapshot.days_past_due, AccountSnapshot.past_due_cents)
        .where(AccountSnapshot.account_id == account.id)
        .order_by(AccountSnapshot.business_on)
    ).all()
    assert [tuple(row) for row in rows] == [
        (days[0], 38, 16_200),
        (days[1], 39, 16_200),
        (days[2], 26, 10_800),
        (days[3], 27, 10_800),
    ]
    sums = session.execute(
        select(PortfolioDay.business_on, PortfolioDay.from_days, PortfolioDay.accounts, PortfolioDay.past_due_cents)
        .where(PortfolioDay.portfolio_id == book.id, PortfolioDay.accounts != 0)
        .order_by(PortfolioDay.business_on)
    ).all()
    assert [tuple(row) for row in sums] == [
        (days[0], 31, 1, 16_200),
        (days[1], 31, 1, 16_200),
        (days[2], 1, 1, 10_800),
        (days[3], 1, 1, 10_800),
    ]


def test_crossing_a_bucket_by_paying_is_kept_once_a_day(session: Session) -> None:
    account = an_account(session)
    post(session, account, 5_400)
    post(session, account, 10_800)
    change = session.scalars(select(BucketChange).where(BucketChange.account_id == account.id)).one()
    assert (change.from_bucket, change.to_bucket, change.from_days, change.to_days) == ("31-60", "Current", 42, 0)


def test_a_payment_leaves_its_time_of_transaction_record_and_an_activity(session: Session) -> None:
    account = an_account(session)
    collector = factories.staff(session)
    payment = post(session, account, 5_400, reference="CA-77", actor=factories.actor(collector))
    assert (payment.tot_status, payment.tot_past_due_cents, payment.tot_days_past_due) == ("Past due", 16_200, 42)
    activity = session.scalars(select(Activity).where(Activity.account_id == account.id)).one()
    assert activity.summary == "$54.00 taken by Cash, CA-77"
    assert activity.staff_id == collector.id


def test_the_database_itself_refuses_to_change_or_remove_a_payment(session: Session) -> None:
    payment = post(session, an_account(session), 5_400)
    for statement in ("update payment set amount_cents = 1 where id = :id", "delete from payment where id = :id"):
        with pytest.raises(DBAPIError, match="insert-only"), session.begin_nested():
            session.execute(text(statement), {"id": payment.id})
    session.refresh(payment)
    assert payment.amount_cents == 5_400


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.tuples(st.integers(1, 12_000), st.integers(0, 40), st.booleans()), min_size=1, max_size=6))
def test_whatever_is_paid_and_reversed_in_whatever_order_the_ledger_ties_out(
    session: Session, amounts: list[tuple[int, int, bool]]
) -> None:
    account = an_account(session)
    kept = 0
    for cents, days_ago, is_reversed in amounts:
        payment = post(session, account, cents, effective_on=TODAY - dt.timedelta(days=days_ago))
        if is_reversed:
            posting.reverse(session, payment.id, reason="test", today=TODAY, now=NOW, actor=factories.actor(), may_be_older=True)
        else:
            kept += cents
    assert account.paid_cents == kept
    assert account.balance_cents == max(0, 27_000 - kept)
    assert account.credit_cents == max(0, kept - 27_000)
    assert broken(session) == []
