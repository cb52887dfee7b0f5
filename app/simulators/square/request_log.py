"""What arrived at Square's API, and what it was answered: so that a test can say how often a charge was really sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.simulators.square.store import Store

# A demonstration may run for weeks.
KEEP = 50_000


class RequestLog:
    """One row per request, written when it arrives; its outcome is added when it is answered."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, method: str, path: str, body: Mapping[str, Any], *, at: str, fault: str | None) -> int:
        """A request has arrived; answers the row to close."""
        texts = [value if isinstance(value := body.get(name), str) else None for name in ("idempotency_key", "reference_id")]
        row = self._store.row(
            "insert into request (at, method, path, idempotency_key, reference_id, fault) values (?, ?, ?, ?, ?, ?) "
            "returning sequence",
            (at, method, path, *texts, fault),
        )
        sequence: int = row["sequence"] if row is not None else 0
        if sequence % 1000 == 0:
            self._store.run("delete from request where sequence <= ?", (sequence - KEEP,))
        return sequence

    def close(self, sequence: int, outcome: str) -> None:
        """A request was answered with an HTTP status, or let down (`reset`, `silence`)."""
        self._store.run("update request set outcome = ? where sequence = ?", (outcome, sequence))

    def read(self, filters: Mapping[str, str]) -> list[dict[str, Any]]:
        """All rows, oldest first, that have these values (method, path, idempotency_key, reference_id, fault, outcome)."""
        columns = ("method", "path", "idempotency_key", "reference_id", "fault", "outcome")
        asked = {name: filters[name] for name in columns if name in filters}
        where = " and ".join(f"{name} = ?" for name in asked) or "true"
        return [
            dict(row) for row in self._store.rows(f"select * from request where {where} order by sequence", list(asked.values()))
        ]

    def clear(self) -> None:
        """Forget all."""
        self._store.run("delete from request")
