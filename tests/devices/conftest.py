"""Device management as a fake: devices in a dictionary, two a page, and whatever outcome a test asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import clock
from app.gateways.devices import DevicePage, Done, EnrolledDevice, Outcome, Unanswered
from app.models import Account
from tasks.gateways import FAKE_DEVICES
from tests import factories


class FakePortal:
    """`problem` makes it answer nothing; `outcome` is what every command comes to."""

    def __init__(self) -> None:
        self.there: dict[int, EnrolledDevice] = {}
        self.locked: set[int] = set()
        self.problem: Unanswered | None = None
        self.outcome: Outcome = Done()
        self.commands: list[str] = []
        self.per_page = 2

    def add(self, imei: str | None, *, model: str = "iPhone 13", days_silent: float = 0, **given: object) -> int:
        """A device that reported so many days ago."""
        number = len(self.there) + 1
        at = clock.now() - dt.timedelta(days=days_silent)
        told = EnrolledDevice(number, f"Lease {number}", model, imei=imei, status="Enrolled", last_reported_at=at)
        self.there[number] = replace(told, **given)  # type: ignore[arg-type]
        return number

    def devices(self, page: int = 1) -> DevicePage | Unanswered:
        """Two a page."""
        if self.problem:
            return self.problem
        entries = list(self.there.values())[(page - 1) * self.per_page : page * self.per_page]
        return DevicePage(entries, len(self.there), page + 1 if page * self.per_page < len(self.there) else None)

    def device(self, device_id: int, *, account_id: int | None = None) -> EnrolledDevice | Unanswered:
        """One of them."""
        return self.problem or self.there.get(device_id) or Unanswered("Hexnode does not know it.", is_not_found=True)

    def lock(self, device_id: int, message: str, *, account_id: int | None = None) -> Outcome:
        """As `outcome` says."""
        return self._command("lock", device_id)

    def unlock(self, device_id: int, *, account_id: int | None = None) -> Outcome:
        """As `outcome` says."""
        return self._command("unlock", device_id)

    def _command(self, word: str, device_id: int) -> Outcome:
        self.commands.append(f"{word} {device_id}")
        if isinstance(self.outcome, Done):
            (self.locked.add if word == "lock" else self.locked.discard)(device_id)
        return self.outcome


@pytest.fixture
def portal(app: Flask, headless_app: Flask) -> Iterator[FakePortal]:
    """What the product asks instead of Hexnode."""
    fake = FakePortal()
    for each in (app, headless_app):
        each.config[FAKE_DEVICES] = fake
    yield fake
    for each in (app, headless_app):
        del each.config[FAKE_DEVICES]


def leased(session: Session, imei: str | None, **given: object) -> Account:
    """An account whose device has this IMEI, as of the business date."""
    today = clock.today()
    lines = [(today + dt.timedelta(days=days), 5_400) for days in (-24, -10, 4)]
    account = factories.account(session, lines=lines, today=today, **given)  # type: ignore[arg-type]
    assert account.device is not None
    account.device.imei = imei
    session.commit()
    return account
