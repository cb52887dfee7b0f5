"""Collectors at their desks: the product's own web server in processes of its own, and people who ask it over real HTTP."""

from __future__ import annotations

import datetime as dt
import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.staff.cookie import COOKIE
from app import ROOT, clock
from app.clock import now
from app.domain.staff.roles import Role
from app.domain.staff.sessions import SessionLimits
from app.models import Staff
from app.running.programs import programs
from app.services.staff import sessions
from app.settings import Settings

WORK = "/admin/collections/work"
SECONDS_TO_START = 60
LIMITS = SessionLimits(idle=dt.timedelta(hours=1), absolute=dt.timedelta(hours=10))
_ACCOUNT = re.compile(rf'action="{WORK}/(\d+)/outcome"')
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def stop_the_clock() -> None:
    """It is eleven o'clock of the business date: at night nobody may be called, and the order of work is another one."""
    clock.set_clock(pinned_on=clock.today(), stopped_at=dt.time(11))


@dataclass(frozen=True)
class Office:
    """The web server: where it is, and what it writes down about each request."""

    url: str
    log: Path

    def forget(self) -> None:
        """Leave what was asked until now out of the times."""
        self.log.write_bytes(b"")

    def milliseconds(self, endpoint: str) -> list[float]:
        """How long the server took for each page of an endpoint, from the first line of ours to the last, shortest first."""
        # Two processes write into it, so two records may share a line.
        records = (json.loads(record) for record in re.findall(r"\{[^{}]*\}", self.log.read_text(encoding="utf-8")))
        return sorted(float(record["ms"]) for record in records if record.get("endpoint") == endpoint)


@contextmanager
def opened(settings: Settings, log: Path) -> Iterator[Office]:
    """The web server as `leasedesk up` starts it, on a free port, at eleven in the morning.

    Raises TimeoutError when it does not answer.
    """
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        port = attempt.getsockname()[1]
    own = Settings.model_validate(settings.model_dump() | {"port": port})
    command = [word.replace("wsgi:app", "bench.web:app") for word in programs(own)[0].command]
    log.unlink(missing_ok=True)
    with log.open("ab") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=own.as_environment(), stdout=file, stderr=file)
    office = Office(f"http://127.0.0.1:{port}", log)
    try:
        _wait(office, process)
        yield office
    finally:
        process.terminate()
        process.wait()


def _wait(office: Office, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(f"{office.url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(f"The web server did not come up; {office.log} says why.")


def crew(session: Session, count: int) -> list[str]:
    """So many collectors who see everybody's accounts, each signed in; returns the tokens of their browsers."""
    wanted = [f"desk{number}" for number in range(count)]
    known = set(session.scalars(select(Staff.username).where(Staff.username.in_(wanted))))
    session.add_all(
        Staff(
            username=name,
            name=f"Desk {number}",
            role=Role.COLLECTOR,
            sees_all_accounts=True,
            must_change_pin=False,
            created_at=now(),
        )
        for number, name in enumerate(wanted)
        if name not in known
    )
    session.flush()
    ids: Sequence[int] = session.scalars(select(Staff.id).where(Staff.username.in_(wanted)).order_by(Staff.id)).all()
    return [sessions.begin(session, one, ip=None, user_agent="desk", limits=LIMITS, now=now()) for one in ids]


class Desk:
    """One collector's browser."""

    def __init__(self, office: Office, token: str) -> None:
        self._client = httpx.Client(base_url=office.url, cookies={COOKIE: token}, timeout=60)
        self._form: dict[str, str] = {}

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: Any) -> None:
        self._client.close()

    def next(self) -> int | None:
        """The account that the collector is given, or still has; None when nothing waits.

        Raises LookupError for a strange answer.
        """
        answer = self._client.get(WORK)
        if answer.status_code != 200:
            raise LookupError(f"{WORK} answered {answer.status_code}: {answer.text[:300]}")
        account, token = _ACCOUNT.search(answer.text), _TOKEN.search(answer.text)
        self._form = {"csrf_token": token[1]} if token else {}
        return int(account[1]) if account else None

    def done(self, account_id: int) -> None:
        """Nobody answered. Raises LookupError when it was not saved."""
        form = self._form | {"outcome": "no_answer"}
        answer = self._client.post(f"{WORK}/{account_id}/outcome", data=form)
        if answer.status_code != 303:
            raise LookupError(f"The outcome of {account_id} answered {answer.status_code}: {answer.text[:300]}")
