"""Arrangements on rows: requested, approved, applied, reversed, and what the account, the ledger and the snapshots say then."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.arrangements import ArrangementKind, ArrangementState, Terms
from app.domain.servicing.charges import AdjustmentKind
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AccountSnapshot, Activity, Adjustment, Arrangement, ArrangementLine, Installment, Payment
from app.queries.payments.invariants import findings
from app.services.collections.day import aging, snapshots
from app.services.collections.day import promises as day_promises
from app.services.payments import posting, reversing
from app.services.servicing import arrangements, settlements
from tests import factories
from tests.factories import NOW, TODAY

K = ArrangementKind


def an_account(session: Session, **given: Any) -> Account:
    """Five biweekly installments of $54.00 from Oct 9; three of them are past due on Nov 20, the fourth is due that day."""
    return factories.account(session, total_cents=27_000, start_on=dt.date(2026, 8, 1), **given)


def requested(session: Session, account: Account, kind: ArrangementKind, terms: Terms, **given: Any) -> Arrangement:
    values: dict[str, Any] = {"reason": "Hours were cut", "today": TODAY, "now": NOW, "actor": factories.actor()} | given
    return arrangements.request(session, account.id, kind, terms, **values)


def applied(session: Session, account: Account, kind: ArrangementKind, terms: Terms, **given: Any) -> Arrangement:
    made = requested(session, account, kind, terms, asks_for_exception=True, **given)
    values: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": factories.actor()} | given
    return arrangements.approve(session, made.id, beyond_reason="An exception", **values)


def reversed_(session: Session, arrangement: Arrangement, **given: Any) -> Arrangement:
    values: dict[str, Any] = {"reason": "By mistake", "today": TODAY, "now": NOW, "actor": factories.actor()} | given
    return arrangements.reverse(session, arrangement.id, **values)


def schedule(session: Session, account: Account) -> list[tuple[int, str, int, str | None]]:
    """Number, due date, amount, original due date."""
    session.expire_all()
    rows = session.scalars(select(Installment).where(Installment.account_id == account.id).order_by(Installment.number))
    return [
        (
            line.number,
            f"{line.due_on:%m-%d}",
            line.amount_cents,
            f"{line.original_due_on:%m-%d}" if line.original_due_on else None,
        )
        for line in rows
    ]


def pay(session: Session, account: Account, cents: int, **given: Any) -> Payment:
    values: dict[str, Any] = {"method": PaymentMethod.CASH, "today": TODAY, "now": NOW, "actor": factories.actor()} | given
    return posting.post(session, account.id, amount_cents=cents, **values)


def broken(session: Session) -> list[str]:
    return [finding.invariant.name for finding in findings(session) if finding.broken]


def test_an_extension_moves_all_open_due_dates_and_keeps_the_original_ones(session: Session) -> None:
    account = an_account(session)
    pay(session, account, 5_400)
    assert (account.days_past_due, account.contract_days_past_due) == (28, 28)
    arrangement = applied(session, account, K.EXTENSION, Terms(days=10))
    assert schedule(session, account) == [
        (1, "10-09", 5_400, None),
        (2, "11-02", 5_400, "10-23"),
        (3, "11-16", 5_400, "11-06"),
        (4, "11-30", 5_400, "11-20"),
        (5, "12-14", 5_400, "12-04"),
    ]
    assert (account.days_past_due, account.contract_days_past_due) == (18, 28), "contract and extended side by side"
    assert (account.past_due_cents, account.balance_cents, account.next_due_on) == (10_800, 21_600, dt.date(2026, 11, 2))
    assert arrangement.state is ArrangementState.APPLIED and arrangement.days_moved == 10
    assert arrangement.value_cents == 3_857, "54.00 x 10 days / 14"
    assert (arrangement.days_past_due_before, arrangement.past_due_before_cents) == (28, 10_800)
    assert broken(session) == []


def test_reversing_an_extension_puts_the_schedule_back_exactly(session: Session) -> None:
    account = an_account(session)
    before = schedule(session, account)
    arrangement = applied(session, account, K.EXTENSION, Terms(days=10))
    pay(session, account, 5_400)
    reversed_(session, arrangement)
    assert schedule(session, account) == before
    assert (account.days_past_due, account.contract_days_past_due) == (28, 28), "the payment stays"
    assert session.get_one(Arrangement, arrangement.id).state is ArrangementState.REVERSED
    assert broken(session) == []


def test_a_deferral_sends_the_oldest_unpaid_installment_to_the_end(session: Session) -> None:
    account = an_account(session)
    arrangement = applied(session, account, K.DEFERRAL, Terms(count=1))
    assert schedule(session, account)[0] == (1, "12-18", 5_400, "10-09")
    assert (account.days_past_due, account.contract_days_past_due) == (28, 42)
    # Five lines, one of them 70 days later: 14 days on average, which is one payment.
    assert (arrangement.days_moved, arrangement.value_cents) == (14, 5_400)
    pay(session, account, 5_400)
    assert account.next_due_on == dt.date(2026, 11, 6), "money covers the line that is oldest now"
    reversed_(session, arrangement)
    assert account.next_due_on == dt.date(2026, 10, 23), "and the oldest of the contract once it is put back"
    assert broken(session) == []


def test_a_due_date_change_moves_what_is_to_come_and_the_rhythm_with_it(session: Session) -> None:
    account = an_account(
        session,
        frequency=Frequency.MONTHLY,
        anchor_days=[15],
        lines=[(dt.date(2026, month, 15), 10_000) for month in (10, 11, 12)] + [(dt.date(2027, 1, 15), 10_000)],
    )
    arrangement = applied(session, account, K.DUE_DATE_CHANGE, Terms(due_on=dt.date(2026, 12, 25)))
    assert [line[1] for line in schedule(session, account)] == ["10-15", "11-15", "12-25", "01-25"]
    assert account.anchor_days == [25]
    assert (account.days_past_due, account.contract_days_past_due) == (36, 36), "what is past due keeps its date"
    reversed_(session, arrangement)
    assert [line[1] for line in schedule(session, account)] == ["10-15", "11-15", "12-15", "01-15"]
    assert account.anchor_days == [15]


def test_a_payment_plan_cuts_what_is_past_due_and_keeps_the_sum(session: Session) -> None:
    account = an_account(session)
    pay(session, account, 2_000)
    arrangement = applied(session, account, K.PAYMENT_PLAN, Terms(parts=4))
    # 3,400 + 5,400 + 5,400 = 14,200 in parts of 3,550, with the installments of Nov 20, Dec 4, Dec 18, Jan 1.
    assert schedule(session, account) == [
        (1, "11-20", 5_400, "10-09"),
        (2, "11-20", 150, "10-23"),
        (3, "12-18", 1_850, "11-06"),
        (4, "11-20", 5_400, None),
        (5, "12-04", 5_400, None),
        (6, "12-04", 3_550, "10-23"),
        (7, "12-18", 1_700, "10-23"),
        (8, "01-01", 3_550, "11-06"),
    ]
    assert (account.days_past_due, account.contract_days_past_due, account.balance_cents) == (0, 42, 25_000)
    assert account.total_cents == 27_000
    assert broken(session) == []
    pay(session, account, 9_000)
    reversed_(session, arrangement)
    assert [line[2] for line in schedule(session, account)] == [5_400] * 5
    assert account.next_due_on == dt.date(2026, 11, 6), "20.00 and 90.00 cover two installments and 2.00"
    assert broken(session) == []


def test_a_request_waits_until_somebody_decides_and_only_one_waits(session: Session) -> None:
    account = an_account(session)
    before = schedule(session, account)
    made = requested(session, account, K.EXTENSION, Terms(days=7))
    assert made.state is ArrangementState.REQUESTED and schedule(session, account) == before
    with pytest.raises(RuleViolation, match="Extension of Nov 20 still waits"):
        requested(session, account, K.EXTENSION, Terms(days=3))
    arrangements.reject(session, made.id, reason="Second time this year", now=NOW, actor=factories.actor())
    with pytest.raises(RuleViolation, match="This extension is rejected; it cannot be approved"):
        arrangements.approve(session, made.id, today=TODAY, now=NOW, actor=factories.actor())
    assert schedule(session, account) == before


def test_asking_twice_with_one_form_asks_once(session: Session) -> None:
    account = an_account(session)
    first = requested(session, account, K.EXTENSION, Terms(days=7), idempotency_key="one")
    assert requested(session, account, K.EXTENSION, Terms(days=7), idempotency_key="one").id == first.id


def test_beyond_the_limits_it_is_asked_as_an_exception_and_granted_with_a_reason(session: Session) -> None:
    account = an_account(session)
    with pytest.raises(RuleViolation, match="move by 30 days at most; this moves by 31"):
        requested(session, account, K.EXTENSION, Terms(days=31))
    made = requested(session, account, K.EXTENSION, Terms(days=31), asks_for_exception=True)
    with pytest.raises(RuleViolation, match="Say why it is granted all the same") as refusal:
        arrangements.approve(session, made.id, today=TODAY, now=NOW, actor=factories.actor())
    assert refusal.value.field == "beyond_reason"
    session.refresh(made)
    done = arrangements.approve(
        session, made.id, beyond_reason="Flood in the county", today=TODAY, now=NOW, actor=factories.actor()
    )
    assert (done.state, done.beyond_reason) == (ArrangementState.APPLIED, "Flood in the county")
    assert "31" in (done.beyond or "")


def test_a_second_arrangement_needs_a_good_payment_in_between(session: Session) -> None:
    account = an_account(session)
    applied(session, account, K.EXTENSION, Terms(days=5))
    later = NOW + dt.timedelta(days=1)
    with pytest.raises(RuleViolation, match="No full payment came since the last arrangement"):
        requested(session, account, K.EXTENSION, Terms(days=5), now=later)
    pay(session, account, 5_400, now=later)
    requested(session, account, K.EXTENSION, Terms(days=5), now=later)


def test_the_later_arrangement_is_reversed_first(session: Session) -> None:
    account = an_account(session)
    before = schedule(session, account)
    first = applied(session, account, K.EXTENSION, Terms(days=5))
    second = applied(session, account, K.EXTENSION, Terms(days=6))
    assert schedule(session, account)[4] == (5, "12-15", 5_400, "12-04"), "the original date is the contract's own"
    with pytest.raises(RuleViolation, match="Reverse the extension of Nov 20, 2026 first"):
        reversed_(session, first)
    session.refresh(first)
    reversed_(session, second)
    reversed_(session, first)
    assert schedule(session, account) == before


@pytest.mark.parametrize("status", [AccountStatus.CLOSED, AccountStatus.CHARGED_OFF, AccountStatus.RETURNED])
def test_nothing_is_arranged_on_an_account_that_is_over(session: Session, status: AccountStatus) -> None:
    account = an_account(session, status=status)
    with pytest.raises(RuleViolation, match="nothing can be arranged"):
        requested(session, account, K.EXTENSION, Terms(days=5))


def test_money_that_is_entered_late_covers_what_was_due_on_its_day(session: Session) -> None:
    account = an_account(session)
    applied(session, account, K.DEFERRAL, Terms(count=1))
    pay(session, account, 5_400, effective_on=dt.date(2026, 11, 10), now=NOW + dt.timedelta(days=1))
    covered = session.scalar(select(Installment.paid_cents).where(Installment.account_id == account.id, Installment.number == 1))
    assert covered == 5_400, "on Nov 10 the first installment had not been deferred yet"
    assert broken(session) == []


def test_snapshots_of_earlier_days_keep_the_due_dates_of_their_day(session: Session) -> None:
    account = an_account(session)
    earlier = dt.date(2026, 11, 18)
    session.add(
        AccountSnapshot(
            business_on=earlier,
            account_id=account.id,
            days_past_due=40,
            past_due_cents=16_200,
            balance_cents=27_000,
            status=account.status,
        )
    )
    session.flush()
    applied(session, account, K.EXTENSION, Terms(days=30))
    pay(session, account, 1_000, effective_on=dt.date(2026, 11, 17), now=NOW + dt.timedelta(days=1))
    session.expire_all()
    snapshot = session.get_one(AccountSnapshot, (earlier, account.id))
    assert (snapshot.days_past_due, snapshot.past_due_cents, snapshot.balance_cents) == (40, 15_200, 26_000)
    assert snapshot.contract_days_past_due is None, "the same as the extended ones on that day"


def test_the_end_of_day_keeps_both_counts_and_a_second_run_changes_nothing(session: Session) -> None:
    account = an_account(session)
    other = an_account(session)
    applied(session, account, K.EXTENSION, Terms(days=14))
    tomorrow = TODAY + dt.timedelta(days=1)
    span: dict[str, Any] = {"first": 1, "last": max(account.id, other.id), "on": tomorrow, "now": NOW}
    assert aging.age(session, **span) > 0
    snapshots.take(session, **span)
    session.expire_all()
    assert (account.days_past_due, account.contract_days_past_due) == (29, 43)
    assert (other.days_past_due, other.contract_days_past_due) == (43, 43)
    kept = session.get_one(AccountSnapshot, (tomorrow, account.id))
    assert (kept.days_past_due, kept.contract_days_past_due) == (29, 43)
    assert session.get_one(AccountSnapshot, (tomorrow, other.id)).contract_days_past_due is None
    assert aging.age(session, **span) == 0
    assert snapshots.take(session, **span) == 0


def test_the_timeline_and_the_lines_tell_what_happened(session: Session) -> None:
    account = an_account(session)
    arrangement = applied(session, account, K.EXTENSION, Terms(days=7))
    reversed_(session, arrangement)
    told = list(session.scalars(select(Activity.summary).where(Activity.account_id == account.id).order_by(Activity.id)))
    assert told == [
        "Extension requested: all open due dates 7 days later",
        "Extension applied: all open due dates 7 days later",
        "Extension reversed: By mistake",
    ]
    lines = session.scalars(select(ArrangementLine).where(ArrangementLine.arrangement_id == arrangement.id)).all()
    assert len(lines) == 10 and sum(line.is_reversal for line in lines) == 5


def settled(session: Session, account: Account, cents: int, *, paid: int, role: Role = Role.MANAGER) -> Arrangement:
    by = TODAY + dt.timedelta(days=10)
    made = requested(session, account, K.SETTLEMENT, Terms(amount_cents=cents, due_on=by))
    arrangements.approve(session, made.id, role=role, today=TODAY, now=NOW, actor=factories.actor())
    if paid:
        pay(session, account, paid)
        if made.state is ArrangementState.APPLIED:
            return made
    return settlements.settle(session, made.id, today=TODAY, now=NOW, actor=factories.actor())


def test_a_settlement_forgives_the_rest_once_its_money_has_come_and_closes_the_account(session: Session) -> None:
    account = an_account(session, status=AccountStatus.DEFAULT)
    made = settled(session, account, 15_000, paid=15_000)
    assert (account.status, account.balance_cents, account.days_past_due) == (AccountStatus.CLOSED, 0, 0)
    assert account.closed_reason == "Settled for $150.00"
    entry = session.scalars(select(Adjustment).where(Adjustment.account_id == account.id)).one()
    assert (entry.kind, entry.amount_cents, entry.principal_cents) == (AdjustmentKind.CREDIT, -12_000, -12_000)
    assert (made.state, made.value_cents) == (ArrangementState.APPLIED, 12_000)
    assert account.paid_cents == 15_000, "what was forgiven is no money"
    assert broken(session) == []


def test_a_settlement_without_its_money_is_not_carried_out(session: Session) -> None:
    account = an_account(session)
    with pytest.raises(RuleViolation, match=r"\$150.00 was agreed by Nov 30, 2026; \$149.99 came"):
        settled(session, account, 15_000, paid=14_999)
    assert account.status is AccountStatus.ACTIVE and account.balance_cents == 12_001


@pytest.mark.parametrize(("paid", "state"), [(15_000, ArrangementState.APPLIED), (14_999, ArrangementState.FAILED)])
def test_a_settlement_whose_money_does_not_come_is_off_at_the_end_of_the_day_after(
    session: Session, paid: int, state: ArrangementState
) -> None:
    account = an_account(session)
    made = requested(session, account, K.SETTLEMENT, Terms(amount_cents=15_000, due_on=TODAY))
    arrangements.approve(session, made.id, role=Role.MANAGER, today=TODAY, now=NOW, actor=factories.actor())
    pay(session, account, paid)
    span: dict[str, Any] = {"first": 1, "last": account.id, "now": NOW}
    assert day_promises.settle(session, on=TODAY, **span) == 0, "its own day is not over"
    assert day_promises.settle(session, on=TODAY + dt.timedelta(days=1), **span) == int(state is ArrangementState.FAILED)
    session.refresh(made)
    assert made.state is state
    assert day_promises.settle(session, on=TODAY + dt.timedelta(days=1), **span) == 0


def agreed(session: Session, account: Account, cents: int) -> Arrangement:
    made = requested(session, account, K.SETTLEMENT, Terms(amount_cents=cents, due_on=TODAY + dt.timedelta(days=10)))
    return arrangements.approve(session, made.id, role=Role.MANAGER, today=TODAY, now=NOW, actor=factories.actor())


def test_a_settlement_completes_by_itself_and_comes_apart_with_its_payment(session: Session) -> None:
    account = an_account(session)
    made = agreed(session, account, 15_000)
    pay(session, account, 10_000)
    assert made.state is ArrangementState.APPROVED and account.balance_cents == 17_000
    last = pay(session, account, 5_000)
    assert (made.state, account.status, account.balance_cents) == (ArrangementState.APPLIED, AccountStatus.CLOSED, 0)
    given: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": factories.actor(), "may_be_older": True}
    posting.reverse(session, last.id, reason="Bounced", **given)
    session.refresh(account)
    assert (made.state, made.applied_on) == (ArrangementState.APPROVED, None)
    assert (account.status, account.balance_cents, account.closed_on) == (AccountStatus.ACTIVE, 17_000, None)
    assert broken(session) == []
    pay(session, account, 5_000)
    session.refresh(account)
    assert (made.state, made.value_cents) == (ArrangementState.APPLIED, 12_000)
    assert (account.status, account.balance_cents, account.paid_cents) == (AccountStatus.CLOSED, 0, 15_000)
    assert broken(session) == []


def test_a_part_of_its_money_handed_back_takes_a_settlement_back(session: Session) -> None:
    account = an_account(session)
    made = agreed(session, account, 15_000)
    paid = pay(session, account, 15_000)
    given: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": factories.actor(), "role": Role.MANAGER}
    reversing.refund(session, paid.id, amount_cents=1, reason="A cent too much", **given)
    session.refresh(account)
    assert (made.state, account.balance_cents) == (ArrangementState.APPROVED, 12_001)
    assert broken(session) == []


def test_money_from_before_the_request_settles_nothing(session: Session) -> None:
    account = an_account(session)
    pay(session, account, 15_000, now=NOW - dt.timedelta(hours=1))
    made = agreed(session, account, 5_000)
    pay(session, account, 4_999)
    assert made.state is ArrangementState.APPROVED and account.status is AccountStatus.ACTIVE


def test_nobody_forgives_more_than_their_role_may_adjust(session: Session) -> None:
    account = an_account(session)
    with pytest.raises(RuleViolation, match=r"A supervisor may adjust up to \$100.00; \$120.00 needs a manager"):
        settled(session, account, 15_000, paid=0, role=Role.SUPERVISOR)


def test_a_preview_writes_nothing_and_says_how_the_account_would_stand(session: Session) -> None:
    account = an_account(session)
    before = schedule(session, account)
    seen = arrangements.preview(session, account.id, K.EXTENSION, Terms(days=10), today=TODAY)
    assert (seen.before.days_past_due, seen.after.days_past_due) == (42, 32)
    assert (seen.last_due_before, seen.last_due_after) == (dt.date(2026, 12, 4), dt.date(2026, 12, 14))
    assert schedule(session, account) == before
    assert session.scalar(select(Arrangement).where(Arrangement.account_id == account.id)) is None
