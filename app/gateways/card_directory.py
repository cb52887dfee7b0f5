"""Customers and their cards on file at a processor: what may be asked, and values for the answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from app.domain.payments.square_events import Notice
from app.gateways.cards import Unanswered

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class ProcessorCustomer:
    """A customer as the processor knows them."""

    id: str
    reference_id: str | None = None
    given_name: str = ""
    family_name: str = ""
    email: str | None = None
    phone: str | None = None
    """As it was typed there."""
    version: int = 0


@dataclass(frozen=True, slots=True)
class CardOnFile:
    """A card that the processor keeps."""

    id: str
    customer_id: str
    brand: str
    last_four: str
    expires_month: int
    expires_year: int
    is_enabled: bool
    version: int
    fingerprint: str | None = None
    issuer_alert: str | None = None
    issuer_alert_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[V]):
    """Some entries of a list, and where it goes on; None at its end."""

    entries: Sequence[V]
    cursor: str | None = None


class CardDirectory(Protocol):
    """What the product asks about customers and cards. No method raises for what went wrong outside."""

    def customers(self, cursor: str | None = None) -> Page[ProcessorCustomer] | Unanswered:
        """Some of all customers, from a cursor on."""

    def customer(self, customer_id: str) -> ProcessorCustomer | Unanswered:
        """One customer as they are now."""

    def search(
        self, *, reference_id: str | None = None, email: str | None = None, phone: str | None = None
    ) -> Sequence[ProcessorCustomer] | Unanswered:
        """Customers with exactly this reference, e-mail or phone; processors cannot search by name."""

    def cards(self, cursor: str | None = None, *, customer_id: str | None = None) -> Page[CardOnFile] | Unanswered:
        """Some of all cards, or of one customer's, disabled ones too."""

    def card(self, card_id: str) -> CardOnFile | Unanswered:
        """One card as it is now."""

    def events(self, since: dt.datetime, cursor: str | None = None) -> Page[Notice] | Unanswered:
        """Some of what happened since a moment, the oldest first, whether or not we were told."""

    def add_card(self, customer_id: str, *, token: str, key: str) -> CardOnFile | Unanswered:
        """Keep the card that a token of the hosted fields stands for. The same key makes one card."""

    def disable(self, card_id: str) -> CardOnFile | Unanswered:
        """Make a card unusable for good. Doing it twice changes nothing."""


class NoDirectory:
    """Answers nothing, with the sentence that says why."""

    def __init__(self, sentence: str) -> None:
        self._unanswered = Unanswered(sentence, is_configuration=True)

    def customers(self, cursor: str | None = None) -> Page[ProcessorCustomer] | Unanswered:
        """Nobody to ask."""
        return self._unanswered

    def customer(self, customer_id: str) -> ProcessorCustomer | Unanswered:
        """Nobody to ask."""
        return self._unanswered

    def search(
        self, *, reference_id: str | None = None, email: str | None = None, phone: str | None = None
    ) -> Sequence[ProcessorCustomer] | Unanswered:
        """Nobody to ask."""
        return self._unanswered

    def cards(self, cursor: str | None = None, *, customer_id: str | None = None) -> Page[CardOnFile] | Unanswered:
        """Nobody to ask."""
        return self._unanswered

    def card(self, card_id: str) -> CardOnFile | Unanswered:
        """Nobody to ask."""
        return self._unanswered

    def events(self, since: dt.datetime, cursor: str | None = None) -> Page[Notice] | Unanswered:
        """Nobody to ask."""
        return self._unanswered

    def add_card(self, customer_id: str, *, token: str, key: str) -> CardOnFile | Unanswered:
        """Nobody to ask."""
        return self._unanswered

    def disable(self, card_id: str) -> CardOnFile | Unanswered:
        """Nobody to ask."""
        return self._unanswered
