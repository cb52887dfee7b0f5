"""Card Sync: Square's customers and cards are asked page by page, outside of transactions, and written down page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from app.clock import now
from app.domain.errors import RuleViolation
from app.gateways.card_directory import CardDirectory, Page
from app.gateways.cards import Unanswered
from app.models import Customer, SquareCustomer
from app.services.payments import cards_on_file, square_links
from app.services.staff.audit import Actor
from app.transaction import transaction
from tasks.gateways import directory
from tasks.registry import task
from tasks.work import Result, Work

V = TypeVar("V")
Told = Callable[[str, int], None]
"""(what is being done, how many of it are done)"""


@task()
def sync_cards(work: Work) -> Result:
    """Ask Square for all customers and cards, link what is certain, and keep the cards of those who are linked."""
    found = sync_all(lambda step, done: work.progress(step=step, done=done), actor=work.actor)
    return Result(found, url="/admin/card-sync/")


def sync_all(told: Told = lambda step, done: None, *, actor: Actor) -> dict[str, int]:
    """The same, in this process. Safe to run again from the start. Raises RuleViolation when Square does not answer."""
    began = now()
    counts = {"customers": 0, "gone": 0, "linked": 0, "cards": 0, "changed_cards": 0}
    with directory() as square:
        for customers in _pages(square.customers):
            with transaction() as session:
                counts["customers"] += square_links.keep(session, customers.entries, now=now())
            told("Customers at Square", counts["customers"])
        with transaction() as session:
            counts["gone"] = square_links.note_gone(session, unseen_since=began)
            ranges = square_links.ranges(session)
        counts["linked"] = _match(ranges, told, actor)
        for cards in _pages(square.cards):
            with transaction() as session:
                counts["changed_cards"] += cards_on_file.keep(session, cards.entries, now=now())
            counts["cards"] += len(cards.entries)
            told("Cards at Square", counts["cards"])
    return counts


def _match(ranges: list[tuple[int, int]], told: Told, actor: Actor) -> int:
    """All pairs first: whether one at Square fits two of ours is known only then."""
    for first, last in ranges:
        with transaction() as session:
            square_links.find_pairs(session, first=first, last=last)
    linked = 0
    for first, last in ranges:
        with transaction() as session:
            linked += square_links.decide(session, first=first, last=last, now=now(), actor=actor)
        told("Customers linked", linked)
    return linked


def sync_customer(customer_id: int, *, actor: Actor) -> dict[str, Any]:
    """Ask Square about one customer: find them when they are not linked, and bring their cards up to date."""
    with transaction() as session:
        customer = session.get_one(Customer, customer_id)
        square_id, email = customer.square_customer_id, customer.email
        phones = [phone.e164 for phone in customer.phones if not phone.is_bad]
        references = square_links.references(session, customer_id)
    linked = 0
    with directory() as square:
        if square_id is None:
            asked: list[dict[str, str]] = [
                *({"reference_id": each} for each in references),
                *({"email": email} for _ in range(1) if email),
                *({"phone": each} for each in phones),
            ]
            for each in asked:
                found = _answered(square.search(**each))
                with transaction() as session:
                    square_links.keep(session, found, now=now())
            with transaction() as session:
                square_links.find_pairs(session, first=customer_id, last=customer_id)
            with transaction() as session:
                linked = square_links.decide(session, first=customer_id, last=customer_id, now=now(), actor=actor)
                square_id = session.get_one(Customer, customer_id).square_customer_id
        else:
            one = _answered(square.customer(square_id))
            with transaction() as session:
                square_links.keep(session, [one], now=now())
        return {"linked": linked, "square_customer_id": square_id, **_cards_of(square, square_id)}


def link(customer_id: int, square_customer_id: int, *, actor: Actor) -> dict[str, Any]:
    """Link a customer with one at Square as a person says, and fetch the cards."""
    with transaction() as session:
        square_links.link(session, customer_id, square_customer_id, now=now(), actor=actor)
        square_id = session.get_one(SquareCustomer, square_customer_id).square_id
    with directory() as square:
        return _cards_of(square, square_id)


def disable(card_id: int, square_card_id: str, *, actor: Actor) -> None:
    """Disable a card at Square, then here. Raises RuleViolation when Square does not say that it is disabled."""
    with directory() as square:
        told = _answered(square.disable(square_card_id), "the card is still on file")
    if told.is_enabled:
        raise RuleViolation("Square says that the card is still enabled; try again in a minute.")
    with transaction() as session:
        cards_on_file.note_disabled(session, card_id, told, now=now(), actor=actor)


def _cards_of(square: CardDirectory, square_id: str | None) -> dict[str, int]:
    counts = {"cards": 0, "changed_cards": 0}
    if square_id is None:
        return counts
    for cards in _pages(lambda cursor: square.cards(cursor, customer_id=square_id)):
        with transaction() as session:
            counts["changed_cards"] += cards_on_file.keep(session, cards.entries, now=now())
        counts["cards"] += len(cards.entries)
    return counts


def _pages(ask: Callable[[str | None], Page[V] | Unanswered]) -> Iterator[Page[V]]:
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        page = _answered(ask(cursor))
        yield page
        cursor = page.cursor
        if cursor is None:
            return
        if cursor in seen:
            raise RuleViolation("Square's list turns in circles; try again later.")
        seen.add(cursor)


def _answered(answer: V | Unanswered, but: str = "what was asked before stays as it is") -> V:
    if isinstance(answer, Unanswered):
        raise RuleViolation(f"Square did not answer, so {but}: {answer.reason}")
    return answer
