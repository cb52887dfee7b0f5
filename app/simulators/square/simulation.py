"""What every endpoint works with: the memory, the clock, the seller and the stream of events."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.simulators.square import identifiers, settings
from app.simulators.square.checks import written
from app.simulators.square.documents import Document, Documents, Question
from app.simulators.square.store import Store

MERCHANT_ID = "MSIMULATED001"
CURRENCY = "USD"
# The path under which the simulator's own controls live, outside of Square's namespace.
CONTROLS = "/_simulator"


@dataclass(frozen=True)
class Answer:
    """What an endpoint says: the JSON and its HTTP status."""

    body: Document
    status: int = 200


@dataclass(frozen=True)
class Call:
    """A request as an endpoint sees it. `decline` is set when a fault demands that the next charge be declined with that code."""

    body: Document = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    decline: str | None = None


Endpoint = Callable[["Simulation", Call], Answer]


class Simulation:
    """One simulated seller. `machine_clock` tells the real time; the simulator's own may be set off from it."""

    def __init__(self, store: Store, machine_clock: Callable[[], dt.datetime]) -> None:
        self.store = store
        self.documents = Documents(store)
        self._machine_clock = machine_clock
        self.address = "https://sandbox.square.link"
        """Where the pages are that customers open; the simulator's own address once it listens."""

    def setting(self, name: str) -> Any:
        """A setting as it is now."""
        return self.store.setting(name, settings.DEFAULTS[name])

    def now(self) -> dt.datetime:
        """This moment on the simulator's clock."""
        return self._machine_clock() + dt.timedelta(seconds=self.setting("clock_offset_seconds"))

    def stamp(self) -> str:
        """This moment as Square writes it."""
        return written(self.now())

    def list_horizon(self) -> str | None:
        """Until when lists of payments and refunds have caught up; None when they do not lag."""
        lag = self.setting("list_lag_seconds")
        return written(self.now() - dt.timedelta(seconds=lag)) if lag else None

    def insert(self, kind: str, body: Document, *, hidden: Document | None = None, id: str | None = None) -> None:
        """Keep a new document under its `id`, or under the one given."""
        self.documents.insert(kind, body, recorded_at=self.stamp(), hidden=hidden, id=id)

    def update(self, kind: str, body: Document) -> None:
        """Keep a changed document."""
        self.documents.update(kind, body, recorded_at=self.stamp())

    def announce(self, type: str, body: Document, *, kept_as: str | None = None) -> Document:
        """Record an event about a document and queue it for every subscription that asked for its type.

        `type` is Square's event type, for example `payment.updated`; its first word names the object.
        """
        subject = type.split(".", 1)[0]
        event: Document = {
            "merchant_id": MERCHANT_ID,
            "type": type,
            "event_id": identifiers.event_id(),
            "created_at": self.stamp(),
            "data": {"type": subject, "id": body["id"], "object": {kept_as or subject: body}},
        }
        if "location_id" in body:
            event["location_id"] = body["location_id"]
        kind = "event" if self.setting("events_enabled") else "unsearchable_event"
        self.insert(kind, event, id=event["event_id"])
        for subscription in self.documents.all(Question("subscription", equal={"enabled": 1})):
            if type in (subscription["event_types"] or [type]):
                self.queue_delivery(event, subscription["id"])
        return event

    def queue_delivery(self, event: Document, subscription_id: str) -> None:
        """Let the courier carry an event to a subscription: once, unless it is to be lost or doubled."""
        if self._counts_down("webhooks_to_lose"):
            return
        not_before = time.monotonic() + self.setting("webhook_delay_seconds")
        for _ in range(2 if self._counts_down("webhooks_to_double") else 1):
            self.store.run(
                "insert into delivery (event_id, subscription_id, body, not_before) values (?, ?, ?, ?)",
                (event["event_id"], subscription_id, json.dumps(event, separators=(",", ":")), not_before),
            )

    def _counts_down(self, name: str) -> bool:
        """Whether a setting that counts how often is not used up yet; uses it once."""
        left = self.setting(name)
        if left >= 1:
            self.store.keep_setting(name, left - 1)
        return bool(left >= 1)
