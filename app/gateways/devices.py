"""Device management: what may be asked and done, and values for the answers.

Where a device is, is never asked for and never taken over from an answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """A device as device management knows it; it may have left by now."""

    id: int
    name: str = ""
    model: str = ""
    serial: str | None = None
    """In capitals."""
    imei: str | None = None
    """Digits alone."""
    udid: str | None = None
    status: str = ""
    """Of its enrollment, as it is written there."""
    enrolled_at: dt.datetime | None = None
    last_reported_at: dt.datetime | None = None
    is_compliant: bool | None = None


@dataclass(frozen=True, slots=True)
class DevicePage:
    """Some devices, how many there are in all, and the number of the page on which it goes on; None at the end."""

    entries: Sequence[EnrolledDevice]
    total: int
    next_page: int | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that was not answered; `reason` is a sentence."""

    reason: str
    is_not_found: bool = False
    is_configuration: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The command was taken."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It was certainly not done; `reason` is a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was done; `reason` is a sentence."""

    reason: str


Outcome = Done | Refused | Unknown


class DeviceManager(Protocol):
    """What the product asks of device management. No method raises for what went wrong outside."""

    def devices(self, page: int = 1) -> DevicePage | Unanswered:
        """Some of all devices, the page with this number."""

    def device(self, device_id: int, *, account_id: int | None = None) -> EnrolledDevice | Unanswered:
        """One device as it is now; `account_id` for the log."""

    def lock(self, device_id: int, message: str, *, account_id: int | None = None) -> Outcome:
        """Lock a device and show a message on it. Doing it twice changes nothing."""

    def unlock(self, device_id: int, *, account_id: int | None = None) -> Outcome:
        """Take the lock away. Doing it twice changes nothing."""


class NoDeviceManager:
    """Answers nothing, with the sentence that says why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def devices(self, page: int = 1) -> DevicePage | Unanswered:
        """Nobody to ask."""
        return Unanswered(self.sentence, is_configuration=True)

    def device(self, device_id: int, *, account_id: int | None = None) -> EnrolledDevice | Unanswered:
        """Nobody to ask."""
        return Unanswered(self.sentence, is_configuration=True)

    def lock(self, device_id: int, message: str, *, account_id: int | None = None) -> Outcome:
        """Nobody to tell."""
        return Refused(self.sentence)

    def unlock(self, device_id: int, *, account_id: int | None = None) -> Outcome:
        """Nobody to tell."""
        return Refused(self.sentence)
