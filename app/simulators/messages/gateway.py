"""What the simulated gateway does, without the wire: keeps texts by their key, strikes with faults, signs replies."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

E164 = re.compile(r"\+[1-9]\d{7,14}")
FAULTS = ("refuse", "error", "lose")
"""Refuse it; break before it is taken; take it and never say so."""
LOST = 0
"""Instead of a status: close the connection without an answer."""


@dataclass
class Gateway:
    """Texts that were taken, in the order in which they came; they stand in a file, one JSON object a line."""

    path: Path
    secret: str
    _texts: dict[str, dict[str, Any]] = field(default_factory=dict)
    _faults: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    told = json.loads(line)
                    self._texts[told["key"]] = told
                except (ValueError, KeyError, TypeError):
                    continue  # The last line of a simulator that was killed while it wrote.

    def take(self, key: str, said: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Take a text: (status, answer). The same key is taken once and answered the same each time."""
        to, body = said.get("to"), said.get("body")
        if not key:
            return 400, {"error": "An Idempotency-Key is missing"}
        if not isinstance(to, str) or not E164.fullmatch(to) or not isinstance(body, str) or not body.strip():
            return 422, {"error": "A text needs a number in E.164 and words"}
        with self._lock:
            known = self._texts.get(key)
            if known is not None:
                same = known["to"] == to and known["body"] == body
                return (200, {"id": known["id"]}) if same else (422, {"error": "The key was used for another text"})
            fault = self._strike(to)
            if fault == "refuse":
                return 422, {"error": "The number cannot receive texts"}
            if fault == "error":
                return 500, {"error": "Something broke"}
            kept = {"id": f"sim-{secrets.token_hex(8)}", "key": key, "to": to, "body": body}
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(kept) + "\n")
            self._texts[key] = kept
        return (LOST, {}) if fault == "lose" else (202, {"id": kept["id"]})

    def _strike(self, to: str) -> str | None:
        for fault in self._faults:
            if fault.get("to") in (None, to):
                fault["times"] -= 1
                if fault["times"] <= 0:
                    self._faults.remove(fault)
                return str(fault["kind"])
        return None

    def plan_fault(self, kind: str, *, times: int = 1, to: str | None = None) -> None:
        """Let the next texts fail, those to a number or any. Raises ValueError for a kind that there is not."""
        if kind not in FAULTS:
            raise ValueError(f"A fault is one of {', '.join(FAULTS)}.")
        with self._lock:
            self._faults.append({"kind": kind, "times": times, "to": to})

    def texts(self) -> list[dict[str, Any]]:
        """Everything that was taken."""
        with self._lock:
            return list(self._texts.values())

    def reply(self, number: str, body: str) -> tuple[bytes, dict[str, str]]:
        """A customer's text as it is brought to the company: body and headers, signed."""
        raw = json.dumps({"id": f"in-{secrets.token_hex(8)}", "from": number, "body": body}).encode()
        return raw, {"Content-Type": "application/json", "X-Signature": signature(self.secret, raw)}


def signature(secret: str, raw: bytes) -> str:
    """The signature of a body."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
