"""The simulator's own controls, under `/_simulator/` and outside of Square's namespace, with the same bearer token.

| method and path            | what it does                                                                                     |
|---                         |---                                                                                               |
| GET, PATCH settings        | read and turn what settings.py lists: clock offset, list lag, latency, refund outcome, webhooks  |
| GET, POST, DELETE faults   | what waits; add faults `{faults: [...]}` (faults.py); clear all                                  |
| POST seed                  | `{customers: [...]}`, see seeding.py                                                             |
| POST reset                 | forget everything but the token; `{keep_customers: true}` keeps customers, cards and the webhook |
| GET payments               | every payment with its key, whatever lists say; `?reference_id=`, `?idempotency_key=`, `?state=` |
| GET requests               | what arrived at Square's API, filtered by its columns                                            |
| POST payments/ID           | change a payment behind the product's back (by_hand.py, the next three as well)                  |
| POST cards/ID              | change a card: behaviour, expiry, issuer alert                                                   |
| POST disputes, disputes/ID | a cardholder disputes a payment; the bank moves the dispute to another state                     |
| POST refunds/ID            | settle a pending refund                                                                          |
| PUT, DELETE webhook        | `{url, signature_key, deliver_to}`: send all events there; stop (notes.py, the next as well)     |
| GET, POST deliveries       | what was carried; carry an event now: `{event_id or event, times, signature}`                    |
"""

from __future__ import annotations

import json
from typing import Any

from app.simulators.square import seeding, settings
from app.simulators.square.errors import WrongControl
from app.simulators.square.faults import FaultQueue, fault_from
from app.simulators.square.request_log import RequestLog
from app.simulators.square.simulation import Answer, Call, Simulation

PAYMENT_FILTERS = ("reference_id", "idempotency_key", "state", "location_id", "customer_id")


def read_settings(simulation: Simulation, call: Call) -> Answer:
    """All settings."""
    return Answer(settings.read(simulation.store))


def change_settings(simulation: Simulation, call: Call) -> Answer:
    """Turn some settings; answers all."""
    return Answer(settings.change(simulation.store, call.body))


def read_faults(simulation: Simulation, call: Call) -> Answer:
    """What waits to strike."""
    return Answer({"faults": FaultQueue(simulation.store).waiting()})


def add_faults(simulation: Simulation, call: Call) -> Answer:
    """Queue faults, all of them or (when one cannot be) none."""
    queue = FaultQueue(simulation.store)
    for fault in [fault_from(plan) for plan in _list(call, "faults")]:
        queue.add(fault)
    return Answer({"faults": queue.waiting()})


def clear_faults(simulation: Simulation, call: Call) -> Answer:
    """Let nothing strike any more."""
    FaultQueue(simulation.store).clear()
    return Answer({"faults": []})


def seed(simulation: Simulation, call: Call) -> Answer:
    """Make customers and cards from a list; those that are there stay as they are."""
    return Answer({"customers": seeding.seed(simulation, _list(call, "customers"))})


def reset(simulation: Simulation, call: Call) -> Answer:
    """Forget payments, keys, refunds, disputes, events, faults, the request log and all settings.

    And customers, cards and the webhook too, unless `keep_customers` is true.
    """
    store = simulation.store
    kept = ("customer", "card", "subscription") if call.body.get("keep_customers") else ()
    store.run(f"delete from document where kind not in ({', '.join('?' * len(kept))})", kept)
    for table in ("revision", "idempotency", "delivery"):
        store.run(f"delete from {table}")
    FaultQueue(store).clear()
    RequestLog(store).clear()
    settings.forget(store)
    return Answer({})


def read_payments(simulation: Simulation, call: Call) -> Answer:
    """Every payment as it is now, oldest first: `{payments: [{idempotency_key, request, payment}]}`."""
    asked = {name: call.query[name] for name in PAYMENT_FILTERS if name in call.query}
    where = "".join(f" and {name} = ?" for name in asked)
    rows = simulation.store.rows(
        f"select body, hidden from document where kind = 'payment'{where} order by sequence", list(asked.values())
    )
    return Answer({"payments": [{**json.loads(row["hidden"]), "payment": json.loads(row["body"])} for row in rows]})


def read_requests(simulation: Simulation, call: Call) -> Answer:
    """What arrived, oldest first."""
    return Answer({"requests": RequestLog(simulation.store).read(call.query)})


def _list(call: Call, name: str) -> list[Any]:
    found = call.body.get(name)
    if not isinstance(found, list):
        raise WrongControl(f"Send `{{{name}: [...]}}`.")
    return found
