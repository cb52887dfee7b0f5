"""The gateway on HTTP: POST /messages as the product does it, and /control/… for a hand on it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from app.simulators.messages.gateway import LOST, Gateway

MOST_BODY_BYTES = 64 * 1024
SECONDS_TO_BRING = 10


class Connection(BaseHTTPRequestHandler):
    """One request."""

    server: Wire
    timeout = 30

    def do_GET(self) -> None:
        """What was taken."""
        if not self._is_known():
            self._say(401, {"error": "Unauthorized"})
        elif self.path == "/control/messages":
            self._say(200, {"messages": self.server.gateway.texts()})
        else:
            self._say(404, {"error": "There is nothing here"})

    def do_POST(self) -> None:
        """A text, a fault, or a reply to bring."""
        if not self._is_known():
            return self._say(401, {"error": "Unauthorized"})
        said = self._body()
        if said is None:
            return self._say(400, {"error": "The body is not a JSON object"})
        if self.path == "/messages":
            return self._say(*self.server.gateway.take(self.headers.get("Idempotency-Key", ""), said))
        if self.path == "/control/faults":
            return self._plan(said)
        if self.path == "/control/replies":
            return self._say(*self.server.bring(str(said.get("from", "")), str(said.get("body", ""))))
        return self._say(404, {"error": "There is nothing here"})

    def _plan(self, said: Mapping[str, Any]) -> None:
        try:
            self.server.gateway.plan_fault(str(said.get("kind")), times=int(said.get("times", 1)), to=said.get("to"))
        except (ValueError, TypeError) as problem:
            return self._say(400, {"error": str(problem)})
        return self._say(200, {})

    def _is_known(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {self.server.token}"

    def _body(self) -> dict[str, Any] | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MOST_BODY_BYTES:
            return None
        try:
            said = json.loads(self.rfile.read(int(length)))
        except ValueError:
            return None
        return said if isinstance(said, dict) else None

    def _say(self, status: int, answer: Mapping[str, Any]) -> None:
        self.close_connection = True
        if status == LOST:
            return
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet; what was taken stands in its file."""


class Wire(ThreadingHTTPServer):
    """Listens on loopback."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], gateway: Gateway, *, token: str, reply_to: str) -> None:
        self.gateway = gateway
        self.token = token
        self.reply_to = reply_to
        super().__init__(address, Connection)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def bring(self, number: str, body: str) -> tuple[int, dict[str, Any]]:
        """Bring a customer's text to the product: (status for the asker, what the product answered)."""
        if not self.reply_to:
            return 409, {"error": "Nobody said where replies go (--reply-to)"}
        raw, headers = self.gateway.reply(number, body)
        request = urllib.request.Request(self.reply_to, data=raw, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_TO_BRING) as answer:
                return 200, {"status": answer.status}
        except urllib.error.HTTPError as refusal:
            return 200, {"status": refusal.code}
        except OSError as problem:
            return 502, {"error": f"The product does not answer: {problem}"}
