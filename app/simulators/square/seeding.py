"""Customers and cards from a list, the same identifiers and plastic on every run."""

from __future__ import annotations

from typing import Any

from app.simulators.square import cards, customers, identifiers
from app.simulators.square.card_behaviour import APPROVE, BEHAVIOURS, plastic
from app.simulators.square.errors import WrongControl
from app.simulators.square.simulation import Simulation

CUSTOMER_FIELDS = ("reference_id", "given_name", "family_name", "email", "phone", "cards")
CARD_FIELDS = (
    "brand", "last_4", "bin", "exp_month", "exp_year", "card_type", "prepaid_type", "fingerprint", "cardholder_name",
    "postal_code", "reference_id", "behaviour", "enabled",
)  # fmt: skip


class WrongSeed(WrongControl):
    """A row that cannot be seeded; says which and why."""


def seed(simulation: Simulation, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make the customers that are not there yet, with their cards. Runs in a transaction.

    A row is {reference_id, given_name, family_name, email, phone, cards: [{behaviour, last_4, ...}]}; all but the
    reference may be missing. Answers [{reference_id, customer_id, card_ids}] in the same order.
    """
    return [_seed_one(simulation, number, row) for number, row in enumerate(rows, start=1)]


def _seed_one(simulation: Simulation, number: int, row: dict[str, Any]) -> dict[str, Any]:
    _check(f"Row {number}", row, CUSTOMER_FIELDS)
    reference_id = row.get("reference_id")
    if not isinstance(reference_id, str) or not reference_id:
        raise WrongSeed(f"Row {number} has no reference_id.")
    customer_id = identifiers.customer_id(reference_id)
    if simulation.documents.find("customer", customer_id) is None:
        given = {
            "reference_id": reference_id,
            "given_name": row.get("given_name"),
            "family_name": row.get("family_name"),
            "email_address": row.get("email"),
            "phone_number": row.get("phone"),
        }
        customers.add(simulation, customer_id, {name: value for name, value in given.items() if value})
    card_ids = [
        _seed_card(simulation, f"{reference_id} {place}", f"Row {number}, card {place}", customer_id, row, card)
        for place, card in enumerate(row.get("cards", []), start=1)
    ]
    return {"reference_id": reference_id, "customer_id": customer_id, "card_ids": card_ids}


def _seed_card(
    simulation: Simulation, words: str, where: str, customer_id: str, row: dict[str, Any], card: dict[str, Any]
) -> str:
    _check(where, card, CARD_FIELDS)
    behaviour = card.get("behaviour", APPROVE)
    if behaviour not in BEHAVIOURS:
        raise WrongSeed(f"{where}: there is no behaviour `{behaviour}`. Known: {', '.join(BEHAVIOURS)}.")
    card_id = identifiers.card_id(words)
    if simulation.documents.find("card", card_id) is None:
        name = " ".join(part for part in (row.get("given_name"), row.get("family_name")) if part)
        shown: dict[str, Any] = {"customer_id": customer_id, "enabled": card.get("enabled", True)}
        if card.get("cardholder_name", name):
            shown["cardholder_name"] = card.get("cardholder_name", name)
        if "reference_id" in card:
            shown["reference_id"] = card["reference_id"]
        if "postal_code" in card:
            shown["billing_address"] = {"postal_code": card["postal_code"], "country": "US"}
        cards.add(simulation, card_id, plastic(words, card), shown, behaviour)
    return card_id


def _check(where: str, row: Any, fields: tuple[str, ...]) -> None:
    if not isinstance(row, dict):
        raise WrongSeed(f"{where} is not an object.")
    unknown = [name for name in row if name not in fields]
    if unknown:
        raise WrongSeed(f"{where} has unknown fields: {', '.join(unknown)}. Known: {', '.join(fields)}.")
