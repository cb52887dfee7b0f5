"""What Square shows to people itself: the page behind a payment link. It asks for no token, as Square's does not."""

from __future__ import annotations

from flask import Flask, Response, request
from markupsafe import Markup, escape

from app.simulators.square import links
from app.simulators.square.courier import Courier
from app.simulators.square.simulation import Call, Simulation

PUBLIC = ("/checkout/", "/v1/")
"""Where strangers may ask."""
CARDS = {"cnon:card-nonce-ok": "A good card", "cnon:card-nonce-declined": "A card that is declined"}


def install(application: Flask, simulation: Simulation, courier: Courier) -> None:
    """Add the pages to the simulator's application."""

    @application.get("/checkout/<id>")
    def checkout(id: str) -> tuple[Response, int]:
        with simulation.store.transaction():
            return _checkout(simulation, id)

    @application.post("/checkout/<id>")
    def pay(id: str) -> tuple[Response, int]:
        source = request.form.get("source_id", "")
        with simulation.store.transaction():
            link = simulation.documents.find("payment_link", id)
            if link is None or links.is_paid(simulation, link) or source not in CARDS:
                return _checkout(simulation, id)
            answer = links.pay(simulation, Call(body={"source_id": source}, ids={"id": id}))
        courier.wake()
        said = "Thank you, it is paid." if answer.status == 200 else "The card was declined; try another one."
        return _page(said, Markup("<p><a href=''>Back</a></p>"))


def _checkout(simulation: Simulation, id: str) -> tuple[Response, int]:
    link = simulation.documents.find("payment_link", id)
    if link is None:
        return _page("This link is not there any more.", Markup(""), 404)
    if links.is_paid(simulation, link):
        return _page("This is paid already.", Markup(""))
    wanted = links.quick_pay(simulation, link)
    cents = wanted["price_money"]["amount"]
    choices = Markup("").join(
        Markup("<p><label><input type=radio name=source_id value={} required> {}</label></p>").format(token, said)
        for token, said in CARDS.items()
    )
    form = Markup("<form method=post>{}<button>Pay ${}.{:02d}</button></form>").format(choices, f"{cents // 100:,}", cents % 100)
    return _page(str(wanted["name"]), form)


def _page(said: str, more: Markup, status: int = 200) -> tuple[Response, int]:
    page = Markup(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        "<title>Simulated checkout</title><body style='font:16px system-ui;max-width:28rem;margin:3rem auto;padding:0 1rem'>"
        "<p>Simulated checkout, no money moves</p><h1>{}</h1>{}</body></html>"
    ).format(escape(said), more)
    return Response(str(page), mimetype="text/html"), status
