"""Texts and e-mails out of the house: what every gateway for them takes and answers.

A gateway is never called inside a transaction and never raises for what happens on the way: it answers `Sent`, `Refused` (it
surely was not sent) or `Unknown` (it may have been). The same `key` is given for the same message each time, so a service
that knows keys sends it once however often it is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one person."""

    key: str
    """What the message is known by; the same each time it is tried."""
    to: str
    """A number in E.164 or an e-mail address."""
    body: str
    subject: str = ""
    """Of an e-mail."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The service took it; `reference` is what it calls the message."""

    reference: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not sent; `reason` is a sentence for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was sent: the answer was lost on the way."""

    reason: str


Outcome = Sent | Refused | Unknown


class MessageGateway(Protocol):
    """Sends one message."""

    def send(self, letter: Letter) -> Outcome:
        """Hand a message over. Never raises for what the service or the network does."""
        ...
