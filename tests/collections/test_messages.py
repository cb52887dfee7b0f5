"""Texts and e-mails from the form to the gateway: who may write, what is sent once, what stands in the records."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import ActivityKind, FollowUpKind, FollowUpStatus
from app.domain.collections.contact_rules import Channel
from app.domain.collections.messages import MessageState
from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import JobState
from app.domain.staff.roles import Role
from app.gateways.messages import Letter, Outcome, Refused, Sent, Unknown
from app.models import (
    Account,
    Activity,
    ContactAttempt,
    ContactRule,
    Job,
    Message,
    MessageTemplate,
    NoteTemplate,
    Reply,
    Staff,
)
from app.queries.collections import contactability
from app.services.collections import contacts, messages, work
from tasks.messages import deliver, sweep_messages
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

pytestmark = pytest.mark.usefixtures("friday")


class Post:
    """A gateway that answers as it was told, and remembers."""

    def __init__(self, *answers: Outcome) -> None:
        self.answers = list(answers) or [Sent("R-1")]
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> Outcome:
        """Answer as planned."""
        self.letters.append(letter)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def collector(session: Session) -> Staff:
    """Somebody with a book."""
    return factories.staff(session, name="Casey Brandt")


@pytest.fixture
def account(session: Session, collector: Staff) -> Account:
    """A late account in their book, of somebody in Ohio with an address."""
    book = factories.portfolio(session, name="Northside Phones")
    person = factories.customer(session, book, state="OH", zip_code="43004", email="jordan@example.com")
    return factories.account(session, book, customer=person, assigned_to_id=collector.id)


def queued(session: Session, account: Account, **given: Any) -> Message:
    values: dict[str, Any] = {"channel": Channel.TEXT, "body": "Hello", "key": "k-1"}
    message, _ = messages.queue(session, account.id, today=TODAY, now=clock.now(), actor=factories.actor(), **values | given)
    return message


def texts(session: Session, account: Account) -> list[Activity]:
    session.expire_all()
    standing = select(Activity).where(
        Activity.account_id == account.id, Activity.kind == ActivityKind.TEXT, Activity.withdrawn_at.is_(None)
    )
    return list(session.scalars(standing.order_by(Activity.id)))


def told(session: Session, account: Account) -> list[str]:
    """What the program itself wrote on the timeline."""
    system = select(Activity.summary).where(Activity.account_id == account.id, Activity.kind == ActivityKind.SYSTEM)
    return list(session.scalars(system.order_by(Activity.id)))


def form(account: Account, **given: str) -> dict[str, str]:
    phone = account.customer.phones[0]
    return {"key": "form-1", "template_id": "", "phone_id": str(phone.id), "body": "Hello {first_name}"} | given


def test_a_text_goes_from_the_form_into_the_outbox_and_from_there_to_the_gateway(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    visitor = signed_in(client, session, collector)
    page = visitor.get(f"/admin/accounts/{account.id}/text").text
    assert "Payment reminder" in page and "May be texted now" in page
    body = "Hi {first_name}, {amount_past_due} is past due with {company}. {my_name}"
    sent = visitor.post(f"/admin/accounts/{account.id}/text", form(account, body=body))
    assert sent.status_code == 302
    message = session.scalars(select(Message)).one()
    # Three lines of $54.00 fell due on Oct 9, Oct 23 and Nov 6; the fourth is due today and not late.
    assert message.body == "Hi Jordan, $162.00 is past due with Northside Phones. Casey"
    assert (message.state, message.address) == (MessageState.QUEUED, account.customer.phones[0].e164)
    job = session.scalars(select(Job)).one()
    assert (job.kind, job.arguments) == ("send_message", {"message_id": message.id})
    post = Post()
    deliver(message.id, lambda channel: post)
    deliver(message.id, lambda channel: post)  # Rung for twice.
    session.expire_all()
    assert post.letters == [Letter("form-1", message.address, message.body)]
    assert (message.state, message.reference, message.tries) == (MessageState.SENT, "R-1", 1)
    (activity,) = texts(session, account)
    assert activity.summary.startswith("Text: Hi Jordan") and activity.staff_id == collector.id
    attempt = session.get_one(ContactAttempt, activity.id)
    hours = session.scalars(select(ContactRule).where(ContactRule.name.startswith("8 AM"))).one()
    assert attempt.is_allowed and attempt.rules == [[hours.id, hours.version]]
    assert "Hi Jordan" in visitor.get(f"/admin/accounts/{account.id}").text


def test_pressing_send_twice_writes_one_message(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    visitor = signed_in(client, session, collector)
    for _ in range(2):
        assert visitor.post(f"/admin/accounts/{account.id}/text", form(account)).status_code == 302
    assert len(session.scalars(select(Message)).all()) == 1
    assert len(session.scalars(select(Job)).all()) == 1
    assert len(texts(session, account)) == 1


def test_an_email_needs_an_address_and_a_subject(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    visitor = signed_in(client, session, collector)
    url = f"/admin/accounts/{account.id}/email"
    mail = {"key": "m-1", "template_id": "", "subject": "", "body": "Hello"}
    assert "An e-mail needs a subject." in visitor.post(url, mail).text
    assert visitor.post(url, mail | {"subject": "{account_number}"}).status_code == 302
    message = session.scalars(select(Message)).one()
    assert (message.subject, message.address) == (account.account_number, "jordan@example.com")
    account.customer.email = None
    session.commit()
    assert "No e-mail address is known." in visitor.get(url).text
    refused = visitor.post(url, mail | {"key": "m-2", "subject": "Hello"})
    assert refused.status_code == 422 and "No e-mail address of this customer is known." in refused.text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"body": "{surname}"}, "There is no field {surname}"),
        ({"body": "x" * 1_600}, "would be sent in 11 parts"),
        ({"body": ""}, "Write something first."),
        ({"phone_id": "1"}, "Choose one of the list."),
    ],
)
def test_what_cannot_be_sent_is_refused_beside_its_field(
    client: FlaskClient, session: Session, collector: Staff, account: Account, given: dict[str, str], sentence: str
) -> None:
    refused = signed_in(client, session, collector).post(f"/admin/accounts/{account.id}/text", form(account, **given))
    assert refused.status_code == 422 and sentence in refused.text
    assert session.scalars(select(Message)).all() == []


def test_the_preview_fills_a_template_in_and_counts(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    visitor = signed_in(client, session, collector)
    template = session.scalars(select(MessageTemplate).where(MessageTemplate.name == "How to pay")).one()
    url = f"/admin/accounts/{account.id}/message/text/preview"
    read = visitor.post(url, {"template_id": str(template.id)}).json
    expected = "Hi Jordan, you can pay $162.00 to Northside Phones here: https://pay.example.com Reply STOP to opt out."
    assert read is not None
    assert (read["body"], read["problem"]) == (expected, "")
    assert read["length"] == f"{len(expected)} characters, 1 part, {160 - len(expected)} left in the last"
    wrong = visitor.post(url, {"body": "Hello {surname}"}).json
    assert wrong is not None
    assert wrong["body"] == "Hello {surname}" and "There is no field {surname}" in wrong["problem"]
    assert (
        visitor.post(f"/admin/accounts/{account.id}/message/email/preview", {"template_id": str(template.id)}).status_code == 404
    )


def test_who_opted_out_of_texts_gets_none_until_a_supervisor_says_so(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    contacts.consent(
        session, account.id, Channel.TEXT, is_granted=False, source="By phone", now=clock.now(), actor=factories.actor()
    )
    session.commit()
    url = f"/admin/accounts/{account.id}/text"
    visitor = signed_in(client, session, collector)
    page = visitor.get(url).text
    assert "May not be texted: they opted out of texts." in page and "A supervisor can override" in page
    refused = visitor.post(url, form(account))
    assert refused.status_code == 422 and session.scalars(select(Message)).all() == []
    supervisor = factories.staff(session, Role.SUPERVISOR)
    boss = signed_in(client, session, supervisor, stepped_up=True)
    override = f"/admin/accounts/{account.id}/contact/override?channel=text"
    assert boss.post(override, {"reason": "They asked for it in writing"}).status_code == 302
    assert signed_in(client, session, collector).post(url, form(account)).status_code == 302
    message = session.scalars(select(Message)).one()
    attempt = session.get_one(ContactAttempt, message.activity_id)
    assert (attempt.is_allowed, attempt.blocked_by) == (False, "they opted out of texts")
    assert attempt.override_id is not None
    assert visitor.get(f"/admin/accounts/{account.id}/contact/override?channel=pigeon").status_code in (302, 403, 404)


def test_a_text_that_waited_into_the_night_is_not_sent(session: Session, account: Account) -> None:
    message = queued(session, account)
    clock.set_clock(pinned_on=TODAY, stopped_at=dt.time(21, 30))
    post = Post()
    deliver(message.id, lambda channel: post)
    session.expire_all()
    assert post.letters == []
    assert message.state is MessageState.FAILED and not message.may_have_been_sent
    assert (message.failure or "").startswith("Not before Sat Nov 21, 8:00 AM")
    assert texts(session, account) == []  # No attempt took place.


def test_a_refused_text_is_no_attempt_and_is_tried_again_with_the_same_key(session: Session, account: Account) -> None:
    message = queued(session, account)
    post = Post(Refused("The number cannot receive texts."), Sent("R-2"))
    deliver(message.id, lambda channel: post)
    assert texts(session, account) == []
    assert told(session, account) == ["Text not sent: The number cannot receive texts."]
    assert (message.state, message.failure) == (MessageState.FAILED, "The number cannot receive texts.")
    session.execute(update(Job).values(state=JobState.DONE))
    job = messages.retry(session, message.id, is_certain=False, now=clock.now(), actor=factories.actor())
    assert job.arguments == {"message_id": message.id}
    deliver(message.id, lambda channel: post)
    session.expire_all()
    assert [letter.key for letter in post.letters] == ["k-1", "k-1"]
    assert (message.state, message.failure, message.tries) == (MessageState.SENT, None, 2)
    assert len(texts(session, account)) == 1
    with pytest.raises(RuleViolation, match="Only a message that failed"):
        messages.retry(session, message.id, is_certain=True, now=clock.now(), actor=factories.actor())


def test_what_may_have_been_sent_is_sent_again_only_when_somebody_says_so(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    message = queued(session, account)
    post = Post(Unknown("The answer was lost."), Refused("Too late."), Sent("R-3"))
    deliver(message.id, lambda channel: post)
    deliver(message.id, lambda channel: post)
    assert sweep_messages() == 0  # Nothing sends it again by itself.
    session.expire_all()
    assert len(post.letters) == 1
    assert message.state is MessageState.FAILED and message.may_have_been_sent
    assert len(texts(session, account)) == 1  # It counts as an attempt.
    session.execute(update(Job).values(state=JobState.DONE))
    session.commit()
    visitor = signed_in(client, session, collector)
    assert "May have been sent" in visitor.get("/admin/messages/?state=failed").text
    url = f"/admin/messages/{message.id}/retry"
    assert "The answer was lost." in visitor.get(url).text
    assert visitor.post(url, {}).status_code == 422
    assert visitor.post(url, {"is_certain": "y"}).status_code == 303
    deliver(message.id, lambda channel: post)
    session.expire_all()
    assert message.state is MessageState.FAILED and message.may_have_been_sent  # The first try is as open as before.
    assert len(texts(session, account)) == 1


def test_a_worker_that_died_in_the_middle_leaves_a_message_that_may_have_been_sent(session: Session, account: Account) -> None:
    message = queued(session, account)
    claimed = messages.claim(session, message.id, now=clock.now())
    assert claimed is not None and messages.claim(session, message.id, now=clock.now()) is None
    assert messages.give_up_abandoned(session, now=clock.now()) == 0
    session.execute(update(Message).values(claimed_at=func.clock_timestamp() - dt.timedelta(minutes=6)))
    assert messages.give_up_abandoned(session, now=clock.now()) == 1
    messages.settle(session, claimed, Sent("late"), today=TODAY, now=clock.now())  # The worker comes back.
    session.expire_all()
    assert message.state is MessageState.FAILED and message.may_have_been_sent
    assert told(session, account) == ["Text may have been sent: The program ended while it was being sent."]


def test_a_queued_message_without_a_job_gets_one(session: Session, account: Account) -> None:
    message = queued(session, account)
    assert messages.plan_forgotten(session, now=clock.now()) == []
    session.execute(update(Job).values(state=JobState.FAILED))
    (job,) = messages.plan_forgotten(session, now=clock.now())
    assert job.arguments == {"message_id": message.id} and job.state is JobState.PLANNED


def test_a_follow_up_to_write_is_done_once_it_was_sent(session: Session, account: Account) -> None:
    now = clock.now()
    planned = [
        work.add_follow_up(session, account.id, kind=kind, due_at=at, note=None, now=now, actor=factories.actor())
        for kind, at in (
            (FollowUpKind.TEXT, now),
            (FollowUpKind.CALL, now),
            (FollowUpKind.TEXT, now + dt.timedelta(hours=2)),
        )
    ]
    message = queued(session, account)
    deliver(message.id, lambda channel: Post())
    session.expire_all()
    assert [one.status for one in planned] == [FollowUpStatus.DONE, FollowUpStatus.OPEN, FollowUpStatus.OPEN]


def test_a_channel_that_is_not_set_up_fails_with_a_sentence(session: Session, account: Account) -> None:
    message = queued(session, account)
    deliver(message.id, lambda channel: None)
    session.expire_all()
    assert message.failure == "Texts are not set up here."


def test_a_collector_sees_the_messages_of_their_book_alone(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    other = factories.account(session, assigned_to_id=factories.staff(session).id)
    mine = queued(session, account, body="Mine to see")
    foreign = queued(session, other, body="Not mine", key="k-2")
    session.commit()
    visitor = signed_in(client, session, collector)
    page = visitor.get("/admin/messages/").text
    assert "Mine to see" in page and "Not mine" not in page
    assert visitor.get(f"/admin/messages/{mine.id}/retry").status_code == 200
    assert visitor.get(f"/admin/messages/{foreign.id}/retry").status_code == 404
    assert visitor.post(f"/admin/accounts/{other.id}/text", form(account)).status_code == 404


def test_a_supervisor_keeps_templates_and_a_wrong_field_is_refused(client: FlaskClient, session: Session) -> None:
    assert signed_in(client, session, factories.staff(session)).get("/admin/settings/message-templates/").status_code == 403
    visitor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    page = visitor.get("/admin/settings/message-templates/").text
    assert "Hi Jordan, this is Northside Phones. $108.00 is past due on your lease." in page  # As the example reads it.
    url = "/admin/settings/message-templates/new/"
    given = {"name": "Late", "channel": "text", "subject": "", "body": "Hello {surname}", "is_active": "y"}
    refused = visitor.post(url, given)
    assert refused.status_code == 422 and "The fields are {first_name}" in refused.text
    assert visitor.post(url, given | {"body": "Hello {first_name}"}).status_code == 303
    assert visitor.post(url, given | {"name": "Mail", "channel": "email"}).status_code == 422
    row = session.scalars(select(MessageTemplate).where(MessageTemplate.name == "Late")).one()
    assert (row.channel, row.subject, row.body) == (Channel.TEXT, None, "Hello {first_name}")


def test_a_supervisor_keeps_note_templates(client: FlaskClient, session: Session) -> None:
    visitor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    url = "/admin/settings/note-templates/new/"
    given = {"name": "Moved", "body": "Has moved.", "place": "7", "is_active": "y"}
    assert visitor.post(url, given | {"body": "x" * 501}).status_code == 422
    assert visitor.post(url, given).status_code == 303
    assert session.scalars(select(NoteTemplate).where(NoteTemplate.name == "Moved")).one().place == 7


SECRET = "s" * 64


def bring(visitor: Visitor, said: object, *, secret: str) -> Any:
    raw = json.dumps(said).encode()
    signed = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return visitor.client.post("/webhooks/texts", data=raw, headers={"X-Signature": signed})


def test_a_stop_counts_at_once_for_that_number_and_a_start_takes_it_back(
    client: FlaskClient, session: Session, account: Account
) -> None:
    visitor = Visitor(client)
    secret = client.application.config["SETTINGS"].sms_webhook_secret()
    number = account.customer.phones[0].e164
    session.commit()
    stop = {"id": "in-1", "from": number, "body": "Stop."}
    assert bring(visitor, stop, secret=secret).json == {"is_new": True, "customers": 1}
    session.expire_all()
    phone_id = account.customer.phones[0].id
    blocked = contactability.verdict(session, account.customer_id, Channel.TEXT, at=clock.now(), phone_id=phone_id)
    assert blocked.reason == "they opted out of texts"
    with pytest.raises(RuleViolation, match="opted out"):
        queued(session, account)
    assert contactability.verdict(session, account.customer_id, Channel.EMAIL, at=clock.now()).is_allowed
    assert bring(visitor, {"id": "in-2", "from": number, "body": "START"}, secret=secret).status_code == 200
    assert bring(visitor, stop, secret=secret).json == {"is_new": False, "customers": 0}  # Brought again.
    session.expire_all()
    assert contactability.verdict(session, account.customer_id, Channel.TEXT, at=clock.now(), phone_id=phone_id).is_allowed
    assert [one.summary for one in texts(session, account)] == ["They wrote: Stop.", "They wrote: START"]


def test_a_reply_of_anybody_stands_on_their_account_and_one_of_nobody_is_kept(
    client: FlaskClient, session: Session, account: Account
) -> None:
    visitor, secret = Visitor(client), client.application.config["SETTINGS"].sms_webhook_secret()
    session.commit()
    number = account.customer.phones[0].e164
    bring(visitor, {"id": "in-1", "from": number, "body": "I pay on Friday"}, secret=secret)
    assert bring(visitor, {"id": "in-2", "from": "+12125550199", "body": "Who is this"}, secret=secret).json == {
        "is_new": True,
        "customers": 0,
    }
    (heard,) = texts(session, account)
    assert heard.summary == "They wrote: I pay on Friday"
    assert session.get_one(ContactAttempt, heard.id).is_inbound
    assert session.scalars(select(Reply.key).order_by(Reply.id)).all() == ["in-1", "in-2"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"id": "x", "from": "555-0142", "body": "Hi"}, 400),
        ({"id": "", "from": "+16145550142", "body": "Hi"}, 400),
        ({"id": "x", "from": "+16145550142"}, 400),
        ({"id": "x", "from": "+16145550142", "body": "a\0b"}, 400),
        ([], 400),
    ],
)
def test_a_reply_that_is_none_is_refused(client: FlaskClient, session: Session, said: object, status: int) -> None:
    secret = client.application.config["SETTINGS"].sms_webhook_secret()
    assert bring(Visitor(client), said, secret=secret).status_code == status
    assert session.scalars(select(Reply)).all() == []


def test_a_wrong_signature_opens_nothing(client: FlaskClient, session: Session) -> None:
    said = {"id": "x", "from": "+16145550142", "body": "STOP"}
    assert bring(Visitor(client), said, secret=SECRET).status_code == 401
    assert client.post("/webhooks/texts", data=b"{}").status_code == 401
    assert session.scalars(select(Reply)).all() == []
