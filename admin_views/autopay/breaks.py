"""Breaks: where Square and the ledger do not agree, until somebody has done something about it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape

from admin_views import account_forms, formats
from admin_views.autopay import forms
from admin_views.base import GridPage, expose
from admin_views.gate import actor, person, visible
from admin_views.grid import Column, View
from app.clock import business_date, now, today
from app.domain.autopay.breaks import BreakState
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import SquareBreak
from app.queries.autopay.lists import BREAKS
from app.services.autopay import reconciling
from app.transaction import transaction
from tasks import autopay

TONES: dict[BreakState, str] = {BreakState.OPEN: "warn", BreakState.RESOLVED: "good"}
DAYS = 3


def age(row: Any) -> str:
    """Since when, in days."""
    days = (today() - business_date(row.found_at)).days
    return "today" if days <= 0 else f"{days} day{'s' if days > 1 else ''}"


class BreaksPage(GridPage):
    """What does not agree, with an owner and an age."""

    title = "Breaks"
    url = "/admin/autopay/breaks"
    endpoint = "breaks"
    minimum_role = Role.SUPERVISOR
    context = "Every night Square's books are compared with ours"
    listing = BREAKS
    noun = "breaks"
    template = "autopay/breaks.html"
    empty = ("Square and the ledger agree", "What does not stands here until somebody has resolved it.")
    columns = (
        Column("said", "What", wide=True),
        Column("kind", "Type", card="detail", card_label=""),
        Column("square_cents", "Square", card="figure"),
        Column("ledger_cents", "Ledger"),
        Column(
            "account_number",
            "Account #",
            needs=("account_id", "account_number"),
            cell=lambda row: (
                f'<a href="/admin/accounts/{row.account_id}">{escape(row.account_number)}</a>' if row.account_id else formats.DASH
            ),
            plain=lambda row: row.account_number or "",
        ),
        Column("found_at", "Age", cell=age),
        Column("owner", "Owner", cell=lambda row: formats.text(row.owner or "Nobody")),
        Column(
            "state",
            "Status",
            cell=lambda row: f'<span class="st {TONES[row.state]}">{row.state.label}</span>',
            plain=lambda row: row.state.label,
            card="state",
        ),
        Column("reference", "Reference", shown=False),
        Column("resolution", "Resolution", shown=False, wide=True),
        Column("resolved_at", "Resolved", shown=False),
    )
    views = (View("Open", "state=open"), View("Resolved", "state=resolved&sort=-found_at"), View("All"))
    row_url = staticmethod(lambda row: f"/admin/autopay/breaks/{row.id}")

    @expose("/<int:break_id>", methods=("GET", "POST"))
    def one(self, break_id: int) -> ResponseReturnValue:
        """One break; a form says what was done about it."""
        row = visible(db.session(), SquareBreak, break_id)
        form = forms.ResolveForm()
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    reconciling.resolve_break(session, row.id, how=form.how.data or "", now=now(), actor=actor())
            except RuleViolation as problem:
                account_forms.refuse(form, problem)
            else:
                flash("Resolved.", "success")
                return redirect(url_for(".index_view"), 303)
        page = render_template("autopay/break.html", row=row, form=form, tone=TONES[row.state], age=age(row))
        return page, 422 if form.is_submitted() else 200

    @expose("/<int:break_id>/take", methods=("POST",))
    def take(self, break_id: int) -> ResponseReturnValue:
        """Become its owner."""
        row = visible(db.session(), SquareBreak, break_id)
        with transaction() as session:
            reconciling.take_over(session, row.id, staff_id=person().staff_id, now=now(), actor=actor())
        flash("It is yours now.", "success")
        return redirect(url_for(".one", break_id=break_id), 303)

    @expose("/reconcile", methods=("POST",))
    def reconcile(self) -> ResponseReturnValue:
        """Compare the last days now."""
        job_id = autopay.plan_reconciliation(DAYS, actor=actor())
        flash("Square is asked; what does not agree stands here in a moment.", f"job:{url_for('job.progress', job_id=job_id)}")
        return redirect(url_for(".index_view"), 303)
