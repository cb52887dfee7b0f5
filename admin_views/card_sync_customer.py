"""Card Sync, one customer: who they are at Square, their cards, and what a supervisor may do about both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin_views.base import Page, expose
from admin_views.gate import actor, viewer, visible
from app.clock import now, today
from app.domain.collections.signals import EXPIRING_DAYS
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Card, Customer, SquareCustomer
from app.queries.payments import square
from app.services.payments import cards_on_file, square_links
from app.transaction import transaction
from app.workbooks import contacts
from tasks import card_sync

LONGEST_SEARCH = 120


class CardSyncCustomer(Page):
    """Find, link, unlink, refresh, choose the primary card, disable one."""

    title = "Card Sync"
    url = "/admin/card-sync"
    endpoint = "card_sync_customer"
    minimum_role = Role.SUPERVISOR

    @expose("/<int:customer_id>")
    def page(self, customer_id: int) -> ResponseReturnValue:
        """The customer's page."""
        session, who = db.session(), viewer()
        customer = visible(session, Customer, customer_id)
        words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
        cards = [_card(one) for one in square.cards_of(session, customer_id)]
        is_open = not customer.square_customer_id
        candidates: list[dict[str, Any]] = [
            {"there": one.square_customer, "why": one.why} for one in square.matches_of(session, customer_id)
        ]
        results: list[dict[str, Any]] = [
            {"there": one, "why": None} for one in square.search(session, words, who, phone=contacts.phone(words)[0])
        ]
        offered = {row["there"].id: row["there"] for row in [*candidates, *results]} if is_open else {}
        values: dict[str, Any] = {
            "customer": customer,
            "cards": cards,
            "candidates": candidates if is_open else [],
            "words": words,
            "results": results,
            "offered": list(offered.values()),
            "shared": square.shared_with(session, customer_id, who),
        }
        return render_template("card_sync/customer.html", **values)

    @expose("/<int:customer_id>/refresh", methods=("POST",))
    def refresh(self, customer_id: int) -> ResponseReturnValue:
        """Ask Square about this customer now."""
        visible(db.session(), Customer, customer_id)

        def ask() -> str:
            found = card_sync.sync_customer(customer_id, actor=actor())
            if found["square_customer_id"] is None:
                return "Nobody at Square is certainly this customer. Look through whom they may be, or search."
            return f"{'Linked. ' if found['linked'] else ''}{found['cards']} cards are on file at Square."

        return _done(customer_id, ask)

    @expose("/<int:customer_id>/link/<int:square_customer_id>", methods=("POST",))
    def link(self, customer_id: int, square_customer_id: int) -> ResponseReturnValue:
        """Say who this customer is at Square."""
        visible(db.session(), Customer, customer_id)
        there = visible(db.session(), SquareCustomer, square_customer_id).name

        def ask() -> str:
            cards = card_sync.link(customer_id, square_customer_id, actor=actor())["cards"]
            return f"Linked with {there}; {cards} card{'' if cards == 1 else 's'} on file."

        return _done(customer_id, ask)

    @expose("/<int:customer_id>/unlink", methods=("POST",))
    def unlink(self, customer_id: int) -> ResponseReturnValue:
        """Take the link away; nothing is charged to these cards any more."""
        visible(db.session(), Customer, customer_id)

        def change() -> str:
            with transaction() as session:
                square_links.unlink(session, customer_id, now=now(), actor=actor())
            return "Unlinked. The cards are not charged any more."

        return _done(customer_id, change)

    @expose("/cards/<int:card_id>/primary", methods=("POST",))
    def primary(self, card_id: int) -> ResponseReturnValue:
        """Charge this card first."""
        card = visible(db.session(), Card, card_id)
        customer_id, name = card.customer_id, str(card)

        def change() -> str:
            with transaction() as session:
                cards_on_file.make_primary(session, card_id, now=now(), actor=actor())
            return f"{name} is charged first from now on."

        return _done(customer_id, change)

    @expose("/cards/<int:card_id>/disable", methods=("POST",))
    def disable(self, card_id: int) -> ResponseReturnValue:
        """Disable a card at Square, for good."""
        card = visible(db.session(), Card, card_id)
        customer_id, square_card_id, name = card.customer_id, card.square_card_id, str(card)

        def ask() -> str:
            card_sync.disable(card_id, square_card_id, actor=actor())
            return f"{name} is disabled."

        return _done(customer_id, ask)


def _card(card: Card) -> dict[str, Any]:
    left = (square.ends_on(card) - today()).days
    kind = " ".join(word.lower() for word in (card.prepaid_type == "PREPAID" and "prepaid", card.card_type) if word)
    if not card.is_enabled:
        state, tone = "Disabled", "mute"
    elif card.issuer_alert:
        state, tone = "Issuer alert", "bad"
    elif left < 0:
        state, tone = "Expired", "bad"
    elif left < EXPIRING_DAYS:
        state, tone = f"Expires in {left + 1} days", "warn"
    else:
        state, tone = ("Primary", "good") if card.is_primary else ("Backup", "good")
    return {"card": card, "kind": kind or "not known before the first charge", "state": state, "tone": tone}


def _done(customer_id: int, work: Callable[[], str]) -> ResponseReturnValue:
    """Do it outside of any transaction, say what came of it, and show the customer again."""
    db.session.rollback()  # What was read for the permission must not hold a transaction open while Square is asked.
    try:
        flash(work(), "success")
    except RuleViolation as problem:
        flash(problem.message, "error")
    return redirect(url_for(".page", customer_id=customer_id), 303)
