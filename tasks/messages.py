"""The doorway for texts and e-mails: claim, hand over, settle; and a sweep for what was left lying."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app

from app.clock import now, today
from app.domain.collections.contact_rules import Channel
from app.gateways import choosing
from app.gateways.messages import MessageGateway, Refused
from app.services.collections import messages
from app.transaction import transaction
from tasks.doorbell import ring
from tasks.registry import task
from tasks.work import Result, Work

GatewayOf = Callable[[Channel], MessageGateway | None]


@task()
def send_message(work: Work) -> Result:
    """Send one message of the outbox; arguments: {"message_id": …}. Safe to run twice: only one worker can claim it."""
    deliver(int(work.arguments["message_id"]), gateway_of)
    return Result(url="/admin/messages/")


def gateway_of(channel: Channel) -> MessageGateway | None:
    """What this installation sends by; None where a channel is not set up."""
    settings = current_app.config["SETTINGS"]
    return choosing.text_gateway(settings) if channel is Channel.TEXT else choosing.email_gateway(settings)


def deliver(message_id: int, gateways: GatewayOf) -> None:
    """Claim a message (commit), hand it over, settle it (commit)."""
    with transaction() as session:
        claimed = messages.claim(session, message_id, now=now())
    if claimed is None:  # Another worker got there first, or it may not be sent any more.
        return
    gateway = gateways(claimed.channel)
    outcome = gateway.send(claimed.letter) if gateway else Refused(f"{claimed.channel.label}s are not set up here.")
    with transaction() as session:
        messages.settle(session, claimed, outcome, today=today(), now=now())


def sweep_messages() -> int:
    """Give up what lost its worker while it was sent, and ring for what is queued and nobody has; returns how many rings."""
    with transaction() as session:
        messages.give_up_abandoned(session, now=now())
        rings = [(job.id, job.queue) for job in messages.plan_forgotten(session, now=now())]
    return sum(ring(job_id, queue) for job_id, queue in rings)
