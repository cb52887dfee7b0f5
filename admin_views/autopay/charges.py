"""Charges of cards, one by one: what is undecided, what a supervisor has to look at, and what happened to each."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape

from admin_views import account_forms, formats
from admin_views.autopay import forms
from admin_views.base import GridPage, expose
from admin_views.gate import actor, needs, person, visible
from admin_views.grid import Column, View, customer_column
from app.clock import now, today, zone
from app.domain.autopay.batches import SkipReason
from app.domain.autopay.charges import OPEN_CHARGES, ChargeState
from app.domain.autopay.declines import DeclineClass
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.staff.roles import Role
from app.extensions import db
from app.gateways.cards import CardPayment
from app.models import CardRefund, Charge
from app.queries.autopay import lists
from app.queries.autopay.lists import CHARGES
from app.services.autopay import settling
from app.services.autopay.timeline import Source
from app.services.payments import card_refunds
from app.services.payments.what_if import Outcome, what_if
from app.transaction import transaction
from tasks import autopay
from tasks import card_refunds as card_refunds_at_square

S = ChargeState
TONES: dict[ChargeState, str] = {
    S.PLANNED: "open",
    S.SENDING: "info",
    S.SUCCEEDED: "good",
    S.DECLINED: "bad",
    S.REJECTED: "bad",
    S.PENDING: "info",
    S.UNKNOWN: "warn",
    S.SKIPPED: "mute",
    S.NEEDS_REVIEW: "warn",
}


def mark(row: Any) -> str:
    """The state with its mark."""
    return f'<span class="st {TONES[row.state]}">{row.state.label}</span>'


def outcome(row: Any) -> str:
    """Square's id of a success, or why there is none."""
    if row.square_payment_id and row.state is S.SUCCEEDED:
        return f'<span class="mono">{escape(row.square_payment_id)}</span>'
    return str(escape(plain_outcome(row))) or formats.DASH


def plain_outcome(row: Any) -> str:
    """The same as text."""
    if row.state is S.SUCCEEDED:
        return row.square_payment_id or ""
    if row.skip_reason:
        return SkipReason(row.skip_reason).label
    said = row.decline_code or row.error or ""
    return f"{said}; {next_try(row)}" if row.retry_on else said


def next_try(charge: Any) -> str:
    """When a declined charge is tried again and why: next try Fri Nov 27, funds."""
    if charge.retry_on is None:
        return ""
    return f"next try {charge.retry_on:%a %b %-d}, {DeclineClass(charge.retry_why).label}"


class ChargesPage(GridPage):
    """Every try to charge a card; the views are the queues."""

    title = "Card charges"
    url = "/admin/autopay/charges"
    endpoint = "charges"
    minimum_role = Role.SUPERVISOR
    context = "What is undecided is asked about by the program itself; after 24 hours a supervisor decides"
    listing = CHARGES
    noun = "charges"
    empty = ("No card was charged yet", "Each try stands here, whatever became of it.")
    columns = (
        customer_column(),
        Column("business_on", "Date", card="detail", card_label=""),
        Column("amount_cents", "Amount", card="figure"),
        Column("kind", "Type"),
        Column("state", "Status", cell=mark, plain=lambda row: row.state.label, card="state"),
        Column("card", "Card"),
        Column(
            "outcome",
            "Square ID / Error",
            needs=("state", "square_payment_id", "skip_reason", "decline_code", "error", "retry_on", "retry_why"),
            cell=outcome,
            plain=plain_outcome,
            wide=True,
        ),
        Column("sends", "Sent", shown=False),
        Column("planned_at", "Planned", shown=False),
        Column("settled_at", "Settled", shown=False),
    )
    views = (
        View("Needs review", "state=needs_review"),
        View("Undecided", "&".join(f"state={each.value}" for each in sorted(OPEN_CHARGES))),
        View("Declined", "state=declined"),
        View("All"),
    )
    row_needs = ("account_number",)
    row_url = staticmethod(lambda row: f"/admin/autopay/charges/{row.id}")

    @expose("/<int:charge_id>")
    def charge(self, charge_id: int) -> ResponseReturnValue:
        """One charge with its timeline, and what a supervisor can do about it."""
        charge = visible(db.session(), Charge, charge_id)
        rows = lists.timeline_of(db.session(), charge.id)
        return render_template(
            "autopay/charge.html",
            charge=charge,
            tone=TONES[charge.state],
            next_try=next_try(charge),
            entries=[entry(event, name, ICONS.get(event.to_state, "dot"), TONES[event.to_state]) for event, name in rows],
            is_open=charge.state in OPEN_CHARGES,
            may_close=charge.state is S.NEEDS_REVIEW,
            skipped=SkipReason(charge.skip_reason).label if charge.skip_reason else None,
        )

    @expose("/<int:charge_id>/ask", methods=("POST",))
    def ask(self, charge_id: int) -> ResponseReturnValue:
        """Ask Square about the charge now."""
        charge = visible(db.session(), Charge, charge_id)
        flash(autopay.ask_about(charge.id, actor=actor()), "message")
        return redirect(url_for(".charge", charge_id=charge_id), 303)

    @expose("/<int:charge_id>/not-charged", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def not_charged(self, charge_id: int) -> ResponseReturnValue:
        """A supervisor found out that nothing was taken; Square is asked once more before it is believed."""
        charge = visible(db.session(), Charge, charge_id)
        form = forms.NotChargedForm()
        if form.validate_on_submit():
            try:
                autopay.demand_unknown_at_square(charge.id)
                with transaction() as session:
                    settling.close_as_not_charged(
                        session,
                        charge.id,
                        reason=form.reason.data or "",
                        today=today(),
                        now=now(),
                        source=Source.STAFF,
                        actor=actor(),
                    )
            except RuleViolation as problem:
                account_forms.refuse(form, problem)
            else:
                flash("Closed: nothing was charged.", "success")
                return redirect(url_for(".charge", charge_id=charge_id), 303)
        page = render_template("autopay/not_charged.html", form=form, charge=charge)
        return page, 422 if form.is_submitted() else 200

    @expose("/<int:charge_id>/as-taken", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def as_taken(self, charge_id: int) -> ResponseReturnValue:
        """Book what Square took, where it is not what was asked for: what that does to the account is shown first."""
        charge = visible(db.session(), Charge, charge_id)
        form = forms.AsTakenForm()
        if form.validate_on_submit():
            try:
                said = self._book_as_taken(charge, form)
            except RuleViolation as refusal:
                account_forms.refuse(form, refusal)
            else:
                flash(said, "success")
                return redirect(url_for(".charge", charge_id=charge_id), 303)
        payment = autopay.as_taken(charge.id)
        problem, effect = _tried(charge, payment)
        if not isinstance(payment, str):
            form.seen.data = str(payment.amount_cents)
            if payment.amount_cents <= charge.amount_cents:
                del form.then
        page = render_template("autopay/as_taken.html", form=form, charge=charge, payment=payment, problem=problem, effect=effect)
        return page, 422 if form.is_submitted() else 200

    def _book_as_taken(self, charge: Charge, form: forms.AsTakenForm) -> str:
        reason = form.reason.data or ""
        booked = autopay.book_as_taken(charge.id, seen_cents=int(form.seen.data or 0), reason=reason, actor=actor())
        too_much = (booked.taken_cents or booked.amount_cents) - booked.amount_cents
        said = settling.words_for(booked)
        if form.then.data != "refund" or too_much <= 0 or booked.payment_id is None:
            return said
        try:
            refund_id = card_refunds_at_square.refund_now(
                booked.payment_id,
                amount_cents=too_much,
                reason=reason,
                form_key=f"too-much-{booked.key}"[:45],
                role=person().role,
                actor=actor(),
            )
        except RuleViolation as problem:
            return f"{said} Nothing was refunded: {problem}"
        return f"{said} {card_refunds.words_for(db.session().get_one(CardRefund, refund_id, populate_existing=True))}"


def _tried(charge: Charge, payment: CardPayment | str) -> tuple[str | None, Outcome | None]:
    """Why what Square has cannot be booked, or what it would do to the account."""
    if isinstance(payment, str):
        return payment, None
    if charge.state is not S.NEEDS_REVIEW:
        return "This charge does not wait for a decision any more; look at what became of it.", None
    problem = settling.why_not_bookable(db.session(), charge, payment)
    if problem is not None:
        return problem, None
    try:
        return None, what_if(db.session(), charge.account_id, amount_cents=payment.amount_cents, on=today(), today=today())
    except RuleViolation as refusal:  # A closed account: it is booked all the same, and stands as credit.
        return None if charge.account.balance_cents == 0 else str(refusal), None


ICONS: dict[ChargeState, str] = {
    S.SUCCEEDED: "check-circle",
    S.DECLINED: "x-circle",
    S.REJECTED: "x-circle",
    S.SENDING: "send",
    S.NEEDS_REVIEW: "person-exclamation",
    S.UNKNOWN: "question-circle",
}


TOLD = {
    "refund_id": "refund",
    "payment_id": "payment",
    "status": "status",
    "location_id": "location",
    "error_code": "error",
    "created_at": "made",
}
"""What the processor told → how it is said beneath a line."""


def entry(event: Any, name: str | None, icon: str, tone: str) -> dict[str, Any]:
    """One line of the timeline, with what Square said beneath it."""
    at = event.at.astimezone(zone())
    told = event.evidence or {}
    details = [f"{event.source}{f' · {name}' if name else ''}"]
    if told:
        said = [f"{word} {told[key]}" for key, word in TOLD.items() if told.get(key) is not None]
        said += [as_text(told["amount_cents"])] if "amount_cents" in told else []
        details.append(f"Square: {', '.join(said)}")
    return {
        "icon": icon,
        "tone": tone,
        "title": event.said,
        "when": f"{formats.date(at.date())} {formats.time(event.at)}",
        "details": details,
    }
