"""Square's directory as a fake: customers and cards in a dictionary, a page at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from flask import Flask

from app.domain.payments.square_events import Notice
from app.gateways.card_directory import CardOnFile, Page, ProcessorCustomer
from app.gateways.cards import Unanswered
from tasks.gateways import FAKE_DIRECTORY


class FakeDirectory:
    """Two entries a page. `problem` makes it answer nothing."""

    def __init__(self) -> None:
        self.people: dict[str, ProcessorCustomer] = {}
        self.plastic: dict[str, CardOnFile] = {}
        self.happened: list[Notice] = []
        self.problem: str | None = None
        self.cards_are_silent = False

    def add(self, id: str, *, cards: Sequence[str] = (), **told: object) -> None:
        """A customer with cards."""
        self.people[id] = ProcessorCustomer(id, **told)  # type: ignore[arg-type]
        for card in cards:
            self.plastic[card] = CardOnFile(card, id, "VISA", "1111", 12, 2030, True, 1, f"print of {card}")

    def customers(self, cursor: str | None = None) -> Page[ProcessorCustomer] | Unanswered:
        """All of them."""
        return self._page(list(self.people.values()), cursor)

    def customer(self, customer_id: str) -> ProcessorCustomer | Unanswered:
        """One of them."""
        return self.people.get(customer_id) or Unanswered("NOT_FOUND", is_not_found=True)

    def search(
        self, *, reference_id: str | None = None, email: str | None = None, phone: str | None = None
    ) -> Sequence[ProcessorCustomer] | Unanswered:
        """By exactly one thing."""
        if self.problem:
            return Unanswered(self.problem)
        asked = {name: value.casefold() for name, value in (("email", email), ("phone", phone)) if value}
        if reference_id:
            asked["reference_id"] = reference_id.casefold()
        return [
            one
            for one in self.people.values()
            if all((getattr(one, name) or "").casefold() == value for name, value in asked.items())
        ]

    def cards(self, cursor: str | None = None, *, customer_id: str | None = None) -> Page[CardOnFile] | Unanswered:
        """All, or one customer's."""
        return self._page([card for card in self.plastic.values() if customer_id in (None, card.customer_id)], cursor)

    def card(self, card_id: str) -> CardOnFile | Unanswered:
        """One of them."""
        if self.cards_are_silent:
            return Unanswered("HTTP 500")
        return self.plastic.get(card_id) or Unanswered("NOT_FOUND", is_not_found=True)

    def events(self, since: dt.datetime, cursor: str | None = None) -> Page[Notice] | Unanswered:
        """What happened since a moment."""
        return self._page([one for one in self.happened if one.happened_at >= since], cursor)

    def add_card(self, customer_id: str, *, token: str, key: str) -> CardOnFile | Unanswered:
        """One by its key; the token ends with the last four."""
        if self.problem:
            return Unanswered(self.problem)
        card = CardOnFile(f"ccof:{key}", customer_id, "VISA", token[-4:], 12, 2031, True, 1, f"print of {token}")
        return self.plastic.setdefault(card.id, card)

    def disable(self, card_id: str) -> CardOnFile | Unanswered:
        """For good."""
        if self.problem:
            return Unanswered(self.problem)
        card = self.plastic[card_id]
        self.plastic[card_id] = replace(card, is_enabled=False, version=card.version + 1)
        return self.plastic[card_id]

    def _page(self, entries: Sequence, cursor: str | None) -> Page | Unanswered:  # type: ignore[type-arg]
        if self.problem:
            return Unanswered(self.problem)
        first = int(cursor or 0)
        return Page(entries[first : first + 2], str(first + 2) if first + 2 < len(entries) else None)


@pytest.fixture
def square(app: Flask, headless_app: Flask) -> Iterator[FakeDirectory]:
    """What the product asks instead of Square."""
    fake = FakeDirectory()
    for each in (app, headless_app):
        each.config[FAKE_DIRECTORY] = fake
    yield fake
    for each in (app, headless_app):
        del each.config[FAKE_DIRECTORY]
