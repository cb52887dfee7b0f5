"""A hand on the simulator's controls, for demonstrations and tests. The product itself never uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from app.simulators.square.simulation import CONTROLS

SECONDS_TO_END = 20


class ControlRefused(Exception):
    """The simulator did not do what it was asked; says why."""


class SquareSimulator:
    """A running simulator: `start` one, or `find` the one that runs on a home. As a context manager it stops at the end."""

    def __init__(self, home: Path, process: subprocess.Popen[str] | None = None) -> None:
        ready = json.loads((home / "square.json").read_text())
        self.home = home
        self.url: str = ready["url"]
        self.token: str = ready["token"]
        self.location_id: str = ready["location_id"]
        self.pid: int = ready["pid"]
        self._process = process

    @classmethod
    def start(cls, home: Path, *, port: int = 0) -> Self:
        """Start a simulator on a home and wait until it listens. Raises ControlRefused with its words when it does not."""
        command = [sys.executable, "-m", "app.simulators.square", "--home", str(home), "--port", str(port)]
        root = Path(__file__).resolve().parents[3]
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = home / "square-simulator.log"
        with log.open("a") as stderr:
            process = subprocess.Popen(
                command, cwd=root, text=True, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
            )
        if process.stdout is None or not process.stdout.readline():
            process.wait(SECONDS_TO_END)
            raise ControlRefused(log.read_text())
        return cls(home, process)

    @classmethod
    def find(cls, home: Path) -> Self:
        """The simulator that runs on a home. Raises ControlRefused when none does, whatever an old ready file says."""
        try:
            running = cls(home)
            running.ask("GET", "settings")
        except OSError as error:
            raise ControlRefused(f"No simulator runs on {home}.") from error
        return running

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def stop(self) -> int | None:
        """Let it finish what is in flight and end. Answers its exit code when it was started here."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int | None:
        """End it as a power cut would (kill -9)."""
        return self._end(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None or self._process.poll() is None:
            self.stop()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask a control: the JSON it answers. Raises ControlRefused with its sentence."""
        request = urllib.request.Request(
            f"{self.url}{CONTROLS}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ControlRefused(error.read().decode()) from error

    def set(self, **settings: Any) -> dict[str, Any]:
        """Turn settings (settings.py); answers all of them."""
        return dict(self.ask("PATCH", "settings", settings))

    def fault(self, kind: str, **plan: Any) -> None:
        """Let a fault wait for its requests (faults.py)."""
        self.ask("POST", "faults", {"faults": [{"kind": kind, **plan}]})

    def faults(self) -> list[dict[str, Any]]:
        """The faults that still wait."""
        return list(self.ask("GET", "faults")["faults"])

    def clear_faults(self) -> None:
        """Let nothing strike any more."""
        self.ask("DELETE", "faults")

    def seed(self, customers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Make customers and cards: [{reference_id, customer_id, card_ids}] (seeding.py)."""
        return list(self.ask("POST", "seed", {"customers": customers})["customers"])

    def reset(self, *, keep_customers: bool = False) -> None:
        """Forget everything but the token, or everything but customers, cards and the webhook."""
        self.ask("POST", "reset", {"keep_customers": keep_customers})

    def payments(self, **filters: str) -> list[dict[str, Any]]:
        """Every payment, oldest first: [{idempotency_key, request, payment}], whatever the lists would say."""
        return list(self.ask("GET", f"payments?{urlencode(filters)}")["payments"])

    def pay_link(self, link_id: str, **how: str) -> dict[str, Any]:
        """A customer pays by a payment link: the payment."""
        return dict(self.ask("POST", f"links/{link_id}/pay", how)["payment"])

    def requests(self, **filters: str) -> list[dict[str, Any]]:
        """What arrived: [{at, method, path, idempotency_key, reference_id, fault, outcome}]."""
        return list(self.ask("GET", f"requests?{urlencode(filters)}")["requests"])

    def set_webhook(self, url: str, signature_key: str, *, deliver_to: str | None = None) -> None:
        """Send every event to a URL, signed."""
        self.ask("PUT", "webhook", {"url": url, "signature_key": signature_key, "deliver_to": deliver_to})

    def deliveries(self) -> list[dict[str, Any]]:
        """What was carried to webhooks, or waits."""
        return list(self.ask("GET", "deliveries")["deliveries"])

    def carry(self, **what: Any) -> list[int | str]:
        """Carry an event to the webhook now (notes.carry_now): what it answered each time."""
        return list(self.ask("POST", "deliveries", what)["outcomes"])

    def _end(self, number: signal.Signals) -> int | None:
        os.kill(self.pid, number)
        if self._process is None:
            return None
        code = self._process.wait(SECONDS_TO_END)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code
