"""Locks: when one may be made, what becomes of it, and that it ends as soon as nothing is past due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import event, insert, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, object_session

from app import clock
from app.clock import now, today
from app.domain.collections.contact_rules import RestrictionKind
from app.domain.collections.messages import MessageState
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.device_locks import LOCKABLE, LockState, NoticeBy, Standing, why_not
from app.domain.servicing.enrollment import Verdict
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus
from app.domain.staff.roles import Role
from app.gateways.devices import Done, Refused, Unknown
from app.models import (
    Account,
    Activity,
    AuditEvent,
    ContactRestriction,
    DeviceLock,
    Job,
    LockClause,
    LockNotice,
    Message,
    Payment,
)
from app.queries.servicing import lock_clauses
from app.services.collections import promises
from app.services.payments import posting
from app.services.servicing import device_locks
from app.services.staff.audit import SYSTEM
from tasks import devices
from tests import factories
from tests.devices.conftest import FakePortal, leased

IMEI = "356415207490483"
DAY = dt.date(2026, 11, 20)
FINE = Standing(
    AccountStatus.ACTIVE, 5_400, DAY - dt.timedelta(days=20), Verdict.ENROLLED, "Clause 14", 5, DAY - dt.timedelta(days=5)
)


def clause(session: Session, **given: object) -> LockClause:
    """A clause for everybody, with five days of notice."""
    values = {"name": "Clause 14", "words": "We may lock it.", "notice_days": 5, "citation": "Counsel, 2026"}
    row = LockClause(**{"contract_from_on": dt.date(2020, 1, 1), **values, **given})
    session.add(row)
    session.flush()
    return row


def noticed(session: Session, portal: FakePortal, imei: str, *, days_ago: int = 5) -> Account:
    """A late account whose device is enrolled, with a clause and a notice of so many days ago."""
    account = leased(session, imei)
    portal.add(imei)
    devices.check_all(actor=SYSTEM)
    clause(session)
    give(session, account, days_ago=days_ago)
    return account


def give(session: Session, account: Account, *, days_ago: int = 5, by: NoticeBy = NoticeBy.LETTER, key: str = "k") -> None:
    """A notice of so many days ago."""
    device_locks.give_notice(
        session,
        account.id,
        by=by,
        words="Your device may be locked",
        given_on=today() - dt.timedelta(days=days_ago),
        key=key,
        today=today(),
        now=now(),
        actor=SYSTEM,
    )


def lock(account: Account) -> LockState:
    """Try to lock; a refusal takes back nothing of what the test has written."""
    session = object_session(account)
    assert session is not None
    session.commit()
    return devices.lock(account.id, reason="Two broken promises", message="Please call us", actor=SYSTEM)[0]


def the_lock(session: Session) -> DeviceLock:
    session.expire_all()
    return session.scalars(select(DeviceLock)).one()


def test_nothing_stands_in_the_way_of_a_lock_that_has_everything() -> None:
    assert why_not(FINE, today=DAY) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"lock": LockState.LOCKED}, "is locked already"),
        ({"lock": LockState.TO_UNLOCK}, "is to be unlocked already"),
        ({"past_due_cents": 0}, "Nothing is past due"),
        ({"past_due_since": None}, "Nothing is past due"),
        ({"verdict": None}, "never checked"),
        ({"clause": None}, "No clause"),
        ({"stop": "Cease communication"}, "Cease communication: nothing is shown"),
        ({"has_dispute": True}, "A dispute is open"),
        ({"processing_cents": 4_900}, "A payment of $49.00 is being processed"),
        ({"promise_on": DAY}, "A promise to pay by Nov 20 is open"),
        ({"notice_on": None}, "Give notice first: the clause asks for 5 days"),
        ({"notice_on": DAY - dt.timedelta(days=21)}, "Give notice first"),  # Of an earlier time past due.
        ({"notice_on": DAY - dt.timedelta(days=4)}, "may be locked from Nov 21"),
        ({"notice_on": DAY, "notice_days": 1}, "has to run 1 day: the device may be locked from Nov 21"),
    ],
)
def test_each_thing_in_the_way_has_its_sentence(change: dict[str, object], sentence: str) -> None:
    assert sentence in str(why_not(replace(FINE, **change), today=DAY))  # type: ignore[arg-type]


def test_only_open_accounts_and_devices_in_reach_are_locked() -> None:
    for status in AccountStatus:
        assert (why_not(replace(FINE, status=status), today=DAY) is None) is (status in OPEN_STATUSES)
    for verdict in Verdict:
        assert (why_not(replace(FINE, verdict=verdict), today=DAY) is None) is (verdict in LOCKABLE)
    assert {Verdict.ENROLLED, Verdict.SILENT} == LOCKABLE


def test_a_lock_is_written_down_with_its_clause_notice_and_who_asked(session: Session, portal: FakePortal) -> None:
    account = noticed(session, portal, IMEI)
    person = factories.staff(session, Role.SUPERVISOR)
    state, failure = devices.lock(account.id, reason=" Why ", message="Call us", actor=factories.actor(person))
    assert (state, failure) == (LockState.LOCKED, None)
    row = the_lock(session)
    assert (row.clause.name, row.notice.by, row.asked_by_id, row.reason) == ("Clause 14", NoticeBy.LETTER, person.id, "Why")
    assert row.past_due_cents == account.past_due_cents == 10_800
    assert row.locked_at is not None
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.account_id == account.id)).all()
    assert actions == ["lock notice given", "device lock asked for", "device locked"]
    assert "Device locked" in session.scalars(select(Activity.summary).where(Activity.account_id == account.id)).all()


def test_what_stands_in_the_way_in_the_rows_refuses_and_nothing_is_sent(session: Session, portal: FakePortal) -> None:
    account = noticed(session, portal, IMEI, days_ago=4)
    with pytest.raises(RuleViolation, match="has to run 5 days"):
        lock(account)
    give(session, account, days_ago=9)
    with pytest.raises(RuleViolation, match="has to run 5 days"):
        lock(account)  # The latest notice counts.
    session.execute(update(LockNotice).values(given_on=today() - dt.timedelta(days=6)))
    session.add(ContactRestriction(customer_id=account.customer_id, kind=RestrictionKind.ATTORNEY, note="x", created_at=now()))
    session.flush()
    with pytest.raises(RuleViolation, match="attorney"):
        lock(account)
    session.execute(update(ContactRestriction).values(lifted_at=now()))
    promises.take(
        session, account.id, amount_cents=5_400, due_on=today(), method=PaymentMethod.CASH, today=today(), now=now(), actor=SYSTEM
    )
    with pytest.raises(RuleViolation, match="promise to pay"):
        lock(account)
    check = {"method": PaymentMethod.CHECK, "state": PaymentState.PROCESSING, "amount_cents": 4_900}
    at = {"received_at": now(), "posted_at": now(), "effective_on": today(), "posted_on": today()}
    on_its_way = Payment(account_id=account.id, kind=PaymentKind.PAYMENT, **check, **at)
    session.add(on_its_way)
    session.flush()
    with pytest.raises(RuleViolation, match=r"payment of \$49\.00 is being processed"):
        lock(account)
    for reason, message in (("", "x"), ("x", ""), ("x" * 201, "x"), ("x", "x" * 301)):
        with pytest.raises(RuleViolation, match="characters at most"):
            devices.lock(account.id, reason=reason, message=message, actor=SYSTEM)
    assert portal.commands == []
    assert session.scalars(select(DeviceLock)).all() == []


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({}, True),
        ({"is_active": False}, False),
        ({"contract_from_on": dt.date(2099, 1, 1)}, False),
        ({"state": "NY"}, False),
        ({"state": "OH"}, True),
    ],
)
def test_a_clause_fits_by_state_date_and_portfolio(session: Session, given: dict[str, object], fits: bool) -> None:
    account = leased(session, IMEI)
    account.customer.state = "OH"
    row = clause(session, **given)
    assert lock_clauses.clause_of(session, account) == (row if fits else None)


def test_the_portfolios_own_clause_wins_then_the_states(session: Session) -> None:
    account = leased(session, IMEI)
    account.customer.state = "OH"
    clause(session, name="everybody")
    assert lock_clauses.clause_of(session, account).name == "everybody"  # type: ignore[union-attr]
    clause(session, name="Ohio", state="OH")
    assert lock_clauses.clause_of(session, account).name == "Ohio"  # type: ignore[union-attr]
    clause(session, name="own", portfolio_id=account.portfolio_id)
    other = factories.portfolio(session)
    clause(session, name="another's", portfolio_id=other.id, state="OH")
    assert lock_clauses.clause_of(session, account).name == "own"  # type: ignore[union-attr]


def test_a_notice_needs_a_clause_something_past_due_and_a_day_that_has_come(session: Session, portal: FakePortal) -> None:
    account = leased(session, IMEI)
    with pytest.raises(RuleViolation, match="No clause"):
        give(session, account)
    clause(session)
    with pytest.raises(RuleViolation, match="still to come"):
        give(session, account, days_ago=-1)
    with pytest.raises(RuleViolation, match="before the agreement began"):
        give(session, account, days_ago=500)
    session.execute(update(Account).values(past_due_cents=0))
    session.expire_all()
    with pytest.raises(RuleViolation, match="Nothing is past due"):
        give(session, account)


@pytest.fixture
def at_ten() -> Iterator[None]:
    """It is ten in the morning of a Friday, when texts may be sent."""
    clock.set_clock(pinned_on=DAY, stopped_at=dt.time(10))
    yield
    clock.set_clock(pinned_on=None)


@pytest.mark.usefixtures("at_ten")
def test_a_notice_by_text_goes_through_the_outbox_and_counts_unless_it_failed(session: Session, portal: FakePortal) -> None:
    account = leased(session, IMEI)
    account.customer.zip_code, account.customer.state = "43004", "OH"
    session.commit()
    clause(session)
    for _ in range(2):  # The form is sent twice.
        give(session, account, days_ago=3, by=NoticeBy.TEXT, key="once")
    message = session.scalars(select(Message)).one()
    notice = session.scalars(select(LockNotice)).one()
    assert (notice.message_id, notice.given_on, message.body) == (message.id, today(), "Your device may be locked")
    assert lock_clauses.notices_of(session, account.id) == [notice]
    message.state = MessageState.FAILED
    session.flush()
    assert lock_clauses.notices_of(session, account.id) == []


def test_a_payment_unlocks_by_itself(session: Session, portal: FakePortal) -> None:
    account = noticed(session, portal, IMEI)
    assert lock(account) is LockState.LOCKED
    assert devices.needed() == []
    pay(session, account, 5_400)
    assert devices.needed() == []  # Part of it is still past due.
    pay(session, account, account.past_due_cents)
    ((job_id, _),) = devices.needed()
    assert the_lock(session).state is LockState.TO_UNLOCK
    assert devices.needed() == [(job_id, "default")]  # The same job, however often it is asked.
    job = session.get_one(Job, job_id)
    devices._try_unlock(job.arguments["lock_id"], actor=SYSTEM)
    row = the_lock(session)
    assert (row.state, row.unlock_reason, portal.locked) == (LockState.UNLOCKED, "Nothing is past due any more", set())
    assert devices.needed() == []


def pay(session: Session, account: Account, cents: int) -> None:
    posting.post(
        session,
        account.id,
        method=PaymentMethod.CASH,
        amount_cents=cents,
        effective_on=today(),
        today=today(),
        now=now(),
        actor=SYSTEM,
        idempotency_key=f"p{cents}{len(session.scalars(select(Activity)).all())}",
    )
    session.expire_all()


def test_an_account_that_is_no_longer_owed_is_unlocked(session: Session, portal: FakePortal) -> None:
    account = noticed(session, portal, IMEI)
    lock(account)
    account.status = AccountStatus.RETURNED
    session.flush()
    assert len(devices.needed()) == 1


@pytest.mark.parametrize("outcome", [Unknown("Hexnode answered HTTP 502."), Refused("Hexnode does not accept the key.")])
def test_unlocking_is_tried_until_it_came_through(
    session: Session, portal: FakePortal, outcome: Unknown | Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = noticed(session, portal, IMEI)
    lock(account)
    portal.outcome = outcome
    state, failure = devices.unlock(account.id, reason="They came by", actor=SYSTEM)
    assert (state, failure) == (LockState.TO_UNLOCK, outcome.reason)
    row = the_lock(session)
    assert devices.needed() == []  # Its time has not come.
    assert device_locks.claim_unlock(session, row.id, now=now()) is None
    session.execute(update(DeviceLock).values(next_try_at=now()))
    assert len(devices.needed()) == 1
    devices._try_unlock(row.id, actor=SYSTEM)
    assert the_lock(session).tries == 2
    portal.outcome = Done()
    assert devices.unlock(account.id, reason="Now", actor=SYSTEM)[0] is LockState.UNLOCKED
    assert portal.commands == ["lock 1", "unlock 1", "unlock 1", "unlock 1"]
    with pytest.raises(RuleViolation, match="not locked"):
        devices.unlock(account.id, reason="Again", actor=SYSTEM)


def test_a_lock_of_which_nobody_knows_counts_as_locked_and_is_unlocked(session: Session, portal: FakePortal) -> None:
    account = noticed(session, portal, IMEI)
    portal.outcome = Unknown("Hexnode's answer was lost (ReadTimeout).")
    assert lock(account) is LockState.UNCERTAIN
    with pytest.raises(RuleViolation, match="may be locked already"):
        lock(account)
    session.execute(update(Account).values(past_due_cents=0))
    session.expire_all()
    assert len(devices.needed()) == 1


def test_a_certain_no_leaves_it_unlocked_and_may_be_tried_again(session: Session, portal: FakePortal) -> None:
    account = noticed(session, portal, IMEI)
    portal.outcome = Refused("Hexnode does not know it (HTTP 404).")
    assert lock(account) is LockState.REFUSED
    assert devices.needed() == []
    portal.outcome = Done()
    assert lock(account) is LockState.LOCKED


def test_what_lost_its_worker_counts_as_done_for_a_lock_and_as_undone_for_an_unlock(session: Session, portal: FakePortal) -> None:
    account = noticed(session, portal, IMEI)
    command = device_locks.ask_lock(session, account.id, reason="x", message="x", today=today(), now=now(), actor=SYSTEM)
    assert devices.needed() == []
    assert the_lock(session).state is LockState.LOCKING
    abandon(session)
    devices.needed()
    assert the_lock(session).state is LockState.UNCERTAIN
    # The answer comes after all: a yes is believed, a no is not, for a second try may have come through meanwhile.
    device_locks.settle_lock(session, command, Refused("no"), now=now(), actor=SYSTEM)
    assert the_lock(session).state is LockState.UNCERTAIN
    device_locks.settle_lock(session, command, Done(), now=now(), actor=SYSTEM)
    assert the_lock(session).state is LockState.LOCKED
    row = device_locks.ask_unlock(session, account.id, reason="x", now=now(), actor=SYSTEM)
    assert device_locks.claim_unlock(session, row.id, now=now()) is not None
    assert device_locks.claim_unlock(session, row.id, now=now()) is None
    abandon(session)
    assert len(devices.needed()) == 1
    assert the_lock(session).state is LockState.TO_UNLOCK


def abandon(session: Session) -> None:
    """Let three minutes pass for whatever is being sent."""
    session.flush()
    session.execute(text("update device_lock set claimed_at = clock_timestamp() - interval '3 minutes'"))
    session.expire_all()


def test_the_database_keeps_one_open_lock_an_account(session: Session, portal: FakePortal) -> None:
    account = noticed(session, portal, IMEI)
    lock(account)
    row = the_lock(session)
    twin = {
        name: getattr(row, name)
        for name in (
            "account_id",
            "managed_device_id",
            "clause_id",
            "notice_id",
            "reason",
            "message",
            "past_due_cents",
            "asked_at",
        )
    }
    with pytest.raises(IntegrityError, match="uq_device_lock_open"), session.begin_nested():
        session.execute(insert(DeviceLock).values(twin))


def test_a_book_without_locks_costs_the_tick_one_question(session: Session, connection: Connection) -> None:
    asked: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert devices.needed() == []
    assert len([one for one in asked if "device_lock" in one]) == 1
