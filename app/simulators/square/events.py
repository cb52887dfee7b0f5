"""Events: search what happened (to replay lost notifications), and what types there are."""

from __future__ import annotations

from typing import Any

from app.simulators.square.checks import OBJECT, TEXT, Field, check_body, is_descending, moment, page_size
from app.simulators.square.documents import Question
from app.simulators.square.pages import answer_page
from app.simulators.square.simulation import MERCHANT_ID, Answer, Call, Simulation

MOST_PER_PAGE = 100
API_VERSION = "2026-09-16"

TYPES = (
    "payment.created",
    "payment.updated",
    "refund.created",
    "refund.updated",
    "dispute.created",
    "dispute.state.updated",
    "card.created",
    "card.updated",
    "card.automatically_updated",
    "card.disabled",
    "card.forgotten",
    "customer.created",
    "customer.updated",
    "customer.deleted",
)

SEARCH = {"cursor": TEXT, "limit": Field("integer"), "query": OBJECT}
FILTER = {
    "event_types": Field("texts"),
    "merchant_ids": Field("texts"),
    "location_ids": Field("texts"),
    "created_at": OBJECT,
}


def search(simulation: Simulation, call: Call) -> Answer:
    """SearchEvents: newest first unless told. Only what happened while events were enabled."""
    check_body(call.body, SEARCH)
    query = call.body.get("query", {})
    check_body(query, {"filter": OBJECT, "sort": OBJECT})
    asked, sort = query.get("filter", {}), query.get("sort", {})
    check_body(asked, FILTER)
    check_body(sort, {"field": TEXT, "order": TEXT})
    among: dict[str, Any] = {
        column: asked[name] for name, column in (("event_types", "type"), ("location_ids", "location_id")) if asked.get(name)
    }
    if asked.get("merchant_ids") and MERCHANT_ID not in asked["merchant_ids"]:
        among["id"] = []
    period = asked.get("created_at", {})
    check_body(period, {"start_at": TEXT, "end_at": TEXT})
    question = Question(
        "event",
        among=among,
        at_least={"created_at": moment(period["start_at"], "start_at")} if "start_at" in period else {},
        below={"created_at": moment(period["end_at"], "end_at")} if "end_at" in period else {},
        is_descending=is_descending(sort.get("order"), default=True),
    )
    page = answer_page(
        simulation,
        "events",
        question,
        cursor=call.body.get("cursor"),
        limit=page_size(str(call.body.get("limit", MOST_PER_PAGE)), most=MOST_PER_PAGE),
    )
    page.body["metadata"] = [{"event_id": event["event_id"], "api_version": API_VERSION} for event in page.body.get("events", [])]
    return page


def enable(simulation: Simulation, call: Call) -> Answer:
    """EnableEvents: what happens from now on can be searched."""
    simulation.store.keep_setting("events_enabled", True)
    return Answer({})


def disable(simulation: Simulation, call: Call) -> Answer:
    """DisableEvents: what happens from now on cannot be searched, not even after they are enabled again."""
    simulation.store.keep_setting("events_enabled", False)
    return Answer({})


def types(simulation: Simulation, call: Call) -> Answer:
    """ListEventTypes and ListWebhookEventTypes: the types that this simulator sends."""
    metadata = [{"event_type": type, "api_version_introduced": API_VERSION, "release_status": "PUBLIC"} for type in TYPES]
    return Answer({"event_types": list(TYPES), "metadata": metadata})
