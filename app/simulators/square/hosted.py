"""What Square shows to people itself: the page behind a payment link. It asks for no token, as Square's does not."""

from __future__ import annotations

import hashlib

from flask import Flask, Response, jsonify, request
from markupsafe import Markup, escape

from app.simulators.square import links
from app.simulators.square.card_behaviour import TYPED
from app.simulators.square.courier import Courier
from app.simulators.square.simulation import Call, Simulation

PUBLIC = ("/checkout/", "/v1/")
"""Where strangers may ask."""
GOOD_NUMBERS = ("4111 1111 1111 1111".replace(" ", ""), "5105105105105100", "4200000000000000", "6011000990139424")
DECLINED_NUMBER = "4000000000000002"
SCRIPT = """// Stands in for Square's Web Payments SDK: the card is typed into a frame of the simulator, a token comes back.
window.Square = {payments: () => ({card: async () => {
  const frame = document.createElement("iframe");
  frame.src = "ORIGIN/v1/card-fields";
  frame.title = "Card number, expiry and postal code";
  frame.style.cssText = "width: 100%; max-width: 36rem; height: 6rem; border: 0; display: block";
  return {
    attach: (place) => new Promise((done) => {
      frame.addEventListener("load", () => done(), {once: true});
      document.querySelector(place).append(frame);
    }),
    tokenize: () => new Promise((done) => {
      const heard = (event) => {
        if (event.origin !== "ORIGIN" || event.source !== frame.contentWindow) return;
        window.removeEventListener("message", heard);
        done(event.data.token ? {status: "OK", token: event.data.token}
          : {status: "INVALID", errors: [{message: event.data.error}]});
      };
      window.addEventListener("message", heard);
      frame.contentWindow.postMessage("tokenize", "ORIGIN");
    }),
  };
}})};
"""
FIELDS = """<!doctype html><html lang=en><meta charset=utf-8><title>Card</title>
<style>:root{color-scheme:light dark}body{font:15px system-ui;margin:4px;display:flex;gap:8px;flex-wrap:wrap}
input{font:inherit;padding:6px 8px;min-width:0}#n{flex:2 1 11em}#e,#z{flex:1 1 5em}</style>
<input id=n aria-label="Card number" placeholder="4111 1111 1111 1111" inputmode=numeric autocomplete=off>
<input id=e aria-label="Expiry" placeholder="MM/YY" autocomplete=off>
<input id=z aria-label="Postal code" placeholder="ZIP" autocomplete=off>
<script>
addEventListener("message", async (event) => {
  if (event.data !== "tokenize") return;
  const answer = await fetch("/v1/tokens", {method: "POST", body: new URLSearchParams({number: n.value})});
  event.source.postMessage(await answer.json(), event.origin);
});
</script></html>
"""
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

    @application.get("/v1/square.js")
    def script() -> Response:
        return Response(SCRIPT.replace("ORIGIN", simulation.address), mimetype="text/javascript")

    @application.get("/v1/card-fields")
    def fields() -> Response:
        return Response(FIELDS, mimetype="text/html")

    @application.post("/v1/tokens")
    def token() -> tuple[Response, int]:
        number = "".join(filter(str.isdigit, request.form.get("number", "")))
        if number == DECLINED_NUMBER:
            return jsonify({"token": "cnon:decline-GENERIC_DECLINE"}), 200
        if number not in GOOD_NUMBERS:
            return jsonify(error=f"Use a test card, such as {GOOD_NUMBERS[0]}."), 400
        mark = hashlib.sha256(number.encode()).hexdigest()[:16]
        return jsonify(token=f"{TYPED}{mark}-{number[-4:]}"), 200


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
