"""Carries events to the webhook subscriptions, signed as Square signs them.

What is to be carried lies in the database, so a kill loses nothing. A note that is not answered with 2xx within ten seconds is
carried again after a pause, and while it waits the others go on; so notes may arrive out of order, late and twice, as Square
warns.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import sqlite3
import threading
import time
from urllib.parse import urlsplit

from app.simulators.square.simulation import Simulation

ANSWER_WITHIN_SECONDS = 10


def signature(key: str, url: str, body: bytes) -> str:
    """base64(HMAC-SHA256(key, notification URL + raw body)). Source: Square, Validate webhook notifications."""
    return base64.b64encode(hmac.new(key.encode(), url.encode() + body, hashlib.sha256).digest()).decode()


def carry(destination: str, body: bytes, headers: dict[str, str]) -> int | str:
    """POST a note once; answers the HTTP status, or Square's word for what went wrong."""
    parts = urlsplit(destination)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=ANSWER_WITHIN_SECONDS)
    try:
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("POST", path, body, {"Content-Type": "application/json", "User-Agent": "Square Connect v2", **headers})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except TimeoutError:
        return "http_timeout"
    except (OSError, http.client.HTTPException):
        return "other_error"
    finally:
        connection.close()


class Courier(threading.Thread):
    """The thread that carries. `wake()` it after a commit; `stop()` it before the store is closed."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(name="courier", daemon=True)
        self._simulation = simulation
        self._bell = threading.Condition()
        self._has_news = True
        self._is_stopping = False
        # The times to wait for are those of the monotonic clock, which starts anew with the machine.
        with simulation.store.transaction():
            simulation.store.run("update delivery set not_before = 0 where is_open")

    def wake(self) -> None:
        """There may be something to carry."""
        with self._bell:
            self._has_news = True
            self._bell.notify_all()

    def stop(self) -> None:
        """Finish the note in hand and end."""
        with self._bell:
            self._is_stopping = True
            self._bell.notify_all()
        self.join(ANSWER_WITHIN_SECONDS + 1)

    def run(self) -> None:
        """Carry what is due and sleep until something else is."""
        while not self._is_stopping:
            with self._bell:
                self._has_news = False
            for delivery in self._due():
                if not self._is_stopping:
                    self._carry(delivery)
            pause = self._seconds_until_next()
            with self._bell:
                if not self._has_news and not self._is_stopping:
                    self._bell.wait(pause)

    def _due(self) -> list[sqlite3.Row]:
        store = self._simulation.store
        with store.transaction():
            if self._simulation.setting("webhooks_held"):
                return []
            return store.rows(
                "select * from delivery where is_open and not_before <= ? order by sequence limit 100",
                (time.monotonic(),),
            )

    def _seconds_until_next(self) -> float | None:
        """How long nothing will be due; None when nothing waits."""
        store = self._simulation.store
        with store.transaction():
            row = store.row("select min(not_before) as at from delivery where is_open")
            if self._simulation.setting("webhooks_held") or row is None or row["at"] is None:
                return None
            at: float = row["at"]
            return max(0.0, at - time.monotonic())

    def _carry(self, delivery: sqlite3.Row) -> None:
        store = self._simulation.store
        with store.transaction():
            subscription = self._simulation.documents.find("subscription", delivery["subscription_id"])
            destination = self._simulation.documents.hidden("subscription", delivery["subscription_id"]).get("deliver_to")
            first_sent_at = delivery["first_sent_at"] or self._simulation.stamp()
            pauses = self._simulation.setting("webhook_retry_seconds")
        if subscription is None or not destination:
            return  # The subscription went away in this moment and took its deliveries along.
        body, attempts = delivery["body"].encode(), delivery["attempts"] + 1
        headers = {
            "x-square-hmacsha256-signature": signature(subscription["signature_key"], subscription["notification_url"], body),
            "square-environment": "Sandbox",
            "square-initial-delivery-timestamp": first_sent_at,
        }
        if delivery["attempts"]:
            failure = delivery["outcome"] if delivery["outcome"] in ("http_timeout", "other_error") else "http_error"
            headers |= {"square-retry-number": str(delivery["attempts"]), "square-retry-reason": failure}
        outcome = carry(destination, body, headers)
        is_done = isinstance(outcome, int) and 200 <= outcome < 300
        is_open = not is_done and attempts <= len(pauses)
        not_before = time.monotonic() + pauses[attempts - 1] if is_open else 0
        with store.transaction():
            store.run(
                "update delivery set first_sent_at = ?, attempts = ?, outcome = ?, not_before = ?, is_open = ? "
                "where sequence = ?",
                (first_sent_at, attempts, str(outcome), not_before, int(is_open), delivery["sequence"]),
            )
