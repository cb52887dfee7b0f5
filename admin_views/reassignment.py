"""Collection Reassignment: choose delinquent accounts, see who would get what, move them, take it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import Select
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from admin_views import formats
from admin_views import worklist_cells as row_cells
from admin_views.account_actions import not_released, release
from admin_views.base import GridPage, expose
from admin_views.gate import actor, viewer, visible
from admin_views.grid import BulkAction, Column, View, cells, customer_column
from admin_views.staff.staff_forms import SelectMultipleCheckboxField
from app.clock import now, zone
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Reassignment
from app.queries.collections import reassignment as questions
from app.queries.collections.reassignment import REASSIGNABLE
from app.queries.scope import Viewer
from app.services.collections import assignments, reassignment
from app.services.outcome import Done
from app.services.staff.audit import Actor
from app.transaction import transaction

MOST_LISTED = 500
"""LeasePak lists so many, and people know that number; actions still reach all that match."""


class ReassignForm(FlaskForm):
    """Among whom, and why."""

    staff_ids = SelectMultipleCheckboxField(
        "Share out among",
        coerce=int,
        description="One: they get all of them. Several: the least loaded first, and all accounts of a person to one of them.",
    )
    reason = StringField(
        "Reason",
        [InputRequired("Say why."), Length(max=assignments.LONGEST_REASON)],
        description="It stands in the history of each account.",
    )


def offer_collectors(form: ReassignForm, session: Session, viewer: Viewer) -> None:
    """Everybody who may be given accounts."""
    rows = questions.collectors(session, viewer)
    form.staff_ids.choices = [(row.id, f"{row.name} ({row.role.label.lower()})") for row in rows]


def reassign(session: Session, selection: Select[Any], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Done:
    """Share the accounts out."""
    return reassignment.spread(session, selection, values["staff_ids"], reason=values["reason"], now=now, actor=actor)


def foretell(session: Session, selection: Select[Any], values: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Who would get what."""
    return [(share.staff.name, share.said) for share in reassignment.shares(session, selection, values["staff_ids"])]


def take_back(session: Session, kept: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Done:
    """Undo the reassignment of a moment ago."""
    return reassignment.undo(session, int(kept["reassignment"]), now=now, actor=actor)


def hold(session: Session, selection: Select[Any], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Done:
    """Never reassign these automatically."""
    return reassignment.hold(session, selection, is_held=True, now=now, actor=actor)


def let_go(session: Session, selection: Select[Any], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Done:
    """Reassign these automatically again."""
    return reassignment.hold(session, selection, is_held=False, now=now, actor=actor)


def undo_hold(session: Session, kept: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Done:
    """As it was before."""
    return reassignment.hold(session, list(kept["ids"]), is_held=bool(kept["was_held"]), now=now, actor=actor)


def held(row: Any) -> str:
    """N, as LeasePak has it, with what it means."""
    return '<span title="Never reassigned automatically">N</span>' if row.is_held else formats.DASH


class ReassignmentPage(GridPage):
    """Supervisors move delinquent accounts between books."""

    title = "Collection Reassignment"
    url = "/admin/reassignment"
    endpoint = "reassignment"
    minimum_role = Role.SUPERVISOR
    context = "Choose accounts by the filters, tick some or take all that match, and share them out."
    template = "reassignment/page.html"
    listing = REASSIGNABLE
    noun = "accounts"
    most_listed = MOST_LISTED
    columns = (
        customer_column(),
        Column("days_past_due", "Days", hint="Days past due"),
        Column("past_due_cents", "Past due", css="strong", card="figure"),
        Column("balance_cents", "Balance"),
        Column("bucket", "Bucket", needs=("bucket", "days_past_due"), cell=row_cells.bucket, card="state"),
        Column("assigned_to", "Collector", cell=row_cells.assigned_to, card="detail", card_label=""),
        Column(
            "is_held",
            "Manual",
            needs=("is_held",),
            cell=held,
            plain=lambda row: "N" if row.is_held else None,
            hint="N: never reassigned automatically",
        ),
        Column("portfolio", "Portfolio"),
        Column("office", "Office"),
        Column("company", "Company", shown=False),
        Column("region", "Region", shown=False),
        Column("customer_number", "Customer #", shown=False),
        Column("last_contact_at", "Last contact", shown=False),
        Column(
            "status",
            "Status",
            needs=("status", "days_past_due"),
            cell=lambda row: cells.status_mark(row.status, row.days_past_due),
            plain=lambda row: row.status.label,
            shown=False,
        ),
    )
    views = (
        View("Delinquent"),
        View("Unassigned", "assigned=none"),
        View("30 days and more", "days_from=30"),
        View("60 days and more", "days_from=60"),
        View("Held", "held=1"),
    )
    actions = (
        BulkAction(
            "reassign",
            "Reassign",
            reassign,
            icon="people",
            form=ReassignForm,
            prepare=offer_collectors,
            foretells=foretell,
            undo=take_back,
            as_job="reassign_accounts",
        ),
        BulkAction("release", "Release", release, icon="person-dash", left_out=not_released, undo=assignments.undo),
        BulkAction("hold", "Hold", hold, verb="Hold", icon="lock", undo=undo_hold),
        BulkAction("let_go", "End hold", let_go, icon="unlock", undo=undo_hold),
    )
    empty = ("Nobody is past due", "Accounts stand here from the end of the day after an installment falls due and is not paid.")
    row_url = staticmethod(lambda row: f"/admin/accounts/{row.id}")
    name_field = staticmethod(cells.customer_name)

    def context_values(self, session: Session) -> dict[str, Any]:
        """What was moved before."""
        return {"history": [(row, row.at.astimezone(zone())) for row in questions.latest(session, viewer())]}

    @expose("/<int:reassignment_id>/undo", methods=("POST",))
    def take_back(self, reassignment_id: int) -> ResponseReturnValue:
        """Give the accounts of one reassignment back."""
        row = visible(db.session(), Reassignment, reassignment_id)
        if row.undone_at is not None:
            abort(409)
        try:
            with transaction() as session:
                done = reassignment.undo(session, reassignment_id, now=now(), actor=actor())
            flash(done.sentence, "success")
        except RuleViolation as refusal:
            flash(refusal.message, "error")
        return redirect(self.address("index_view"), 303)
