"""The controls' part about notifications: one webhook for everything, what was carried, and carrying by hand."""

from __future__ import annotations

import json
from typing import Any

from app.simulators.square import identifiers, subscriptions
from app.simulators.square.checks import REQUIRED, Field, check_body
from app.simulators.square.courier import carry, signature
from app.simulators.square.documents import Document, Question
from app.simulators.square.errors import WrongControl
from app.simulators.square.simulation import Answer, Call, Simulation

MAYBE = Field(may_be_null=True)
WEBHOOK_NAME = "The simulator's webhook"


def set_webhook(simulation: Simulation, call: Call) -> Answer:
    """Send every event to one URL: `{url, signature_key, deliver_to}`. Replaces what was set here before.

    `url` is what the product believes its address to be, and what is signed; `deliver_to` is where it really listens (default:
    the same).
    """
    check_body(call.body, {"url": REQUIRED, "signature_key": MAYBE, "deliver_to": MAYBE})
    remove_webhook(simulation, call)
    subscription = subscriptions.add(
        simulation,
        {"name": WEBHOOK_NAME, "notification_url": call.body["url"]},
        signature_key=call.body.get("signature_key"),
        deliver_to=call.body.get("deliver_to"),
    )
    return Answer({"subscription": subscription})


def remove_webhook(simulation: Simulation, call: Call) -> Answer:
    """Send nothing any more; what is under way is dropped."""
    for subscription in _own(simulation):
        subscriptions.delete(simulation, Call(ids={"subscription_id": subscription["id"]}))
    return Answer({})


def read_deliveries(simulation: Simulation, call: Call) -> Answer:
    """What was carried or waits, oldest first: `{deliveries: [{event_id, type, attempts, outcome, is_open, ...}]}`."""
    rows = [dict(row) for row in simulation.store.rows("select * from delivery order by sequence")]
    return Answer(
        {"deliveries": [{**row, "type": json.loads(row["body"])["type"], "is_open": bool(row["is_open"])} for row in rows]}
    )


def carry_now(simulation: Simulation, call: Call) -> Answer:
    """Carry one event to the webhook now and say what it answered: `{outcomes: [200, ...]}`.

    `event_id` names a recorded event, `event` is any event of your own; `times` carries it that often; `signature` is `good`
    (default), `forged` or `missing`. Opens its own transactions: the product may well ask Square before it answers.
    """
    with simulation.store.transaction():
        webhooks = _own(simulation)
        if not webhooks:
            raise WrongControl("There is no webhook. Set one first.")
        webhook = webhooks[0]
        destination = simulation.documents.hidden("subscription", webhook["id"])["deliver_to"]
        event = call.body.get("event") or _recorded(simulation, call.body.get("event_id"))
        at = simulation.stamp()
    body = json.dumps(event, separators=(",", ":")).encode()
    headers = {"square-environment": "Sandbox", "square-initial-delivery-timestamp": at}
    how, times = call.body.get("signature", "good"), call.body.get("times", 1)
    if how not in ("good", "forged", "missing") or not isinstance(times, int):
        raise WrongControl("`signature` is good, forged or missing; `times` is a number.")
    if how != "missing":
        key = webhook["signature_key"] if how == "good" else identifiers.token()
        headers["x-square-hmacsha256-signature"] = signature(key, webhook["notification_url"], body)
    return Answer({"outcomes": [carry(destination, body, headers) for _ in range(times)]})


def _own(simulation: Simulation) -> list[Document]:
    return [one for one in simulation.documents.all(Question("subscription")) if one.get("name") == WEBHOOK_NAME]


def _recorded(simulation: Simulation, event_id: Any) -> Document:
    for kind in ("event", "unsearchable_event"):
        event = simulation.documents.find(kind, str(event_id))
        if event is not None:
            return event
    raise WrongControl(f"There is no event `{event_id}`.")
