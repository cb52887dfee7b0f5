"""Refunds of card payments at Square, one by one: what is undecided, and what a supervisor has to look at."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape

from admin_views import account_forms, formats
from admin_views.autopay import forms
from admin_views.autopay.charges import entry
from admin_views.base import GridPage, expose
from admin_views.gate import actor, needs, visible
from admin_views.grid import Column, View, customer_column
from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.payments.card_refunds import OPEN_CARD_REFUNDS, CardRefundState
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import CardRefund
from app.queries.autopay import lists
from app.services.payments import card_refunds
from app.transaction import transaction
from tasks import card_refunds as at_square

S = CardRefundState
TONES: dict[CardRefundState, str] = {
    S.PLANNED: "open",
    S.SENDING: "info",
    S.COMPLETED: "good",
    S.REFUSED: "bad",
    S.PENDING: "info",
    S.UNKNOWN: "warn",
    S.NEEDS_REVIEW: "warn",
}
ICONS: dict[CardRefundState, str] = {
    S.SENDING: "send",
    S.COMPLETED: "check-circle",
    S.REFUSED: "x-circle",
    S.UNKNOWN: "question-circle",
    S.NEEDS_REVIEW: "person-exclamation",
}


def outcome(row: Any) -> str:
    """Square's id, or why there is none."""
    if row.square_refund_id:
        return f'<span class="mono">{escape(row.square_refund_id)}</span>'
    return formats.text(row.error) if row.error else formats.DASH


class CardRefundsPage(GridPage):
    """Every try to give money of a card payment back; the views are the queues."""

    title = "Card refunds"
    url = "/admin/autopay/refunds"
    endpoint = "card_refunds"
    minimum_role = Role.SUPERVISOR
    context = "A refund is in the ledger once Square has made it; what is undecided is asked about by the program itself"
    listing = lists.REFUNDS
    noun = "refunds"
    empty = ("No card payment was refunded yet", "Refund one from the payments of its account; it stands here from then on.")
    columns = (
        customer_column(),
        Column("business_on", "Date", card="detail", card_label=""),
        Column("amount_cents", "Amount", card="figure"),
        Column(
            "state",
            "Status",
            cell=lambda row: f'<span class="st {TONES[row.state]}">{row.state.label}</span>',
            plain=lambda row: row.state.label,
            card="state",
        ),
        Column("reason", "Reason"),
        Column(
            "outcome",
            "Square ID / Error",
            needs=("square_refund_id", "error"),
            cell=outcome,
            plain=lambda row: row.square_refund_id or row.error or "",
            wide=True,
        ),
        Column("planned_by", "By", cell=lambda row: formats.text(row.planned_by or "The program")),
        Column("settled_at", "Settled", shown=False),
    )
    views = (
        View("Undecided", "&".join(f"state={each.value}" for each in sorted(OPEN_CARD_REFUNDS))),
        View("Needs review", "state=needs_review"),
        View("All"),
    )
    row_needs = ("account_number",)
    row_url = staticmethod(lambda row: f"/admin/autopay/refunds/{row.id}")

    @expose("/<int:refund_id>")
    def refund(self, refund_id: int) -> ResponseReturnValue:
        """One refund with its timeline, and what a supervisor can do about it."""
        refund = visible(db.session(), CardRefund, refund_id)
        rows = lists.refund_timeline(db.session(), refund.id)
        return render_template(
            "autopay/refund.html",
            refund=refund,
            tone=TONES[refund.state],
            entries=[entry(event, name, ICONS.get(event.to_state, "dot"), TONES[event.to_state]) for event, name in rows],
            is_open=refund.state in OPEN_CARD_REFUNDS,
            may_close=refund.state is S.NEEDS_REVIEW and refund.square_refund_id is None,
            may_put_right=refund.state is S.NEEDS_REVIEW and refund.square_refund_id is not None,
        )

    @expose("/<int:refund_id>/ask", methods=("POST",))
    def ask(self, refund_id: int) -> ResponseReturnValue:
        """Ask Square about the refund now; what it has made is booked."""
        refund = visible(db.session(), CardRefund, refund_id)
        flash(at_square.ask_about(refund.id, actor=actor()), "message")
        return redirect(url_for(".refund", refund_id=refund_id), 303)

    @expose("/<int:refund_id>/not-given", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def not_given(self, refund_id: int) -> ResponseReturnValue:
        """A supervisor found out that nothing was given back; Square is asked once more before it is believed."""
        refund = visible(db.session(), CardRefund, refund_id)
        form = forms.NotChargedForm()
        if form.validate_on_submit():
            try:
                at_square.demand_not_at_square(refund.id)
                with transaction() as session:
                    card_refunds.close_as_not_given(session, refund.id, reason=form.reason.data or "", now=now(), actor=actor())
            except RuleViolation as problem:
                account_forms.refuse(form, problem)
            else:
                flash("Closed: nothing was given back.", "success")
                return redirect(url_for(".refund", refund_id=refund_id), 303)
        page = render_template("autopay/not_given.html", form=form, refund=refund)
        return page, 422 if form.is_submitted() else 200

    @expose("/<int:refund_id>/put-right", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def put_right(self, refund_id: int) -> ResponseReturnValue:
        """A supervisor has put right by hand what Square gave back and the ledger could not take."""
        refund = visible(db.session(), CardRefund, refund_id)
        form = forms.PutRightForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    card_refunds.close_as_put_right(session, refund.id, reason=form.reason.data or "", now=now(), actor=actor())
            except RuleViolation as problem:
                account_forms.refuse(form, problem)
            else:
                flash("Closed: put right by hand.", "success")
                return redirect(url_for(".refund", refund_id=refund_id), 303)
        page = render_template("autopay/put_right.html", form=form, refund=refund)
        return page, 422 if form.is_submitted() else 200
