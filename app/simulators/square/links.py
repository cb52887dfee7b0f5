"""Payment links: create, list, get, delete; and the customer who pays by one, as a control and as the page itself."""

from __future__ import annotations

from typing import Any

from app.simulators.square import identifiers
from app.simulators.square.card_charge import charge
from app.simulators.square.checks import OBJECT, REQUIRED, TEXT, Field, check_body
from app.simulators.square.documents import Document, Question
from app.simulators.square.errors import WrongControl, refuse
from app.simulators.square.idempotency import answer_once
from app.simulators.square.locations import location
from app.simulators.square.pages import answer_page
from app.simulators.square.simulation import CURRENCY, Answer, Call, Simulation

CREATE = {
    "idempotency_key": Field(longest=192),
    "description": Field(longest=4096),
    "quick_pay": OBJECT,
    "order": OBJECT,
    "checkout_options": OBJECT,
    "pre_populated_data": OBJECT,
    "payment_note": Field(longest=500),
}
QUICK_PAY = {"name": REQUIRED, "price_money": Field("money", is_required=True), "location_id": REQUIRED}
PER_PAGE = 100
GOOD_CARD = "cnon:card-nonce-ok"


def create(simulation: Simulation, call: Call) -> Answer:
    """CreatePaymentLink for one amount."""
    check_body(call.body, CREATE)
    if "quick_pay" not in call.body:
        raise refuse("MISSING_REQUIRED_PARAMETER", "This simulator makes links by `quick_pay` only.", "quick_pay")
    check_body(call.body["quick_pay"], QUICK_PAY)
    return answer_once(simulation, "CreatePaymentLink", call.body, lambda: _create(simulation, call.body))


def _create(simulation: Simulation, body: Document) -> Answer:
    wanted = body["quick_pay"]
    location(wanted["location_id"])
    if wanted["price_money"]["currency"] != CURRENCY:
        raise refuse("CURRENCY_MISMATCH", f"This seller takes {CURRENCY}.", "quick_pay.price_money.currency")
    if wanted["price_money"]["amount"] < 1:
        raise refuse("VALUE_TOO_LOW", "The price must be greater than 0.", "quick_pay.price_money.amount")
    at, id = simulation.stamp(), identifiers.link_id()
    link: Document = {
        "id": id,
        "version": 1,
        "order_id": identifiers.order_id(),
        "url": f"{simulation.address}/checkout/{id}",
        "long_url": f"{simulation.address}/checkout/{id}?src=link",
        "created_at": at,
    }
    link |= {name: body[name] for name in ("checkout_options", "payment_note", "description") if name in body}
    simulation.insert("payment_link", link, hidden={"quick_pay": wanted})
    return Answer({"payment_link": link})


def retrieve(simulation: Simulation, call: Call) -> Answer:
    """RetrievePaymentLink."""
    return Answer({"payment_link": _known(simulation, call.ids["link_id"])})


def listing(simulation: Simulation, call: Call) -> Answer:
    """ListPaymentLinks, oldest first."""
    question = Question("payment_link", is_descending=False)
    return answer_page(simulation, "payment_links", question, cursor=call.query.get("cursor"), limit=PER_PAGE)


def delete(simulation: Simulation, call: Call) -> Answer:
    """DeletePaymentLink: its page is gone and its order canceled."""
    link = _known(simulation, call.ids["link_id"])
    simulation.documents.delete("payment_link", link["id"])
    return Answer({"id": link["id"], "cancelled_order_id": link["order_id"]})


def pay(simulation: Simulation, call: Call) -> Answer:
    """A customer pays on the page: `{source_id}`, a good card when none is named. A link is paid once."""
    check_body(call.body, {"source_id": TEXT})
    link = simulation.documents.find("payment_link", call.ids["id"])
    if link is None:
        raise WrongControl(f"There is no payment link `{call.ids['id']}`.")
    if is_paid(simulation, link):
        raise WrongControl("This link is paid already.")
    wanted = simulation.documents.hidden("payment_link", link["id"])["quick_pay"]
    request: dict[str, Any] = {
        "source_id": call.body.get("source_id", GOOD_CARD),
        "idempotency_key": identifiers.token(),
        "amount_money": wanted["price_money"],
        "location_id": wanted["location_id"],
        "order_id": link["order_id"],
        **({"note": link["payment_note"]} if "payment_note" in link else {}),
    }
    answer = charge(simulation, Call(body=request))
    if answer.status == 200:
        hidden = simulation.documents.hidden("payment_link", link["id"])
        simulation.documents.hide("payment_link", link["id"], {**hidden, "paid_by": answer.body["payment"]["id"]})
    return answer


def is_paid(simulation: Simulation, link: Document) -> bool:
    """Whether money was taken on the page."""
    return "paid_by" in simulation.documents.hidden("payment_link", link["id"])


def quick_pay(simulation: Simulation, link: Document) -> Document:
    """What a link asks for: name, price_money, location_id."""
    wanted: Document = simulation.documents.hidden("payment_link", link["id"])["quick_pay"]
    return wanted


def _known(simulation: Simulation, link_id: str) -> Document:
    link = simulation.documents.find("payment_link", link_id)
    if link is None:
        raise refuse("NOT_FOUND", f"Could not find payment link with id: {link_id}", "id")
    return link
