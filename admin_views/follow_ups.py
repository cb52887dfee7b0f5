"""Follow-Ups: what was planned, and ticking it off."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape

from admin_views import formats
from admin_views.answers import local_address
from admin_views.base import ReadOnlyView, expose
from admin_views.gate import actor, visible
from admin_views.grid import Button, Column, View, cells, customer_column
from admin_views.grid.state import GridState
from app.clock import business_date, now, today
from app.domain.collections.contact import FollowUpStatus
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import FollowUp
from app.queries.collections.follow_ups import FOLLOW_UPS
from app.services.collections import follow_ups
from app.transaction import transaction

VERBS = {"done": FollowUpStatus.DONE, "cancel": FollowUpStatus.CANCELLED, "open": FollowUpStatus.OPEN}
SAID = {
    FollowUpStatus.DONE: "Follow-up done.",
    FollowUpStatus.CANCELLED: "Follow-up cancelled.",
    FollowUpStatus.OPEN: "Follow-up open again.",
}
TO_DO = "status=open"
"""What the page shows before anybody filters."""


def due(row: Any) -> str:
    """Fri Nov 20 9:30 AM, in amber once its time has come."""
    at: dt.datetime = row.due_at
    on = business_date(at)
    said = f"{'Today' if on == today() else formats.day(on)}, {formats.time(at)}"
    return f'<span class="warn">{said}</span>' if row.status is FollowUpStatus.OPEN and at <= now() else said


def status(row: Any) -> str:
    """Overdue, due today, open, done, cancelled."""
    said = plain_status(row)
    tones = {"Overdue": "warn", "Due today": "info", "Open": "open", "Done": "good"}
    return f'<span class="st {tones.get(said, "mute")}">{said}</span>'


def plain_status(row: Any) -> str:
    """The status in one word; an open follow-up says how it stands to the business date."""
    if row.status is not FollowUpStatus.OPEN:
        return str(row.status.label)
    on = business_date(row.due_at)
    return "Overdue" if on < today() else "Due today" if on == today() else "Open"


def note(row: Any) -> str:
    """What is to be thought of; on a phone, where there is one line for both, behind the type."""
    kind = f'<span class="only-sm">{escape(row.kind.label)}{": " if row.note else ""}</span>'
    return kind + (formats.text(row.note) if row.note else f'<span class="no-sm">{formats.DASH}</span>')


def created(row: Any) -> str:
    """When, and by whom."""
    by = f' <span class="muted xs">{escape(row.created_by)}</span>' if row.created_by else ""
    return f"{formats.date(business_date(row.created_at))}{by}"


def action(row: Any) -> str:
    """Buttons of the one form on the page: a form in each row would double it."""
    if row.status is not FollowUpStatus.OPEN:
        return _press(row, "open", "Open again", "btn-ghost")
    return f"{_press(row, 'done', 'Done', 'btn-quiet')} {_press(row, 'cancel', 'Cancel', 'btn-ghost')}"


def _press(row: Any, verb: str, label: str, kind: str) -> str:
    whose = escape(f"{label}: {row.kind.label.lower()} {cells.customer_name(row)}")
    return (
        f'<button type="submit" form="follow-up-form" formaction="/admin/follow-ups/{row.id}/{verb}" '
        f'class="btn {kind} btn-sm" aria-label="{whose}">{label}</button>'
    )


class FollowUps(ReadOnlyView):
    """What is to be done, when, for whom."""

    title = "Follow-Ups"
    url = "/admin/follow-ups"
    endpoint = "follow_ups"
    minimum_role = Role.COLLECTOR
    context = "What was planned on accounts; one whose time has come puts its account first in the worklist"
    template = "follow_ups/page.html"
    model = FollowUp
    listing = FOLLOW_UPS
    noun = "follow-ups"
    columns = (
        Column(
            "due_at", "Follow-Up Date", needs=("due_at", "status"), cell=due, plain=lambda row: row.due_at, file_kind="datetime"
        ),
        replace(customer_column(), card="figure"),
        Column("kind", "Type"),
        Column(
            "note", "Note", needs=("note", "kind"), cell=note, plain=lambda row: row.note, wide=True, card="detail", card_label=""
        ),
        Column("created_at", "Created", needs=("created_at", "created_by"), cell=created),
        Column("status", "Status", needs=("status", "due_at"), cell=status, plain=plain_status),
        Column(
            "action",
            "Action",
            needs=("status", "kind", "first_name", "last_name"),
            cell=action,
            plain=lambda row: None,
            css="acts",
            card="state",
        ),
        Column("created_by", "Created by", shown=False),
        Column("closed_at", "Closed", shown=False),
        Column("days_past_due", "Days past due", shown=False, dash_zero=True),
        Column("past_due_cents", "Past due", shown=False, dash_zero=True),
        Column("assigned_to", "Assigned to", shown=False),
    )
    views = (
        View("To do", TO_DO),
        View("Overdue", f"{TO_DO}&due_to=-1d"),
        View("Today", f"{TO_DO}&due_from=today&due_to=today"),
        View("Coming", f"{TO_DO}&due_from=%2B1d"),
        View("Done", "status=done&status=cancelled&sort=-due_at"),
    )
    buttons = (Button("Work account", "/admin/collections/work", icon="headset", key="n"),)
    empty = ("No follow-ups", "Plan one with F on an account, and it stands here until it is done.")
    name_field = staticmethod(cells.customer_name)

    def state(self) -> GridState:
        """What this request asks for; what is to be done when it asks for nothing."""
        pairs = list(request.args.items(multi=True))
        return GridState.of(pairs or parse_qsl(TO_DO), self.listing)

    @expose("/<int:follow_up_id>/<any(done, cancel, open):verb>", methods=("POST",))
    def close(self, follow_up_id: int, verb: str) -> ResponseReturnValue:
        """Tick it off, call it off, or take that back."""
        visible(db.session(), FollowUp, follow_up_id)
        wanted = VERBS[verb]
        with transaction() as session:
            follow_ups.close(session, follow_up_id, status=wanted, today=today(), now=now(), actor=actor())
        back = local_address(request.form.get("back"), url_for(".index_view"))
        if wanted is FollowUpStatus.OPEN:
            flash(SAID[wanted], "success")
        else:
            flash(SAID[wanted], "undo:" + url_for(".close", follow_up_id=follow_up_id, verb="open"))
        return redirect(back, 303)
