"""The same key with the same body gets the same answer; with another body it is refused.

An answer is kept with the key when something was created, a declined payment included: a declined charge sent again under its key
is declined again, whatever the card would say by then. Refused requests leave nothing behind, so their key stays free. Square
publishes no lifetime for keys; here they live until a reset.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from app.simulators.square.documents import Document
from app.simulators.square.errors import refuse
from app.simulators.square.simulation import Answer, Simulation


def answer_once(simulation: Simulation, operation: str, body: Document, act: Callable[[], Answer]) -> Answer:
    """Act, or repeat what was answered to this key before. Runs in the transaction of its request."""
    key = body.get("idempotency_key")
    if not key:
        return act()
    fingerprint = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    earlier = simulation.store.row(
        "select fingerprint, status, answer from idempotency where operation = ? and key = ?", (operation, key)
    )
    if earlier is not None:
        if earlier["fingerprint"] != fingerprint:
            raise refuse(
                "IDEMPOTENCY_KEY_REUSED",
                "The idempotency key was used before with another request body.",
                "idempotency_key",
            )
        return Answer(json.loads(earlier["answer"]), earlier["status"])
    answer = act()
    simulation.store.run(
        "insert into idempotency (operation, key, fingerprint, status, answer) values (?, ?, ?, ?, ?)",
        (operation, key, fingerprint, answer.status, json.dumps(answer.body)),
    )
    return answer
