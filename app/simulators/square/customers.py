"""Customers: create, retrieve, list, search, update, delete."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.simulators.square import identifiers
from app.simulators.square.checks import OBJECT, TEXT, Field, check_body, flag, is_descending, page_size
from app.simulators.square.customer_search import question_of
from app.simulators.square.documents import Document, Question
from app.simulators.square.errors import refuse
from app.simulators.square.idempotency import answer_once
from app.simulators.square.pages import answer_page
from app.simulators.square.simulation import Answer, Call, Simulation

MOST_PER_PAGE = 100

_NAMED_BY = ("given_name", "family_name", "company_name", "email_address", "phone_number")
CREATE = {
    "idempotency_key": TEXT,
    **dict.fromkeys((*_NAMED_BY, "nickname", "reference_id", "note", "birthday"), TEXT),
    "address": OBJECT,
    "tax_ids": OBJECT,
}
UPDATE = {
    **{name: Field(field.shape, may_be_null=True) for name, field in CREATE.items() if name != "idempotency_key"},
    "version": Field("integer"),
}
SEARCH = {"cursor": TEXT, "limit": Field("integer"), "query": OBJECT, "count": Field("boolean")}


def create(simulation: Simulation, call: Call) -> Answer:
    """CreateCustomer: at least a name, a company, an e-mail address or a phone number."""
    check_body(call.body, CREATE)
    return answer_once(simulation, "CreateCustomer", call.body, lambda: Answer({"customer": _create(simulation, call.body)}))


def _create(simulation: Simulation, body: Document) -> Document:
    return add(simulation, identifiers.customer_id(), {name: body[name] for name in body if name != "idempotency_key"})


def add(simulation: Simulation, id: str, given: Document) -> Document:
    """Keep a new customer and announce it."""
    _check_words(given)
    at = simulation.stamp()
    customer = {
        "id": id,
        "created_at": at,
        "updated_at": at,
        **given,
        "preferences": {"email_unsubscribed": False},
        "creation_source": "THIRD_PARTY",
        "version": 0,
    }
    simulation.insert("customer", customer)
    simulation.announce("customer.created", customer)
    return customer


def retrieve(simulation: Simulation, call: Call) -> Answer:
    """RetrieveCustomer."""
    return Answer({"customer": _known(simulation, call.ids["customer_id"])})


def listing(simulation: Simulation, call: Call) -> Answer:
    """ListCustomers, oldest first unless told."""
    question = Question("customer", is_descending=is_descending(call.query.get("sort_order"), default=False))
    page = answer_page(
        simulation,
        "customers",
        question,
        cursor=call.query.get("cursor"),
        limit=page_size(call.query.get("limit"), most=MOST_PER_PAGE),
    )
    if flag(call.query.get("count"), "count"):
        page.body["count"] = simulation.documents.count(question)
    return page


def search(simulation: Simulation, call: Call) -> Answer:
    """SearchCustomers by e-mail address, phone number, reference and time. Square cannot search by name, and neither can this."""
    check_body(call.body, SEARCH)
    question = question_of(call.body.get("query", {}))
    page = answer_page(
        simulation,
        "customers",
        question,
        cursor=call.body.get("cursor"),
        limit=page_size(str(call.body.get("limit", MOST_PER_PAGE)), most=MOST_PER_PAGE),
    )
    if call.body.get("count"):
        page.body["count"] = simulation.documents.count(question)
    return page


def update(simulation: Simulation, call: Call) -> Answer:
    """UpdateCustomer: only what is sent; null clears. A version that is not the current one is a conflict."""
    check_body(call.body, UPDATE)
    customer = _known(simulation, call.ids["customer_id"])
    if call.body.get("version", customer["version"]) != customer["version"]:
        raise refuse("CONFLICT", f"Customer {customer['id']} has version {customer['version']}.", "version")
    changes = {name: value for name, value in call.body.items() if name != "version"}
    changed = {name: value for name, value in {**customer, **changes}.items() if value is not None}
    _check_words(changed)
    changed |= {"updated_at": simulation.stamp(), "version": customer["version"] + 1}
    simulation.update("customer", changed)
    simulation.announce("customer.updated", changed)
    return Answer({"customer": changed})


def delete(simulation: Simulation, call: Call) -> Answer:
    """DeleteCustomer: the customer and all cards on file are gone."""
    customer = _known(simulation, call.ids["customer_id"])
    for card in simulation.documents.all(Question("card", equal={"customer_id": customer["id"]})):
        simulation.documents.delete("card", card["id"])
        names = ("id", "customer_id", "enabled", "reference_id", "version", "merchant_id")
        simulation.announce("card.forgotten", {name: card[name] for name in names if name in card} | {"enabled": False})
    simulation.documents.delete("customer", customer["id"])
    simulation.announce("customer.deleted", customer)
    return Answer({})


def _known(simulation: Simulation, customer_id: str) -> Document:
    customer = simulation.documents.find("customer", customer_id)
    if customer is None:
        raise refuse("NOT_FOUND", f"Customer with ID `{customer_id}` not found.", "customer_id")
    return customer


def _is_email(text: str) -> bool:
    return re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text) is not None


def _is_phone(text: str) -> bool:
    return re.fullmatch(r"\+?[\d ().-]+", text) is not None and 9 <= sum(map(str.isdigit, text)) <= 16


_WORDS: dict[str, tuple[Callable[[str], bool], str]] = {
    "email_address": (_is_email, "INVALID_EMAIL_ADDRESS"),
    "phone_number": (_is_phone, "INVALID_PHONE_NUMBER"),
}


def _check_words(customer: dict[str, Any]) -> None:
    if not any(customer.get(name) for name in _NAMED_BY):
        raise refuse("BAD_REQUEST", f"At least one of {', '.join(_NAMED_BY)} must be set.")
    for name, (is_good, code) in _WORDS.items():
        if name in customer and not is_good(customer[name]):
            raise refuse(code, f"`{customer[name]}` is not a good `{name}`.", name)
