"""Texts and e-mails: writing one into the outbox, and what became of it.

A message is claimed (commit), handed to its gateway outside of any transaction, and settled (commit): `tasks.messages`. Its row
and its key stay the same through all tries. What may have been sent is never sent again by itself.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from app.clock import zone
from app.domain.collections.contact import ActivityKind, FollowUpKind, FollowUpStatus
from app.domain.collections.contact_rules import Channel, said
from app.domain.collections.messages import MessageState, check
from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import JobState
from app.gateways.messages import Letter, Outcome, Refused, Sent, Unknown
from app.models import Account, Activity, Customer, CustomerPhone, FollowUp, Job, Message, MessageTemplate
from app.queries.collections import contactability
from app.services.collections import contacts, follow_ups
from app.services.reporting import jobs
from app.services.staff import audit
from app.services.staff.audit import SYSTEM, Actor

KINDS = {Channel.TEXT: ActivityKind.TEXT, Channel.EMAIL: ActivityKind.EMAIL}
FOLLOW_UPS = {Channel.TEXT: FollowUpKind.TEXT, Channel.EMAIL: FollowUpKind.EMAIL}
TASK = "send_message"
ABANDONED_AFTER = dt.timedelta(minutes=5)
"""A message that is being sent for so long has lost its worker; a gateway answers within half a minute."""
LONGEST_SUMMARY = 240


@dataclass(frozen=True, slots=True)
class Claimed:
    """One try at one message."""

    message_id: int
    channel: Channel
    tries: int
    letter: Letter


def queue(
    session: Session,
    account_id: int,
    *,
    channel: Channel,
    body: str,
    subject: str | None = None,
    phone_id: int | None = None,
    template_id: int | None = None,
    key: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> tuple[Message, Job]:
    """Put a message into the outbox and plan its sending; ring after the commit. The same key gives the same message.

    Raises RuleViolation when the contact rules forbid it now, when there is nothing to send it to, and for what cannot be sent.
    """
    before = session.scalar(select(Message).where(Message.key == key, Message.account_id == account_id))
    if before is not None:
        return before, plan(session, before, now=now, actor=actor)
    account = session.get_one(Account, account_id)
    # Of two messages at once to one person the second is judged with the first one counted.
    session.execute(select(Customer.id).where(Customer.id == account.customer_id).with_for_update())
    body = body.replace("\r\n", "\n").strip()
    subject = " ".join((subject or "").split()) if channel is Channel.EMAIL else None
    check(body, subject=subject, is_text=channel is Channel.TEXT)
    phone = _phone(session, account, phone_id) if channel is Channel.TEXT else None
    template = session.get(MessageTemplate, template_id) if template_id is not None else None
    if template is not None and template.channel is not channel:
        raise RuleViolation("That template is not for this kind of message.", field="template_id")
    address = phone.e164 if phone is not None else (account.customer.email or "").strip()
    if not address:
        raise RuleViolation("No e-mail address of this customer is known.")
    contacts.demand(session, account_id, channel, phone_id=phone.id if phone else None, now=now)
    message = Message(
        key=key,
        account_id=account_id,
        channel=channel,
        address=address,
        phone_id=phone.id if phone else None,
        template_id=template.id if template else None,
        subject=subject,
        body=body,
        state=MessageState.QUEUED,
        queued_at=now,
        queued_by_id=actor.staff_id,
    )
    session.add(message)
    session.flush()
    _attempt(session, message, now=now, actor=actor)
    audit.record(
        session,
        f"{channel.label.lower()} written",
        now=now,
        actor=actor,
        entity="message",
        entity_id=message.id,
        account_id=account_id,
        after={"to": address, "template_id": message.template_id},
    )
    return message, plan(session, message, now=now, actor=actor)


def _phone(session: Session, account: Account, phone_id: int | None) -> CustomerPhone:
    """The number that was chosen, or the first good one."""
    phones = session.scalars(
        select(CustomerPhone)
        .where(CustomerPhone.customer_id == account.customer_id)
        .order_by(CustomerPhone.is_primary.desc(), CustomerPhone.id)
    ).all()
    if phone_id is None:
        good = next((one for one in phones if not one.is_bad), None)
        if good is None:
            raise RuleViolation("No good phone number of this customer is known.", field="phone_id")
        return good
    chosen = next((one for one in phones if one.id == phone_id), None)
    if chosen is None:
        raise RuleViolation("That number is not one of this customer's.", field="phone_id")
    if chosen.is_bad:
        raise RuleViolation("That number is marked as bad.", field="phone_id")
    return chosen


def _attempt(session: Session, message: Message, *, now: dt.datetime, actor: Actor) -> None:
    """Write the attempt on the timeline, with the rules by which it was judged."""
    words = " ".join((message.subject or message.body).split())
    short = words if len(words) <= LONGEST_SUMMARY else f"{words[:LONGEST_SUMMARY]}…"
    attempt = Activity(
        account_id=message.account_id,
        kind=KINDS[message.channel],
        at=now,
        phone_id=message.phone_id,
        summary=f"{message.channel.label}: {short}",
        staff_id=actor.staff_id,
    )
    session.add(attempt)
    session.flush()
    contacts.record(session, attempt, message.channel)
    message.activity_id = attempt.id


def plan(session: Session, message: Message, *, now: dt.datetime, actor: Actor) -> Job:
    """Plan the sending of a message, or give the job that has it already."""
    account = session.get_one(Account, message.account_id)
    return jobs.plan(
        session,
        TASK,
        f"{message.channel.label} on {account.account_number}",
        arguments={"message_id": message.id},
        unique_key=f"{TASK}:{message.id}",
        planned=1,
        now=now,
        actor=actor,
    )


def claim(session: Session, message_id: int, *, now: dt.datetime) -> Claimed | None:
    """Take a queued message for one try; None when another worker has it, or when the rules forbid it by now."""
    taken = session.execute(
        update(Message)
        .where(Message.id == message_id, Message.state == MessageState.QUEUED)
        .values(state=MessageState.SENDING, claimed_at=func.clock_timestamp(), tries=Message.tries + 1)
        .returning(Message.id)
    ).one_or_none()
    if taken is None:
        return None
    message = session.get_one(Message, message_id, populate_existing=True)
    customer_id = session.get_one(Account, message.account_id).customer_id
    verdict = contactability.verdict(
        session, customer_id, message.channel, at=now, phone_id=message.phone_id, without=message.activity_id
    )
    overridden = contactability.standing_override(session, message.account_id, message.channel, at=now)
    if not verdict.is_allowed and overridden is None:
        _fail(session, message, said(verdict, zone()), now=now)
        return None
    letter = Letter(key=message.key, to=message.address, body=message.body, subject=message.subject or "")
    return Claimed(message.id, message.channel, message.tries, letter)


def settle(session: Session, claimed: Claimed, outcome: Outcome, *, today: dt.date, now: dt.datetime) -> None:
    """Note what became of a try. One that was given up meanwhile, or tried anew, is left as it stands."""
    message = session.scalars(select(Message).where(Message.id == claimed.message_id).with_for_update()).one()
    if message.state is not MessageState.SENDING or message.tries != claimed.tries:
        return
    if isinstance(outcome, Sent):
        message.state, message.settled_at, message.failure = MessageState.SENT, now, None
        message.reference, message.may_have_been_sent = outcome.reference[:200], False
        session.flush()
        _close_follow_ups(session, message, today=today, now=now)
    elif isinstance(outcome, Refused):
        _fail(session, message, outcome.reason, now=now)
    else:
        _fail_unknown(session, message, outcome, now=now)


def _fail(session: Session, message: Message, reason: str, *, now: dt.datetime) -> None:
    """It was not sent: the attempt is none, and the timeline says why. After a try that may have gone out the attempt stays."""
    message.state, message.settled_at, message.failure = MessageState.FAILED, now, reason[:400]
    if not message.may_have_been_sent and message.activity_id is not None:
        session.get_one(Activity, message.activity_id).withdrawn_at = now
    _tell(session, message, f"{message.channel.label} not sent: {reason}", now=now)


def _fail_unknown(session: Session, message: Message, outcome: Unknown, *, now: dt.datetime) -> None:
    message.state, message.settled_at, message.may_have_been_sent = MessageState.FAILED, now, True
    message.failure = f"It may have been sent. {outcome.reason}"[:400]
    _tell(session, message, f"{message.channel.label} may have been sent: {outcome.reason}", now=now)


def _tell(session: Session, message: Message, summary: str, *, now: dt.datetime) -> None:
    session.add(Activity(account_id=message.account_id, kind=ActivityKind.SYSTEM, at=now, summary=summary[:300]))
    session.flush()


def _close_follow_ups(session: Session, message: Message, *, today: dt.date, now: dt.datetime) -> None:
    """What was planned to be written is written."""
    due = session.scalars(
        select(FollowUp.id).where(
            FollowUp.account_id == message.account_id,
            FollowUp.status == FollowUpStatus.OPEN,
            FollowUp.kind == FOLLOW_UPS[message.channel],
            FollowUp.due_at <= now,
        )
    ).all()
    by = Actor(staff_id=message.queued_by_id) if message.queued_by_id is not None else SYSTEM
    for follow_up_id in due:
        follow_ups.close(session, follow_up_id, status=FollowUpStatus.DONE, today=today, now=now, actor=by)


def retry(session: Session, message_id: int, *, is_certain: bool, now: dt.datetime, actor: Actor) -> Job:
    """Queue a failed message again, with its own key, so that a gateway which has it already sends it no second time.

    Raises RuleViolation when it did not fail, when the contact rules forbid it now, when its number is bad by now, and for one
    that may have been sent unless `is_certain`.
    """
    message = session.scalars(select(Message).where(Message.id == message_id).with_for_update()).one()
    if message.state is not MessageState.FAILED:
        raise RuleViolation("Only a message that failed is sent again.")
    if message.may_have_been_sent and not is_certain:
        raise RuleViolation(
            "It may have reached them already. Tick the box if it shall be sent all the same.", field="is_certain"
        )
    if message.phone_id is not None:
        _phone(session, session.get_one(Account, message.account_id), message.phone_id)
    contacts.demand(session, message.account_id, message.channel, phone_id=message.phone_id, now=now)
    before = session.get(Activity, message.activity_id) if message.activity_id is not None else None
    if before is None or before.withdrawn_at is not None:
        _attempt(session, message, now=now, actor=actor)
    message.state, message.settled_at, message.failure = MessageState.QUEUED, None, None
    session.flush()
    audit.record(
        session,
        "message sent again",
        now=now,
        actor=actor,
        entity="message",
        entity_id=message.id,
        account_id=message.account_id,
        after={"to": message.address, "may_have_been_sent": message.may_have_been_sent},
    )
    return plan(session, message, now=now, actor=actor)


def give_up_abandoned(session: Session, *, now: dt.datetime) -> int:
    """Settle messages whose worker ended in the middle: they may have been sent. Returns how many."""
    lost = session.scalars(
        select(Message)
        .where(Message.state == MessageState.SENDING, Message.claimed_at < func.clock_timestamp() - ABANDONED_AFTER)
        .with_for_update(skip_locked=True)
    ).all()
    for message in lost:
        _fail_unknown(session, message, Unknown("The program ended while it was being sent."), now=now)
    return len(lost)


def plan_forgotten(session: Session, *, now: dt.datetime) -> list[Job]:
    """Plan anew what is queued and has no open job: one that failed on the way, or was stopped."""
    is_planned = exists().where(
        Job.unique_key == func.concat(f"{TASK}:", Message.id), Job.state.in_([JobState.PLANNED, JobState.RUNNING])
    )
    waiting = session.scalars(select(Message).where(Message.state == MessageState.QUEUED, ~is_planned).limit(200)).all()
    return [plan(session, message, now=now, actor=SYSTEM) for message in waiting]
