"""Webhook subscriptions: who is told of which events, and with which key the notes are signed."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from app.simulators.square import identifiers
from app.simulators.square.checks import Field, check_body, flag, is_descending, page_size
from app.simulators.square.documents import Document, Question
from app.simulators.square.errors import refuse
from app.simulators.square.events import API_VERSION, TYPES
from app.simulators.square.idempotency import answer_once
from app.simulators.square.pages import answer_page
from app.simulators.square.simulation import MERCHANT_ID, Answer, Call, Simulation

MOST_PER_PAGE = 100

BODY = {
    "name": Field(longest=64, may_be_null=True),
    "enabled": Field("boolean", may_be_null=True),
    "event_types": Field("texts", may_be_null=True),
    "notification_url": Field(may_be_null=True),
    "api_version": Field(may_be_null=True),
}


def create(simulation: Simulation, call: Call) -> Answer:
    """CreateWebhookSubscription."""
    check_body(call.body, {"idempotency_key": Field(longest=45), "subscription": Field("object", is_required=True)})
    check_body(call.body["subscription"], BODY)
    return answer_once(
        simulation,
        "CreateWebhookSubscription",
        call.body,
        lambda: Answer({"subscription": add(simulation, call.body["subscription"])}),
    )


def add(simulation: Simulation, given: Document, *, signature_key: str | None = None, deliver_to: str | None = None) -> Document:
    """Keep a new subscription. Notifications are signed for `notification_url` and go to `deliver_to` (default: the same).

    They go to this machine only: a simulator does not talk to the world.
    """
    if not given.get("notification_url"):
        raise refuse("MISSING_REQUIRED_PARAMETER", "Field `notification_url` must be set.", "subscription.notification_url")
    destination = deliver_to or given["notification_url"]
    _check_destination(destination)
    _check_types(given)
    at = simulation.stamp()
    subscription = {
        "id": identifiers.subscription_id(),
        "enabled": True,
        "event_types": list(TYPES),
        "api_version": API_VERSION,
        **{name: value for name, value in given.items() if value is not None},
        "signature_key": signature_key or identifiers.token()[:22],
        "created_at": at,
        "updated_at": at,
    }
    simulation.insert("subscription", subscription, hidden={"deliver_to": destination})
    return subscription


def listing(simulation: Simulation, call: Call) -> Answer:
    """ListWebhookSubscriptions: enabled ones unless told, oldest first."""
    query = call.query
    question = Question(
        "subscription",
        equal={} if flag(query.get("include_disabled"), "include_disabled") else {"enabled": 1},
        is_descending=is_descending(query.get("sort_order"), default=False),
    )
    limit = page_size(query.get("limit"), most=MOST_PER_PAGE)
    return answer_page(simulation, "subscriptions", question, cursor=query.get("cursor"), limit=limit)


def retrieve(simulation: Simulation, call: Call) -> Answer:
    """RetrieveWebhookSubscription."""
    return Answer({"subscription": _known(simulation, call)})


def update(simulation: Simulation, call: Call) -> Answer:
    """UpdateWebhookSubscription: only what is sent."""
    check_body(call.body, {"subscription": Field("object")})
    given = call.body.get("subscription", {})
    check_body(given, BODY)
    _check_types(given)
    subscription = _known(simulation, call)
    if given.get("notification_url"):
        _check_destination(given["notification_url"])
        simulation.documents.hide("subscription", subscription["id"], {"deliver_to": given["notification_url"]})
    changes = {name: value for name, value in given.items() if value is not None}
    changed = {**subscription, **changes, "updated_at": simulation.stamp()}
    simulation.update("subscription", changed)
    shown = {name: value for name, value in changed.items() if name != "signature_key"}
    return Answer({"subscription": shown})


def delete(simulation: Simulation, call: Call) -> Answer:
    """DeleteWebhookSubscription: what is still under way to it is dropped."""
    subscription = _known(simulation, call)
    simulation.documents.delete("subscription", subscription["id"])
    simulation.store.run("update delivery set is_open = 0 where subscription_id = ?", (subscription["id"],))
    return Answer({})


def renew_key(simulation: Simulation, call: Call) -> Answer:
    """UpdateWebhookSubscriptionSignatureKey: from now on signed with another key."""
    check_body(call.body, {"idempotency_key": Field(longest=45, may_be_null=True)})
    key = identifiers.token()[:22]
    changed = {**_known(simulation, call), "signature_key": key, "updated_at": simulation.stamp()}
    simulation.update("subscription", changed)
    return Answer({"signature_key": key})


def test(simulation: Simulation, call: Call) -> Answer:
    """TestWebhookSubscription: queue an event without a real object behind it."""
    check_body(call.body, {"event_type": Field(may_be_null=True)})
    subscription = _known(simulation, call)
    type = call.body.get("event_type") or subscription["event_types"][0]
    _check_types({"event_types": [type]})
    at, subject = simulation.stamp(), type.split(".", 1)[0]
    event = {
        "merchant_id": MERCHANT_ID,
        "type": type,
        "event_id": identifiers.event_id(),
        "created_at": at,
        "data": {"type": subject, "id": "TEST", "object": {subject: {"id": "TEST"}}},
    }
    simulation.queue_delivery(event, subscription["id"])
    result = {"id": event["event_id"], "created_at": at, "updated_at": at}
    return Answer({"subscription_test_result": result})


def _known(simulation: Simulation, call: Call) -> Document:
    subscription = simulation.documents.find("subscription", call.ids["subscription_id"])
    if subscription is None:
        raise refuse("NOT_FOUND", f"Subscription `{call.ids['subscription_id']}` not found.", "subscription_id")
    return subscription


def _check_types(given: Document) -> None:
    for type in given.get("event_types") or []:
        if type not in TYPES:
            raise refuse("INVALID_VALUE", f"`{type}` is no event type here. Known: {', '.join(TYPES)}.", "event_types")


def _check_destination(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        raise refuse(
            "INVALID_VALUE",
            f"Notifications go to this machine only (http://127.0.0.1:...), not to {url}.",
            "notification_url",
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
