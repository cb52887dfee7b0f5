"""Contacting customers over their rows: what counts, who stands in the way, what is kept of each attempt."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import ActivityKind, Disposition
from app.domain.collections.contact_rules import Channel, RestrictionKind
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, Activity, AuditEvent, ContactAttempt, ContactRule, Customer, CustomerPhone
from app.queries.collections import contactability, sinking
from app.queries.collections.next_account import Loop
from app.queries.scope import Viewer
from app.services.collections import claims, contacts, work
from app.services.staff import audit
from tests import factories
from tests.conftest import CommittedDatabase
from tests.product import environment_for, leasedesk

EASTERN = ZoneInfo("America/New_York")
AT = dt.datetime(2026, 11, 20, 15, 0, tzinfo=EASTERN).astimezone(dt.UTC)
"""Friday, 3 PM in Ohio."""


@pytest.fixture
def account(session: Session) -> Account:
    """An account in Ohio, with a number of Ohio."""
    book = factories.portfolio(session)
    return factories.account(session, book, customer=factories.customer(session, book, state="OH", zip_code="43004"))


def call(session: Session, account: Account, at: dt.datetime, **given: object) -> Activity:
    values = {"disposition": Disposition.NO_ANSWER, "phone_id": None, "note": None, "actor": factories.actor()} | given
    return work.log_call(session, account.id, now=at, **values)  # type: ignore[arg-type]


def attempt(session: Session, activity: Activity) -> ContactAttempt:
    return session.scalars(select(ContactAttempt).where(ContactAttempt.activity_id == activity.id)).one()


def verdict(session: Session, account: Account, at: dt.datetime = AT, channel: Channel = Channel.CALL, **given: int):  # type: ignore[no-untyped-def]
    return contactability.verdict(session, account.customer_id, channel, at=at, **given)


def test_the_eighth_call_in_seven_days_is_refused_over_all_accounts_of_a_customer(session: Session, account: Account) -> None:
    other = factories.account(session, account.portfolio, customer=account.customer)
    for days in range(6, -1, -1):
        call(session, other if days % 2 else account, AT - dt.timedelta(days=days, minutes=5))
    refused = verdict(session, account)
    assert (refused.is_allowed, refused.reason) == (False, "7 attempts in 7 days, and 7 are allowed")
    assert refused.next_at == dt.datetime(2026, 11, 21, 8, tzinfo=EASTERN)
    with pytest.raises(RuleViolation, match=r"Not before Sat Nov 21, 8:00 AM: 7 attempts in 7 days"):
        contacts.demand(session, account.id, Channel.CALL, now=AT)


def test_a_call_that_was_taken_back_does_not_count(session: Session, account: Account) -> None:
    spoken = call(session, account, AT - dt.timedelta(days=1), disposition=Disposition.REFUSED)
    assert not verdict(session, account).is_allowed
    spoken.withdrawn_at = AT
    session.flush()
    assert verdict(session, account).is_allowed


def test_the_third_call_in_massachusetts_is_refused(session: Session) -> None:
    book = factories.portfolio(session)
    account = factories.account(session, book, customer=factories.customer(session, book, state="MA", zip_code="02139"))
    call(session, account, AT - dt.timedelta(days=2))
    assert verdict(session, account).is_allowed
    call(session, account, AT - dt.timedelta(days=1))
    assert verdict(session, account).rule.name == "Massachusetts: 2 calls or texts in 7 days"


def test_each_attempt_keeps_the_rules_by_which_it_was_judged_and_their_versions(session: Session, account: Account) -> None:
    rule = session.scalars(select(ContactRule).where(ContactRule.name == "7 calls in 7 days")).one()
    kept = attempt(session, call(session, account, AT))
    assert kept.is_allowed and [rule.id, 1] in kept.rules
    rule.most = 1
    session.flush()
    later = attempt(session, call(session, account, AT + dt.timedelta(hours=1)))
    assert (later.is_allowed, later.blocked_by) == (False, "1 attempt in 7 days, and 1 is allowed")
    assert [rule.id, 2] in later.rules


def test_a_call_by_the_customer_is_kept_as_theirs_and_never_against_a_rule(session: Session, account: Account) -> None:
    night = AT.replace(hour=4)
    theirs = call(session, account, night, is_inbound=True, disposition=Disposition.PROMISED)
    assert theirs.summary == "They called: promised to pay"
    kept = attempt(session, theirs)
    assert kept.is_inbound and kept.is_allowed
    assert verdict(session, account).reason.startswith("somebody spoke with them")


def test_a_supervisor_sets_a_rule_aside_for_half_an_hour_and_the_attempt_says_so(session: Session, account: Account) -> None:
    supervisor = factories.actor(factories.staff(session, Role.SUPERVISOR))
    call(session, account, AT - dt.timedelta(days=1), disposition=Disposition.RIGHT_PARTY)
    with pytest.raises(RuleViolation, match="Say why"):
        contacts.override(session, account.id, Channel.CALL, reason=" ", now=AT, actor=supervisor)
    given = contacts.override(session, account.id, Channel.CALL, reason="They mailed us to call", now=AT, actor=supervisor)
    contacts.demand(session, account.id, Channel.CALL, now=AT + dt.timedelta(minutes=29))
    with pytest.raises(RuleViolation):
        contacts.demand(session, account.id, Channel.CALL, now=AT + dt.timedelta(minutes=30))
    kept = attempt(session, call(session, account, AT + dt.timedelta(minutes=5)))
    assert (kept.is_allowed, kept.override_id) == (False, given.id)
    audit.write_pending(session)
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None and (event.action, event.reason) == ("contact rule set aside", "They mailed us to call")


def test_nothing_is_set_aside_where_nothing_stands_in_the_way(session: Session, account: Account) -> None:
    supervisor = factories.actor(factories.staff(session, Role.SUPERVISOR))
    with pytest.raises(RuleViolation, match="no override is needed"):
        contacts.override(session, account.id, Channel.CALL, reason="Because", now=AT, actor=supervisor)


def test_a_lawyer_stops_every_channel_of_every_account_until_it_is_lifted(session: Session, account: Account) -> None:
    other = factories.account(session, account.portfolio, customer=account.customer)
    row = contacts.restrict(
        session, account.id, kind=RestrictionKind.ATTORNEY, note="Letter of Doe & Co", now=AT, actor=factories.actor()
    )
    for channel in Channel:
        assert verdict(session, other, channel=channel).reason == "an attorney represents them"
    contacts.lift(session, account.id, row.id, reason="They left", now=AT, actor=factories.actor())
    assert verdict(session, other).is_allowed
    said = session.scalars(select(Activity.summary).where(Activity.kind == ActivityKind.SYSTEM).order_by(Activity.id)).all()
    assert said == ["Represented by an attorney: Letter of Doe & Co", "Represented by an attorney lifted: They left"]


def test_an_inconvenient_time_needs_days_or_hours(session: Session, account: Account) -> None:
    with pytest.raises(RuleViolation, match="Say on which days"):
        contacts.restrict(session, account.id, kind=RestrictionKind.INCONVENIENT, note="n", now=AT, actor=factories.actor())
    contacts.restrict(
        session, account.id, kind=RestrictionKind.INCONVENIENT, note="At work", weekdays=[4],
        from_time=dt.time(9), until_time=dt.time(17), now=AT, actor=factories.actor(),
    )  # fmt: skip
    assert verdict(session, account).next_at == dt.datetime(2026, 11, 20, 17, tzinfo=EASTERN)


def test_the_newest_word_on_a_channel_counts_for_a_number_or_for_all(session: Session, account: Account) -> None:
    mobile = account.customer.phones[0]
    second = CustomerPhone(customer_id=account.customer_id, e164="+16145559999")
    session.add(second)
    session.flush()
    no: dict[str, Any] = {"is_granted": False, "source": "reply STOP", "actor": factories.actor()}
    contacts.consent(session, account.id, Channel.TEXT, phone_id=mobile.id, now=AT, **no)
    assert not verdict(session, account, channel=Channel.TEXT).is_allowed
    assert verdict(session, account, channel=Channel.TEXT, phone_id=second.id).is_allowed
    contacts.consent(session, account.id, Channel.TEXT, now=AT, **no)
    assert verdict(session, account, channel=Channel.TEXT, phone_id=second.id).reason == "they opted out of texts"
    contacts.consent(
        session, account.id, Channel.TEXT, is_granted=True, source="by phone", now=AT + dt.timedelta(1), actor=factories.actor()
    )
    assert verdict(session, account, channel=Channel.TEXT, phone_id=second.id).is_allowed
    # What was said of one number stands until it is taken back of that number.
    assert not verdict(session, account, channel=Channel.TEXT, phone_id=mobile.id).is_allowed


def test_the_address_and_the_area_code_both_have_to_allow_it(session: Session) -> None:
    book = factories.portfolio(session)
    person = factories.customer(session, book, state="OH", zip_code="43004")
    person.phones[0].e164 = "+12135550100"  # Los Angeles
    account = factories.account(session, book, customer=person)
    assert not verdict(session, account, dt.datetime(2026, 11, 20, 10, 59, tzinfo=EASTERN)).is_allowed
    assert verdict(session, account, dt.datetime(2026, 11, 20, 11, 0, tzinfo=EASTERN)).is_allowed
    assert not verdict(session, account, dt.datetime(2026, 11, 20, 21, 0, tzinfo=EASTERN)).is_allowed


def test_many_accounts_are_judged_in_few_statements(session: Session, account: Account) -> None:
    spoken = factories.account(session, account.portfolio)
    call(session, spoken, AT - dt.timedelta(days=1), disposition=Disposition.RIGHT_PARTY)
    judged = contactability.verdicts(session, {one.id: one.customer_id for one in (account, spoken)}, Channel.CALL, at=AT)
    assert {one: each.is_allowed for one, each in judged.items()} == {account.id: True, spoken.id: False}


def test_a_toll_free_number_is_of_no_place(session: Session) -> None:
    assert contactability.area_zones("+18005550100") == ()
    assert contactability.area_zones("+16145550100") == ("America/New_York",)
    assert session.scalar(select(Customer.id).limit(1)) is None


def test_the_worklist_sinks_who_may_not_be_called_now(session: Session) -> None:
    clock.set_clock(pinned_on=factories.TODAY)
    try:
        collector = factories.staff(session)
        lines = [(factories.TODAY - dt.timedelta(days=30), 9_000)]
        spoken, free, blocked = (
            factories.account(session, lines=[(day, cents - 100 * n) for day, cents in lines], assigned_to_id=collector.id)
            for n in range(3)
        )
        call(session, spoken, AT - dt.timedelta(days=1), disposition=Disposition.RIGHT_PARTY)
        contacts.restrict(session, blocked.id, kind=RestrictionKind.CEASE, note="Letter", now=AT, actor=factories.actor())
        loop = Loop(viewer=Viewer.of(collector), today=factories.TODAY, now=AT, own=True)
        assert sinking.not_callable(session, loop) == (spoken.id, blocked.id)
        first = claims.take_next(session, loop)
        assert first is not None and first.id == free.id
        # Nobody else may be called: so the others come after all, behind who was passed over.
        passed = claims.take_next(session, loop, after=first)
        assert passed is not None and passed.id == blocked.id
    finally:
        clock.set_clock()


def test_at_night_the_order_stays_as_it_is(session: Session) -> None:
    collector = factories.staff(session)
    factories.account(session, lines=[(factories.TODAY - dt.timedelta(days=30), 9_000)], assigned_to_id=collector.id)
    loop = Loop(viewer=Viewer.of(collector), today=factories.TODAY, now=AT.replace(hour=7), own=True)
    assert sinking.not_callable(session, loop) == ()
    assert claims.take_next(session, loop) is not None


def test_the_command_answers_with_the_reason_and_the_next_moment(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    account = factories.account(db.session(), account_number="A-7")
    call(db.session(), account, AT - dt.timedelta(days=1), disposition=Disposition.RIGHT_PARTY)
    db.session.commit()
    given = {"DATABASE_URL": committed_database.url, "REDIS_URL": committed_database.settings.queue_url}
    words = ("--channel", "call", "--at", "2026-11-20T15:00", "--json")
    done = leasedesk("can-contact", "A-7", *words, environment=environment_for(tmp_path, given))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["allowed"], told["rule"]) == (False, "7 days after a conversation")
    assert told["reason"] == "somebody spoke with them on Thu Nov 19, and 7 days must pass"
    assert told["next_allowed_at"] == "2026-11-26T08:00:00-05:00"
    wrong = leasedesk("can-contact", "A-7", "--at", "soon", environment=environment_for(tmp_path, given))
    assert wrong.returncode == 2 and "is no time" in wrong.stderr
    missing = leasedesk("can-contact", "A-8", environment=environment_for(tmp_path, given))
    assert missing.returncode == 1 and "There is no account A-8" in missing.stderr
