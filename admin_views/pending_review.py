"""Pending Review: accounts that wait for the IMEI and the cost of their device, entered in the row itself."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from markupsafe import escape

from admin_views import formats
from admin_views.answers import wants_data
from admin_views.base import GridPage, expose
from admin_views.gate import actor, visible
from admin_views.grid import Column, customer_column
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.money import cents_from_text
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account
from app.queries.listing import Kind
from app.queries.servicing.pending_review import PENDING
from app.services.servicing import pending_review
from app.transaction import transaction


def _typed(row: Any, name: str, otherwise: str) -> str:
    """What stands in a field: what was typed just now, if this very row came back with a sentence."""
    is_this = request.args.get("row") == str(row.account_id)
    return str(escape(request.args.get(name, otherwise) if is_this else otherwise))


def imei(row: Any) -> str:
    """The field for the IMEI, part of the row's form."""
    value = _typed(row, "imei", row.device_imei or row.device_serial or "")
    return (
        '<span class="only-sm xs muted">IMEI / Serial</span>'
        f'<input class="form-control sm mono" form="release-{row.account_id}" name="imei" value="{value}" maxlength="60" '
        f'autocomplete="off" aria-label="IMEI or serial of {_name(row)}" data-imei>'
    )


def cost(row: Any) -> str:
    """The field for the cost, part of the row's form."""
    value = _typed(row, "cost", "" if row.device_cost_cents is None else _plain(row.device_cost_cents))
    return (
        '<span class="only-sm xs muted">Cost</span>'
        '<span class="affix money"><span class="pre" aria-hidden="true">$</span>'
        f'<input class="form-control sm" form="release-{row.account_id}" name="cost" value="{value}" maxlength="20" '
        f'inputmode="decimal" autocomplete="off" aria-label="Cost of the device of {_name(row)}" data-money></span>'
    )


def actions(row: Any) -> str:
    """The row's form with its button; it holds no field itself, so Enter in either field sends it."""
    is_asked = request.args.get("row") == str(row.account_id) and request.args.get("doubted") == "1"
    certain = '<input type="hidden" name="certain" value="1">' if is_asked else ""
    verb = "Release anyway" if certain else "Release"
    return (
        f'<form id="release-{row.account_id}" method="post" action="/admin/pending-review/{row.account_id}/release" data-release>'
        f'<input type="hidden" name="csrf_token" value="{generate_csrf()}">{certain}'
        f'<button type="submit" class="btn btn-quiet btn-sm">{verb}</button></form>'
    )


def _name(row: Any) -> str:
    return str(escape(f"{row.first_name} {row.last_name}".strip()))


def _plain(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


class PendingReview(GridPage):
    """New leases that nobody can work before their device is known."""

    title = "Pending Review"
    url = "/admin/pending-review"
    endpoint = "pending_review"
    minimum_role = Role.COLLECTOR
    context = (
        "Leases that came in without IMEI or cost. Enter both and press Enter: the account becomes active, the next row is ready."
    )
    listing = PENDING
    noun = "accounts"
    template = "pending_review/page.html"
    empty = ("Nothing waits for review", "Accounts that are imported without an IMEI or a cost stand here.")
    columns = (
        customer_column(),
        Column("device_model", "Device", card="detail", card_label=""),
        Column(
            "device_imei",
            "IMEI / Serial",
            needs=("account_id", "device_imei", "device_serial", "first_name", "last_name"),
            cell=imei,
            plain=lambda row: row.device_imei or row.device_serial,
            css="card-line",
        ),
        Column(
            "device_cost_cents",
            "Cost",
            needs=("account_id", "device_cost_cents", "first_name", "last_name"),
            cell=cost,
            plain=lambda row: formats.for_file(Kind.CENTS, row.device_cost_cents),
            css="card-left",
        ),
        Column("approval_id", "Approval ID", mono=True),
        Column("start_on", "Start Date"),
        Column("actions", "Actions", needs=("account_id",), cell=actions, plain=lambda row: None, css="card-right"),
        Column("balance_cents", "Balance", shown=False),
        Column("past_due_cents", "Past due", shown=False, dash_zero=True),
        Column("days_past_due", "Days past due", shown=False, dash_zero=True),
        Column("portfolio", "Portfolio", shown=False),
        Column("assigned_to", "Assigned to", shown=False),
    )

    @expose("/<int:account_id>/release", methods=("POST",))
    def release(self, account_id: int) -> ResponseReturnValue:
        """Enter IMEI and cost of one account and make it active; asks once more when something speaks against the IMEI."""
        account = visible(db.session(), Account, account_id)
        number = account.account_number
        is_certain = request.form.get("certain") == "1"
        try:
            cents = _cents(request.form.get("cost", ""))
            with transaction() as session:
                doubts = pending_review.release(
                    session,
                    account_id,
                    typed=request.form.get("imei", ""),
                    cost_cents=cents,
                    is_certain=is_certain,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
        except RuleViolation as problem:
            return self._answer(account_id, 422, problem.message, field=problem.field)
        if doubts and not is_certain:
            return self._answer(account_id, 409, " ".join(doubts), is_doubt=True)
        said = f"Account {number} is active now."
        if wants_data():
            return jsonify(said=said)
        flash(said, "success")
        return redirect(self.address("index_view"))

    def _answer(
        self, account_id: int, status: int, sentence: str, *, field: str | None = None, is_doubt: bool = False
    ) -> ResponseReturnValue:
        """The sentence for a script; without one, back to the list with the sentence and with what was typed."""
        if wants_data():
            answer = jsonify(error={"message": sentence, "field": field})
            answer.status_code = status
            return answer
        flash(sentence, "strip-warn" if is_doubt else "strip-bad")
        typed = {name: request.form.get(name, "")[:60] for name in ("imei", "cost")}
        return redirect(self.address("index_view", row=account_id, doubted=int(is_doubt), **typed))


def _cents(typed: str) -> int:
    try:
        return cents_from_text(typed)
    except RuleViolation as problem:
        raise RuleViolation(problem.message if typed.strip() else "Enter the cost.", field="cost") from problem
