"""A batch: whom it charges and why not, twice the same is nothing, paused by our own errors, resumed after a kill."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.autopay.amounts import AmountRule, Owed, amount_to_charge
from app.domain.autopay.batches import BatchKind, RunState
from app.domain.autopay.charges import ChargeState
from app.domain.autopay.settings import AutopaySettings
from app.domain.collections.contact import FollowUpKind
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.disputes import DisputeReason, DisputeState
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AutopayBatch, AutopayEnrollment, AutopaySkip, Charge, Dispute, FollowUp, Payment
from app.queries.autopay.eligibility import candidates
from app.queries.autopay.settings import autopay_settings
from app.queries.payments.invariants import findings
from app.services.autopay import batches, claiming, configuring, enrollment
from app.services.collections import promises
from app.services.payments import posting
from app.services.staff.audit import SYSTEM
from tasks import autopay
from tests import factories
from tests.autopay.conftest import CONSENT, Clock, card_of, enrolled
from tests.autopay.processor import Processor
from tests.factories import NOW, TODAY

S = ChargeState
DAILY = BatchKind.DAILY


def run(session: Session, kind: BatchKind = DAILY, *, on: dt.date | None = None) -> AutopayBatch:
    batch_id, _ = autopay.start_batch(kind, on=on or TODAY, actor=SYSTEM, in_background=False)
    autopay.send(batch_id)
    session.expire_all()
    return session.get_one(AutopayBatch, batch_id)


def reason_of(session: Session, account: Account, kind: BatchKind = DAILY, on: dt.date = TODAY) -> str | None:
    statement, values = candidates(kind, autopay_settings(session), on=on)
    rows = {row.account_id: row for row in session.execute(statement, values)}
    return rows[account.id].reason if account.id in rows else "not looked at"


def states(session: Session) -> list[ChargeState]:
    return list(session.scalars(select(Charge.state).order_by(Charge.id)))


def test_a_batch_charges_what_is_due_and_a_second_one_nobody_again(session: Session, square: Processor) -> None:
    enrolled(session)
    account, card = enrolled(session)
    square.cards[card.square_card_id] = "INSUFFICIENT_FUNDS"
    uncertain, _ = enrolled(session)
    square.script = ["ok", "ok", "lost after"]
    without, _ = enrolled(session)
    enrollment.revoke(session, without.id, reason="asked to", now=NOW, actor=SYSTEM)
    batch = run(session)
    assert batch.state is RunState.DONE
    assert (batch.eligible, batch.succeeded, batch.failed, batch.unknown, batch.charged_cents) == (3, 1, 1, 1, 5_400)
    assert (batch.left_out, batches.skipped_by_reason(session, batch.id)) == (1, {"no_consent": 1})
    again = run(session)
    assert again.id == batch.id
    assert len(square.sent) == 3
    assert [finding.invariant.name for finding in findings(session) if finding.broken] == []
    assert uncertain.id
    # Friday is a payday, and so is the day of the test: the next one is a week away.
    declined = session.scalars(select(Charge).where(Charge.account_id == account.id)).one()
    assert (declined.retry_on, declined.retry_why) == (dt.date(2026, 11, 27), "funds")


def test_the_dry_run_writes_nothing_and_says_the_same(session: Session, square: Processor) -> None:
    enrolled(session)
    factories.account(session, first_due_on=TODAY)
    found = batches.preview(session, DAILY, on=TODAY)
    assert (found.eligible, found.charged_cents, found.skipped) == (1, 5_400, {"no_consent": 1})
    assert session.scalar(select(func.count()).select_from(Charge)) == 0
    assert square.sent == []


def promise(session: Session, account: Account) -> None:
    promises.take(
        session, account.id, amount_cents=5_400, due_on=TODAY, method=PaymentMethod.CARD, today=TODAY, now=NOW, actor=SYSTEM
    )


def dispute(session: Session, account: Account) -> None:
    session.add(
        Dispute(
            account_id=account.id,
            reason=DisputeReason.AMOUNT,
            amount_cents=5_400,
            state=DisputeState.OPEN,
            opened_on=TODAY,
            deadline_on=TODAY,
        )
    )
    session.flush()


def hold(session: Session, account: Account) -> None:
    tomorrow = TODAY + dt.timedelta(days=1)
    enrollment.hold(session, account.id, until=tomorrow, reason="moving house", today=TODAY, now=NOW, actor=SYSTEM)


def revoke(session: Session, account: Account) -> None:
    enrollment.revoke(session, account.id, reason="asked to", now=NOW, actor=SYSTEM)


def pay(session: Session, account: Account) -> None:
    posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=5_400, today=TODAY, now=NOW, actor=SYSTEM)


def default(session: Session, account: Account) -> None:
    account.status = AccountStatus.DEFAULT
    session.flush()


@pytest.mark.parametrize(
    ("arrange", "reason"), [(promise, "promise"), (dispute, "dispute"), (hold, "hold"), (revoke, "no_consent"), (None, None)]
)
def test_why_an_account_is_left_out(session: Session, square: Processor, arrange: object, reason: str | None) -> None:
    account, _ = enrolled(session)
    if callable(arrange):
        arrange(session, account)
    assert reason_of(session, account) == reason


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"is_enabled": False, "is_primary": False}, "no_card"), ({"expires_year": 2026, "expires_month": 10}, "card_expired")],
)
def test_a_card_that_cannot_be_charged_is_a_reason(
    session: Session, square: Processor, given: dict[str, object], reason: str
) -> None:
    account, _ = enrolled(session, card=given)
    assert reason_of(session, account) == reason


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [(pay, "paid_meanwhile"), (revoke, "no_consent"), (dispute, "dispute"), (promise, "promise"), (default, "not_active")],
)
def test_what_happens_between_plan_and_claim_is_seen(
    session: Session, square: Processor, time: Clock, arrange: object, reason: str
) -> None:
    account, _ = enrolled(session)
    batch_id, _ = autopay.start_batch(DAILY, on=TODAY, actor=SYSTEM, in_background=False)
    assert callable(arrange)
    arrange(session, account)
    autopay.send(batch_id)
    assert square.sent == []
    charge = session.scalars(select(Charge)).one()
    assert (charge.state, charge.skip_reason) == (S.SKIPPED, reason)
    assert [finding.invariant.name for finding in findings(session) if finding.broken] == []


def test_one_card_of_two_accounts_is_charged_once_a_day(session: Session, square: Processor) -> None:
    first, _ = enrolled(session, card={"fingerprint": "same"})
    second, _ = enrolled(session, card={"fingerprint": "same"})
    batch = run(session)
    assert (batch.eligible, batches.skipped_by_reason(session, batch.id)) == (1, {"card_today": 1})
    assert {first.id, second.id} >= set(session.scalars(select(Charge.account_id)))


def declined_on(session: Session, account: Account, square: Processor, time: Clock, code: str, *, times: int = 1) -> None:
    """So many daily batches of consecutive days in which the account's card is declined."""
    for _ in range(times):
        square.cards = dict.fromkeys([*square.cards, *_cards(session, account)], code)
        run(session, on=time.today)
        time.forward(days=1)


def _cards(session: Session, account: Account) -> list[str]:
    from app.models import Card

    return list(session.scalars(select(Card.square_card_id).where(Card.customer_id == account.customer_id)))


@pytest.mark.parametrize(
    ("code", "next_day", "reason"),
    [
        ("INSUFFICIENT_FUNDS", 1, "retry_waits"),
        ("INSUFFICIENT_FUNDS", 7, None),
        ("GENERIC_DECLINE", 2, "retry_waits"),
        ("GENERIC_DECLINE", 3, None),
        ("CARD_EXPIRED", 7, "card_to_fix"),
        ("INVALID_ACCOUNT", 7, "card_stopped"),
        ("CARD_DECLINED_VERIFICATION_REQUIRED", 7, "tries_spent"),
    ],
)
def test_a_decline_decides_when_it_is_tried_again(
    session: Session, square: Processor, time: Clock, code: str, next_day: int, reason: str | None
) -> None:
    account, _ = enrolled(session)
    declined_on(session, account, square, time, code)
    assert reason_of(session, account, on=TODAY + dt.timedelta(days=next_day)) == reason


def test_a_newer_version_of_the_card_and_another_card_are_tried(session: Session, square: Processor, time: Clock) -> None:
    account, card = enrolled(session)
    declined_on(session, account, square, time, "CARD_EXPIRED")
    assert reason_of(session, account, on=time.today) == "card_to_fix"
    card.square_version += 1
    session.flush()
    assert reason_of(session, account, on=time.today) is None
    other, stopped = enrolled(session)
    declined_on(session, other, square, time, "INVALID_ACCOUNT")
    stopped.is_primary = False
    session.flush()
    card_of(session, other.customer)
    assert reason_of(session, other, on=time.today) is None


def test_configuration_errors_in_a_row_pause_the_batch(session: Session, square: Processor) -> None:
    for _ in range(12):
        enrolled(session)
    configuring.change(session, AutopaySettings(concurrency=1), now=NOW, actor=SYSTEM)
    square.script = ["unauthorized"] * 12
    batch = run(session)
    assert batch.state is RunState.PAUSED
    assert batch.reason is not None
    assert "5 configuration errors in a row" in batch.reason
    assert (len(square.sent), states(session).count(S.PLANNED)) == (5, 7)
    square.script = []
    batches.resume(session, batch.id, today=TODAY, now=NOW, actor=SYSTEM)
    autopay.send(batch.id)
    assert (batch.state, batch.succeeded, batch.failed) == (RunState.DONE, 7, 5)


def test_a_batch_goes_on_after_a_kill_where_it_was(session: Session, square: Processor, time: Clock) -> None:
    for _ in range(4):
        enrolled(session)
    batch_id, _ = autopay.start_batch(DAILY, on=TODAY, actor=SYSTEM, in_background=False)
    # The worker dies with two charges claimed; one of them had reached Square.
    claimed = claiming.claim_some(session, batch_id, most=2, today=TODAY, now=time.now)
    assert claimed is not None
    square.sent += claimed
    square.arrive(claimed[0])
    assert batches.left_behind(session) == [batch_id]
    autopay.send(batch_id)
    batch = session.get_one(AutopayBatch, batch_id)
    assert (batch.state, batch.succeeded) == (RunState.RUNNING, 2)
    time.forward(minutes=6)
    autopay.look_after()
    session.expire_all()
    assert (batch.succeeded, len(square.taken())) == (4, 4)
    assert batch.state is RunState.DONE
    assert session.scalar(select(func.count()).select_from(Payment)) == 4


def test_a_stopped_batch_charges_nobody_any_more(session: Session, square: Processor) -> None:
    enrolled(session)
    batch_id, _ = autopay.start_batch(DAILY, on=TODAY, actor=SYSTEM, in_background=False)
    batches.pause(session, batch_id, reason="looks odd", now=NOW, actor=SYSTEM)
    assert autopay.send(batch_id) == 0
    with pytest.raises(RuleViolation, match="only on its own day"):
        batches.resume(session, batch_id, today=TODAY + dt.timedelta(days=1), now=NOW, actor=SYSTEM)
    batch = batches.stop(session, batch_id, reason="a mistake", now=NOW, actor=SYSTEM)
    assert (batch.state, batch.skipped, states(session)) == (RunState.STOPPED, 1, [S.SKIPPED])
    with pytest.raises(RuleViolation, match="cannot be running"):
        batches.resume(session, batch_id, today=TODAY, now=NOW, actor=SYSTEM)


def test_a_promise_by_card_charges_itself_on_its_day(session: Session, square: Processor, time: Clock) -> None:
    account = factories.account(session, first_due_on=TODAY - dt.timedelta(days=7))
    card_of(session, account.customer)
    promises.take(
        session, account.id, amount_cents=3_000, due_on=TODAY, method=PaymentMethod.CARD, today=TODAY, now=time.now, actor=SYSTEM
    )
    batch = run(session, BatchKind.PROMISES)
    assert (batch.succeeded, batch.charged_cents) == (1, 3_000)


def test_after_the_restore_of_a_backup_autopay_locks_itself(session: Session, square: Processor, time: Clock) -> None:
    account, card = enrolled(session)
    manager, admin = factories.staff(session, Role.MANAGER), factories.staff(session, Role.ADMIN)
    assert not configuring.switch_on(session, now=NOW, actor=factories.actor(manager))
    with pytest.raises(RuleViolation, match="somebody else has to agree"):
        configuring.switch_on(session, now=NOW, actor=factories.actor(manager))
    assert configuring.switch_on(session, now=NOW, actor=factories.actor(admin))
    autopay.charge_now(account.id, card_id=card.id, amount_cents=5_400, actor=SYSTEM)
    # Square has a charge of ours that this database does not know.
    square.by_key["ld-forgotten"] = square.taken()[0].__class__(
        **{
            **{name: getattr(square.taken()[0], name) for name in square.taken()[0].__slots__},
            "id": "P-forgotten",
            "reference_id": "ld-forgotten",
        }
    )
    with pytest.raises(RuleViolation, match="restored from a backup"):
        autopay.start_batch(DAILY, on=TODAY, actor=SYSTEM, in_background=False)
    settings = autopay_settings(session)
    assert (settings.is_on, settings.locked_because is not None) == (False, True)
    found = autopay.reconcile(3, actor=SYSTEM)
    assert (found.matched, dict(found.breaks)) == (1, {"orphan": 1})
    configuring.unlock(session, reason="booked by hand", now=NOW, actor=factories.actor(admin))
    assert autopay_settings(session).locked_because is None


def test_the_statement_charges_what_the_rule_says(session: Session, square: Processor) -> None:
    draw = random.Random(7)
    accounts = []
    for _ in range(30):
        first = TODAY - dt.timedelta(days=draw.choice([0, 7, 14, 20, 28]))
        payment = draw.choice([3_000, 5_400])
        lines = [(first + dt.timedelta(days=14 * place), payment) for place in range(draw.randint(1, 6))]
        account, _ = enrolled(session, lines=lines, payment_cents=payment)
        fixed = draw.choice([None, None, payment, payment * 2])
        current = session.scalars(select(AutopayEnrollment).where(AutopayEnrollment.account_id == account.id)).one()
        current.fixed_cents = fixed
        disputed = draw.choice([0, 0, 1_000, payment])
        if disputed:
            session.add(
                Dispute(
                    account_id=account.id,
                    reason=DisputeReason.AMOUNT,
                    amount_cents=disputed,
                    state=DisputeState.OPEN,
                    opened_on=TODAY,
                    deadline_on=TODAY,
                )
            )
        due = [line for line in lines if line[0] <= TODAY]
        today_cents = sum(cents for on, cents in due if on == TODAY)
        past_cents = sum(cents for on, cents in due if on < TODAY)
        accounts.append((account, Owed(today_cents, past_cents, 0, len(lines) * payment, payment, fixed, disputed)))
    session.flush()
    for rule in AmountRule:
        statement, values = candidates(DAILY, AutopaySettings(amount_rule=rule), on=TODAY)
        found = {row.account_id: row.amount_cents for row in session.execute(statement, values)}
        expected = {account.id: amount_to_charge(owed, rule) for account, owed in accounts if account.id in found}
        assert found == expected
        assert len(found) > 20


def test_what_is_not_written_for_one_account_does_not_keep_the_others_back(
    session: Session, square: Processor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, _ = enrolled(session)
    good, _ = enrolled(session)
    from app.services.payments import entries

    real = entries.follow_through

    def failing(session: Session, account: Account, **given: object) -> None:
        if account.id == bad.id:
            raise ValueError("a defect in one account")
        real(session, account, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(entries, "follow_through", failing)
    batch = run(session)
    assert (batch.succeeded, states(session)) == (1, [S.SENDING, S.SUCCEEDED])
    assert session.scalars(select(Payment.account_id)).all() == [good.id]


def test_every_left_out_account_keeps_its_reason(session: Session, square: Processor) -> None:
    account, _ = enrolled(session)
    dispute(session, account)
    batch = run(session)
    skip = session.get_one(AutopaySkip, (batch.id, account.id))
    assert (skip.reason.value, skip.amount_cents) == ("dispute", 0)
    assert session.scalars(select(FollowUp.kind)).all() in ([], [FollowUpKind.REVIEW])
    assert session.get(AutopayBatch, batch.id) is batch


def test_consent_is_kept_word_for_word_and_for_all_with_a_card(session: Session, square: Processor) -> None:
    with_card = factories.account(session)
    card_of(session, with_card.customer)
    factories.account(session)
    assert enrollment.enroll_all_with_card(session, consent=CONSENT, source="signed lease", now=NOW, actor=SYSTEM) == 1
    assert enrollment.enroll_all_with_card(session, consent=CONSENT, source="signed lease", now=NOW, actor=SYSTEM) == 0
    row = session.scalars(select(AutopayEnrollment)).one()
    assert (row.account_id, row.consent) == (with_card.id, CONSENT)
    with pytest.raises(RuleViolation, match="words"):
        enrollment.enroll(session, with_card.id, consent=" ", source="phone", now=NOW, actor=SYSTEM)
    with pytest.raises(RuleViolation, match="at least the payment"):
        enrollment.enroll(session, with_card.id, consent=CONSENT, source="phone", fixed_cents=100, now=NOW, actor=SYSTEM)
