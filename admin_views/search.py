"""Ctrl+K: people and accounts, payments, devices, by whatever somebody has at hand."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from admin_views import formats
from admin_views.base import Page, expose
from admin_views.gate import viewer
from admin_views.grid.cells import TONES
from app.clock import today
from app.domain.money import as_text
from app.domain.servicing.status import AccountStatus, standing
from app.domain.staff.roles import Role
from app.extensions import db
from app.queries.servicing import palette


class Search(Page):
    """What the search of every page asks."""

    title = "Search"
    url = "/admin"
    endpoint = "search"
    minimum_role = Role.COLLECTOR

    @expose("/search")
    def index(self) -> ResponseReturnValue:
        """{groups: [{title, items}]}, at most a handful of each."""
        words = " ".join(request.args.get("q", "").replace("\0", "").split())[:100]
        if len(words) < 2:
            return jsonify(groups=[])
        session, who = db.session(), viewer()
        accounts = palette.accounts(session, words, who, today=today())
        payments = palette.payments(session, words, who)
        groups = [
            {"title": "Customers and accounts", "items": [_account(row) for row in accounts]},
            {"title": "Payments", "items": [_payment(row) for row in payments]},
        ]
        if accounts:
            groups.append({"title": "Lists", "items": [_in_list(words)]})
        return jsonify(groups=[group for group in groups if group["items"]])


def _account(row: Any) -> dict[str, Any]:
    late = row.status is AccountStatus.ACTIVE and row.days_past_due > 0
    days = f" {row.days_past_due} d" if late else ""
    details = [row.account_number, formats.phone(row.e164) if row.e164 else "", row.model or ""]
    return {
        "label": f"{row.first_name} {row.last_name}",
        "detail": " · ".join(part for part in details if part),
        "url": f"/admin/accounts/{row.id}",
        "kind": "account",
        "status": {"label": standing(row.status, row.days_past_due) + days, "tone": "bad" if late else TONES[row.status]},
        "figure": as_text(row.balance_cents) if row.balance_cents else "—",
    }


def _payment(row: Any) -> dict[str, Any]:
    return {
        "label": f"{as_text(row.amount_cents)}, {row.method.label}, {formats.date(row.effective_on)}",
        "detail": " · ".join(
            part for part in (f"{row.first_name} {row.last_name}", row.reference or row.square_payment_id or "") if part
        ),
        "url": f"/admin/accounts/{row.account_id}",
        "icon": "receipt",
    }


def _in_list(words: str) -> dict[str, Any]:
    return {
        "label": f"Search “{words}” in Accounts",
        "url": f"/admin/accounts/?{urlencode({'q': words})}",
        "icon": "list-ul",
    }
