"""The statuses that an end of day gives: in SQL as by the rule, once a day, and never over a supervisor's."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind, FollowUpStatus, PromiseStatus
from app.domain.collections.statuses import AUTOMATIC, Facts, automatic
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.models import (
    Account,
    AccountCollectionStatus,
    Activity,
    BucketChange,
    CollectionStatus,
    CollectionStatusChange,
    FollowUp,
    Installment,
    Note,
    Payment,
    Promise,
)
from app.queries.collections import statuses as queries
from app.services.collections.day import aging, statuses
from tests import factories
from tests.factories import NOW, TODAY

DAY = dt.timedelta(days=1)


def late(session: Session, *, days: int = 12, paid_first: bool = True) -> Account:
    """An account that is so many days late with its second line, or with its first."""
    lines = [(TODAY - (days + 30) * DAY, 5_400), (TODAY - days * DAY, 5_400)] if paid_first else [(TODAY - days * DAY, 5_400)]
    account = factories.account(session, lines=[*lines, (TODAY + 30 * DAY, 5_400)])
    if paid_first:
        first = session.get_one(Installment, (account.id, 1))
        first.paid_cents, first.paid_on = 5_400, first.due_on
        session.flush()
    aging.age(session, first=account.id, last=account.id, on=TODAY, now=NOW)
    session.expire_all()
    return account


def end(session: Session, *accounts: Account) -> int:
    """The step over these accounts."""
    ids = [account.id for account in accounts]
    changed = statuses.give(session, first=min(ids), last=max(ids), on=TODAY, now=NOW)
    session.expire_all()
    return changed


def put(session: Session, account: Account, code: str) -> None:
    """Put an account into a status by hand, long ago."""
    row = session.scalars(select(CollectionStatus).where(CollectionStatus.code == code)).one()
    session.add(AccountCollectionStatus(account_id=account.id, status_id=row.id, since_at=NOW - 30 * DAY))
    session.flush()


def contact(session: Session, account: Account, days_ago: int) -> None:
    """Somebody called so many days ago."""
    session.add(Activity(account_id=account.id, kind=ActivityKind.CALL, at=NOW - days_ago * DAY, summary="Call"))
    session.flush()


def pay_back(session: Session, account: Account, kind: PaymentKind, method: PaymentMethod) -> None:
    """A payment came in and was taken out again on the business date."""
    common = {"account_id": account.id, "amount_cents": 100, "effective_on": TODAY, "posted_on": TODAY}
    moments = {"received_at": NOW, "posted_at": NOW, "state": PaymentState.COMPLETE}
    original = Payment(**common, **moments, kind=PaymentKind.PAYMENT, method=method)
    session.add(original)
    session.flush()
    session.add(Payment(**common, **moments, kind=kind, method=method, reverses_id=original.id))
    session.flush()


def become_late(session: Session, account: Account, on: dt.date = TODAY) -> None:
    """It went from current to past due on a day."""
    row = BucketChange(
        account_id=account.id,
        business_on=on,
        from_days=0,
        to_days=1,
        from_bucket="Current",
        to_bucket="1-30",
        reason="end of day",
    )
    session.merge(row)
    session.flush()


def current(session: Session, account: Account) -> str:
    """The code that an account is in."""
    return queries.of_account(session, account.id).code


def test_a_returned_check_gives_80_and_its_follow_up(session: Session) -> None:
    account = late(session)
    pay_back(session, account, PaymentKind.REVERSAL, PaymentMethod.CHECK)
    assert end(session, account) == 1
    assert current(session, account) == "80"
    planned = session.scalars(select(FollowUp).where(FollowUp.account_id == account.id)).one()
    assert (planned.due_at, planned.note, planned.status) == (NOW + DAY, "80 Returned payment", FollowUpStatus.OPEN)
    change = session.scalars(select(CollectionStatusChange).where(CollectionStatusChange.account_id == account.id)).one()
    assert (change.from_code, change.to_code, change.by_id, change.is_skipped) == ("00", "80", None, False)


def test_cash_that_was_typed_wrong_and_reversed_is_no_returned_payment(session: Session) -> None:
    account = late(session)
    contact(session, account, 1)
    pay_back(session, account, PaymentKind.REVERSAL, PaymentMethod.CASH)
    assert end(session, account) == 0


def test_who_never_paid_the_first_installment_is_in_first_payment_default(session: Session) -> None:
    account = late(session, days=1, paid_first=False)
    become_late(session, account)
    end(session, account)
    assert current(session, account) == "81"


def test_who_is_late_for_the_first_time_gets_82_and_the_second_time_does_not(session: Session) -> None:
    first, again = late(session, days=1), late(session, days=1)
    for account in (first, again):
        become_late(session, account)
        contact(session, account, 2)
    become_late(session, again, TODAY - 60 * DAY)
    end(session, first, again)
    assert (current(session, first), current(session, again)) == ("82", "00")


def test_a_broken_promise_gives_83(session: Session) -> None:
    account = late(session)
    session.add(
        Promise(
            account_id=account.id,
            amount_cents=100,
            due_on=TODAY - DAY,
            made_at=NOW - 3 * DAY,
            status=PromiseStatus.BROKEN,
            resolved_on=TODAY,
        )
    )
    session.flush()
    end(session, account)
    assert current(session, account) == "83"


@pytest.mark.parametrize(("days_ago", "expected"), [(6, "00"), (7, "85"), (None, "85")])
def test_no_contact_in_seven_days_gives_85(session: Session, days_ago: int | None, expected: str) -> None:
    account = late(session)
    if days_ago is not None:
        contact(session, account, days_ago)
    end(session, account)
    assert current(session, account) == expected


@pytest.mark.parametrize(("code", "expected"), [("00", "85"), ("01", "85"), ("30", "85"), ("84", "84")])
def test_no_contact_is_said_only_of_00_01_and_30(session: Session, code: str, expected: str) -> None:
    account = late(session)
    put(session, account, code)
    end(session, account)
    assert current(session, account) == expected


def test_a_supervisors_status_stays_and_a_note_says_what_was_wanted(session: Session) -> None:
    account = late(session)
    put(session, account, "01")
    session.execute(update(CollectionStatus).where(CollectionStatus.code == "01").values(is_supervisor_type=True))
    assert end(session, account) == 1
    assert current(session, account) == "01"
    note = session.scalars(select(Note).where(Note.account_id == account.id)).one()
    assert note.body == (
        "Collection status stays 01: only a supervisor changes it. The end of day wanted 85 No contact in the last 7 days."
    )
    assert end(session, account) == 0
    assert session.scalar(select(func.count()).select_from(Note)) == 1


def test_a_second_run_of_the_day_does_not_overrule_who_worked_in_between(session: Session) -> None:
    account = late(session)
    end(session, account)
    row = session.scalars(select(CollectionStatus).where(CollectionStatus.code == "30")).one()
    session.get_one(AccountCollectionStatus, account.id).status_id = row.id
    session.flush()
    assert end(session, account) == 0
    assert current(session, account) == "30"


def test_a_status_that_is_switched_off_is_not_given(session: Session) -> None:
    account = late(session)
    session.execute(update(CollectionStatus).where(CollectionStatus.code == "85").values(is_automatic=False))
    assert end(session, account) == 0


def test_the_sql_gives_what_the_rule_gives(session: Session) -> None:
    chance = random.Random(85)
    session.execute(update(CollectionStatus).where(CollectionStatus.code == "30").values(is_supervisor_type=True))
    expected: dict[int, str] = {}
    for _ in range(150):
        account = late(session, days=chance.choice([1, 9]), paid_first=chance.random() < 0.7)
        session.execute(
            update(BucketChange).where(BucketChange.account_id == account.id).values(business_on=TODAY - 90 * DAY, to_days=0)
        )
        code = chance.choice(["00", "01", "30", "84"])
        returned, broken, late_now, late_before = (chance.random() < share for share in (0.2, 0.2, 0.5, 0.4))
        days_ago = chance.choice([None, 0, 6, 7, 20])
        if code != "00":
            put(session, account, code)
        if returned:
            pay_back(session, account, PaymentKind.CHARGEBACK, PaymentMethod.CARD)
        if broken:
            session.add(
                Promise(
                    account_id=account.id,
                    amount_cents=1,
                    due_on=TODAY,
                    made_at=NOW,
                    status=PromiseStatus.BROKEN,
                    resolved_on=TODAY,
                )
            )
        if late_now:
            become_late(session, account)
        if late_before:
            become_late(session, account, TODAY - 40 * DAY)
        if days_ago is not None:
            contact(session, account, days_ago)
        first = session.get_one(Installment, (account.id, 1))
        facts = Facts(
            code,
            is_late=account.past_due_cents > 0,
            payment_returned=returned,
            promise_broken=broken,
            became_late=late_now,
            first_payment_open=first.paid_cents < first.amount_cents,
            was_late_before=late_before,
            contacted_lately=days_ago is not None and days_ago < 7,
        )
        expected[account.id] = code if code == "30" else automatic(facts) or code
    session.flush()
    statuses.give(session, first=min(expected), last=max(expected), on=TODAY, now=NOW)
    session.expire_all()
    found = {account_id: queries.of_account(session, account_id).code for account_id in expected}
    assert found == expected
    assert set(found.values()) >= {*AUTOMATIC, "30", "84"}
