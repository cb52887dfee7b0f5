"""Customers and cards from a list, the same identifiers and plastic on every run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.simulators.square import cards, customers, identifiers
from app.simulators.square.card_behaviour import APPROVE, BEHAVIOURS, plastic
from app.simulators.square.checks import REQUIRED, TEXT, Field, check_body
from app.simulators.square.errors import Refused, WrongControl
from app.simulators.square.simulation import Simulation

CUSTOMER = {
    "reference_id": REQUIRED,
    **dict.fromkeys(("given_name", "family_name", "email", "phone"), Field(may_be_null=True)),
    "cards": Field("array"),
}
_CARD_TEXTS = ("brand", "last_4", "bin", "card_type", "prepaid_type", "fingerprint", "cardholder_name", "postal_code",
               "reference_id", "behaviour")  # fmt: skip
CARD = {
    **dict.fromkeys(_CARD_TEXTS, TEXT),
    **dict.fromkeys(("exp_month", "exp_year"), Field("integer")),
    "enabled": Field("boolean"),
}


class WrongSeed(WrongControl):
    """A row that cannot be seeded; says which and why."""


def seed(simulation: Simulation, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make the customers that are not there yet, with their cards. Runs in a transaction.

    A row is {reference_id, given_name, family_name, email, phone, cards: [{behaviour, last_4, ...}]}; all but the
    reference may be missing. Answers [{reference_id, customer_id, card_ids}] in the same order.
    """
    return [_seed_one(simulation, number, row) for number, row in enumerate(rows, start=1)]


def _seed_one(simulation: Simulation, number: int, row: dict[str, Any]) -> dict[str, Any]:
    _check(f"Row {number}", row, CUSTOMER)
    reference_id = row["reference_id"]
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
    _check(where, card, CARD)
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


def _check(where: str, row: Any, fields: Mapping[str, Field]) -> None:
    if not isinstance(row, dict):
        raise WrongSeed(f"{where} is not an object.")
    try:
        check_body(row, fields)
    except Refused as refusal:
        raise WrongSeed(f"{where}: {refusal}") from refusal
