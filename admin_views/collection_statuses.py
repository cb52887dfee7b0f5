"""Collection Statuses: the codes and the defaults that setting one brings."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import escape

from admin_views.base import EditableView, RecordService, expose
from admin_views.formats import DASH
from admin_views.gate import actor
from admin_views.grid import Column, View
from app.clock import now
from app.domain.staff.roles import Role
from app.models import CollectionStatus
from app.queries.collections.statuses import STATUSES
from app.services.collections import statuses
from app.transaction import transaction


def follow_up(row: Any) -> str:
    """In 3 days."""
    if row.follow_up_interval is None:
        return DASH
    unit = row.follow_up_unit.label.lower()
    return f"in {row.follow_up_interval} {unit.removesuffix('s') if row.follow_up_interval == 1 else unit}"


def plain_follow_up(row: Any) -> str | None:
    """The same for a file."""
    return None if row.follow_up_interval is None else follow_up(row)


def who(row: Any) -> str:
    """Who changes it."""
    marks = []
    if row.is_supervisor_type:
        marks.append('<span class="st warn">Supervisor</span>')
    if row.is_automatic:
        marks.append('<span class="st info">End of day</span>')
    return " ".join(marks) or '<span class="muted">Collectors</span>'


def state(row: Any) -> str:
    """Mark and word."""
    return '<span class="st good">Active</span>' if row.is_active else '<span class="st mute">Inactive</span>'


def described(row: Any) -> str:
    """The words."""
    return str(escape(row.description))


class CollectionStatuses(EditableView):
    """The codes."""

    title, url, endpoint, noun = (
        "Collection Statuses",
        "/admin/collection-statuses",
        "collection_statuses",
        "collection statuses",
    )
    minimum_role = Role.ADMIN
    model = CollectionStatus
    listing = STATUSES
    service = RecordService(statuses.create, statuses.change, statuses.clear_defaults)
    views = (View("All"), View("Active", "active=1"), View("Supervisor's", "supervisor=1"), View("Automatic", "automatic=1"))
    columns = (
        Column("code", "Code", mono=True),
        Column("description", "Description", cell=described, card="figure"),
        Column(
            "follow_up_interval",
            "Follow-up",
            cell=follow_up,
            plain=plain_follow_up,
            needs=("follow_up_interval", "follow_up_unit"),
            hint="What setting the status plans",
        ),
        Column("weight", "Weight", hint="Points of the Weighting Table; at most ten statuses have any"),
        Column(
            "is_supervisor_type",
            "Changed by",
            cell=who,
            needs=("is_supervisor_type", "is_automatic"),
            card="detail",
            card_label="",
        ),
        Column("is_active", "Status", cell=state, card="state"),
    )
    form_columns = (
        "code",
        "description",
        "follow_up_interval",
        "follow_up_unit",
        "weight",
        "is_supervisor_type",
        "is_automatic",
        "is_active",
    )
    form_labels = {
        "follow_up_interval": "Follow-up in",
        "follow_up_unit": "Unit",
        "is_supervisor_type": "Supervisor type",
        "is_automatic": "Given by the end of day",
    }
    form_help = {
        "code": "Two characters, digits or letters.",
        "follow_up_interval": "Empty for no follow-up.",
        "weight": "Points in the worklist, 0 to 9,999.",
        "is_supervisor_type": "Neither the end of day nor a collector takes an account out of it.",
        "is_automatic": "80 to 83 and 85 have rules of their own; off means that the end of day does not give it.",
        "is_active": "Inactive ones are not offered.",
    }
    empty = ("There is no collection status yet", "Add the codes by which accounts are worked.")

    @property
    def noun_of_one(self) -> str:
        """One of them; the rule of the base would leave "statuse"."""
        return "collection status"

    @expose("/delete/", methods=("GET", "POST"))
    def delete_view(self) -> ResponseReturnValue:
        """Ask, then delete the defaults; the code stays."""
        row = self.get_one(request.args.get("id"))
        said = str(row)
        if request.method == "GET":
            return render_template("collection_statuses/delete.html", screen=self, row=row)
        with transaction() as session:
            statuses.clear_defaults(session, row, now=now(), actor=actor())
        return self.saved(f"The defaults of {said} were deleted; the code stays in use.")
