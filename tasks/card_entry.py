"""The doorway for a card that a customer gives: Square keeps it, made from the token that its own fields have given."""

from __future__ import annotations

from app.clock import now
from app.domain.errors import RuleViolation
from app.gateways.cards import Unanswered
from app.models import Customer
from app.services.payments import cards_on_file
from app.services.staff.audit import Actor
from app.transaction import transaction
from tasks.gateways import directory


def add(customer_id: int, *, token: str, key: str, actor: Actor) -> str:
    """Let Square keep a card for a customer; the card in words. The same `key` with the same token makes one card.

    Raises RuleViolation when the customer is not linked to Square, and when Square refuses the card or does not answer.
    """
    with transaction() as session:
        square_id = session.get_one(Customer, customer_id).square_customer_id
    if not square_id:
        raise RuleViolation("The customer is not linked to Square; find them on Card Sync first.")
    with directory() as square:
        card = square.add_card(square_id, token=token, key=key)
    if isinstance(card, Unanswered):
        said = f"No card was added that we know of: {card.reason} Look at the customer on Card Sync, then try again."
        raise RuleViolation(said)
    with transaction() as session:
        cards_on_file.keep(session, [card], now=now())
        return cards_on_file.tell_added(session, customer_id, card, now=now(), actor=actor)
