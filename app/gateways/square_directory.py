"""Square's customers and cards, asked through the gateway that speaks its SDK."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from app import clock
from app.domain.payments.square_events import Notice, notice_of
from app.gateways.card_directory import CardOnFile, Page, ProcessorCustomer
from app.gateways.cards import Unanswered
from app.gateways.square import SquareGateway, unanswered
from app.gateways.square_answers import Document, Failure, moment

V = TypeVar("V")
CUSTOMERS_PER_PAGE = 100
EVENTS_PER_PAGE = 100
MISSING = Unanswered("Square answered without what was asked for.")


class SquareDirectory:
    """Customers and cards on file."""

    def __init__(self, gateway: SquareGateway) -> None:
        self._gateway = gateway

    def customers(self, cursor: str | None = None) -> Page[ProcessorCustomer] | Unanswered:
        """ListCustomers, 100 a page."""
        asked = {"limit": CUSTOMERS_PER_PAGE, **({"cursor": cursor} if cursor else {})}
        return self._page("GET /v2/customers", "customers", asked, customer_of)

    def customer(self, customer_id: str) -> ProcessorCustomer | Unanswered:
        """RetrieveCustomer."""
        return self._one(
            "GET /v2/customers/{customer_id}",
            {"customer_id": customer_id},
            lambda square, options: square.customers.get(customer_id, request_options=options),
            lambda answer: customer_of(answer.get("customer") or {}),
        )

    def search(
        self, *, reference_id: str | None = None, email: str | None = None, phone: str | None = None
    ) -> Sequence[ProcessorCustomer] | Unanswered:
        """SearchCustomers by whatever is given; the first page is enough for what is exact."""
        given = {"reference_id": reference_id, "email_address": email, "phone_number": phone}
        query = {"filter": {name: {"exact": value} for name, value in given.items() if value}}
        answer = self._gateway.ask(
            "POST /v2/customers/search",
            {"query": query},
            lambda square, options: square.customers.search(query=query, request_options=options),
        )
        if isinstance(answer, Failure):
            return unanswered(answer)
        return [found for each in answer.get("customers") or () if (found := customer_of(each)) is not None]

    def cards(self, cursor: str | None = None, *, customer_id: str | None = None) -> Page[CardOnFile] | Unanswered:
        """ListCards, 25 a page."""
        given = {"cursor": cursor, "customer_id": customer_id}
        asked = {"include_disabled": True, **{name: value for name, value in given.items() if value}}
        return self._page("GET /v2/cards", "cards", asked, card_of)

    def card(self, card_id: str) -> CardOnFile | Unanswered:
        """RetrieveCard."""
        return self._one(
            "GET /v2/cards/{card_id}",
            {"source_id": card_id},
            lambda square, options: square.cards.get(card_id, request_options=options),
            lambda answer: card_of(answer.get("card") or {}),
        )

    def add_card(self, customer_id: str, *, token: str, key: str) -> CardOnFile | Unanswered:
        """CreateCard from a token of the Web Payments SDK, once by its key."""
        asked: dict[str, Any] = {"idempotency_key": key, "source_id": token, "card": {"customer_id": customer_id}}
        return self._one(
            "POST /v2/cards",
            asked,
            lambda square, options: square.cards.create(**asked, request_options=options),
            lambda answer: card_of(answer.get("card") or {}),
        )

    def disable(self, card_id: str) -> CardOnFile | Unanswered:
        """DisableCard."""
        return self._one(
            "POST /v2/cards/{card_id}/disable",
            {"source_id": card_id},
            lambda square, options: square.cards.disable(card_id, request_options=options),
            lambda answer: card_of(answer.get("card") or {}),
        )

    def events(self, since: dt.datetime, cursor: str | None = None) -> Page[Notice] | Unanswered:
        """SearchEvents, 100 a page; Square keeps them for 28 days."""
        since -= clock.ahead()
        period = {"start_at": since.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")}
        asked: dict[str, Any] = {
            "limit": EVENTS_PER_PAGE,
            "query": {"filter": {"created_at": period}, "sort": {"field": "DEFAULT", "order": "ASC"}},
            **({"cursor": cursor} if cursor else {}),
        }
        answer = self._gateway.ask(
            "POST /v2/events", asked, lambda square, options: square.events.search_events(**asked, request_options=options)
        )
        if isinstance(answer, Failure):
            return unanswered(answer)
        found = [notice for each in answer.get("events") or () if (notice := notice_of(each)) is not None]
        return Page(found, answer.get("cursor") or None)

    def _one(
        self,
        endpoint: str,
        asked: Mapping[str, Any],
        call: Callable[[Any, dict[str, Any]], Any],
        read: Callable[[Document], V | None],
    ) -> V | Unanswered:
        answer = self._gateway.ask(endpoint, asked, call)
        if isinstance(answer, Failure):
            return unanswered(answer)
        found = read(answer)
        return MISSING if found is None else found

    def _page(
        self, endpoint: str, room: str, asked: Mapping[str, Any], read: Callable[[Document], V | None]
    ) -> Page[V] | Unanswered:
        answer = self._gateway.ask(
            endpoint, asked, lambda square, options: getattr(square, room).list(**asked, request_options=options).response
        )
        if isinstance(answer, Failure):
            return unanswered(answer)
        found = [entry for each in answer.get(room) or () if (entry := read(each)) is not None]
        return Page(found, answer.get("cursor") or None)


def customer_of(document: Document) -> ProcessorCustomer | None:
    """A customer out of Square's document."""
    if not document.get("id"):
        return None
    return ProcessorCustomer(
        str(document["id"]),
        document.get("reference_id") or None,
        str(document.get("given_name") or ""),
        str(document.get("family_name") or ""),
        document.get("email_address") or None,
        document.get("phone_number") or None,
        int(document.get("version") or 0),
    )


def card_of(document: Document) -> CardOnFile | None:
    """A card out of Square's document; None when it lacks what a card must have.

    >>> card_of({"id": "ccof:1", "customer_id": "C", "exp_month": 3, "exp_year": 2030, "last_4": "1111"}).is_enabled
    True
    """
    needed = ("id", "customer_id", "exp_month", "exp_year", "last_4")
    if not all(document.get(name) for name in needed):
        return None
    return CardOnFile(
        str(document["id"]),
        str(document["customer_id"]),
        str(document.get("card_brand") or "OTHER_BRAND"),
        str(document["last_4"]),
        int(document["exp_month"]),
        int(document["exp_year"]),
        document.get("enabled") is not False,
        int(document.get("version") or 0),
        document.get("fingerprint") or None,
        document.get("issuer_alert") or None,
        moment(document.get("issuer_alert_at")),
    )
