"""Weighting Table: everything that gives points, and what a change would do to today's list before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin_views import weights_form
from admin_views.base import Page, expose
from admin_views.gate import actor, needs, viewer
from app.clock import now, today
from app.domain.collections.weights import AGE_BANDS, BALANCE_BANDS, MOST_STATUSES, Table
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import WeightingTable
from app.queries.collections import collectors, statuses
from app.queries.collections import weights as queries
from app.queries.collections.weights import InUse, Preview
from app.services.collections import weighting
from app.services.reporting import jobs
from app.transaction import transaction
from tasks.doorbell import ring

AT_ONCE = 2
"""Pieces of the book that a request weighs itself; a larger one becomes a job."""

LISTS = (
    ("due_days", "Due date", "Day of the month", "The day on which the oldest unpaid installment fell due."),
    ("averages", "Average days late", "From days", "How late this account's installments were paid on average."),
    ("account_ages", "Age of the account", "From days", "Days since the lease began."),
)


class Weights(Page):
    """The table with its grid, its lists and the statuses."""

    title = "Weighting Table"
    url = "/admin/weights"
    endpoint = "weights"
    minimum_role = Role.ADMIN

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The table that is in use."""
        return self._page(self._stored())

    @expose("/preview", methods=("POST",))
    @needs(Role.ADMIN)
    def preview(self) -> ResponseReturnValue:
        """How today's list would change; nothing is saved."""
        try:
            table, points = weights_form.read(request.form)
            weighting.check_all(table, points)
        except RuleViolation as refusal:
            return self._page(request.form, refusal=refusal)
        return self._page(request.form, preview=self._would(table, points))

    @expose("/save", methods=("POST",))
    @needs(Role.ADMIN)
    def save(self) -> ResponseReturnValue:
        """Save the table and weigh every account by it."""
        version = request.form.get("version", type=int) or 0
        try:
            table, points = weights_form.read(request.form)
            with transaction() as session:
                changed = weighting.save(session, table, points, version=version, now=now(), actor=actor())
        except RuleViolation as refusal:
            return self._page(request.form, refusal=refusal)
        if changed:
            self._weigh()
        else:
            flash("Nothing was different.", "success")
        return redirect(url_for(".index"), 303)

    def _weigh(self) -> None:
        """Weigh at once, or leave a large book to a job whose progress the toast shows."""
        with transaction() as session:
            ranges = weighting.ranges(session)
        if len(ranges) > AT_ONCE:
            with transaction() as session:
                job = jobs.plan(
                    session, "reweigh", "Weigh all accounts", arguments={}, planned=len(ranges), now=now(), actor=actor()
                )
                job_id = job.id
            ring(job_id, "default")
            flash("Saved. All accounts are weighed", f"job:/admin/jobs/{job_id}.json")
            return
        count = 0
        for first, last in ranges:
            with transaction() as session:
                count += weighting.weigh(session, first=first, last=last, today=today(), now=now())
        flash(f"Saved; {count:,} {'account has' if count == 1 else 'accounts have'} another weight.", "success")

    def _stored(self) -> dict[str, str]:
        """What is stored, as the fields of the page."""
        row = db.session.get_one(WeightingTable, 1)
        points = {one.code: one.weight for one in statuses.choices(db.session())}
        return weights_form.fields(Table.from_json(row.weights), points) | {"version": str(row.version)}

    def _would(self, table: Table, points: Mapping[str, int]) -> Preview:
        used = InUse(
            table,
            {code: given for code, given in points.items() if given},
            collectors.settings(db.session()).has_thirty_day_months,
        )
        return queries.preview(db.session(), used, viewer=viewer(), on=today())

    def _page(
        self, values: Mapping[str, str], *, refusal: RuleViolation | None = None, preview: Preview | None = None
    ) -> ResponseReturnValue:
        look: dict[str, Any] = {
            "values": values,
            "refusal": refusal,
            "preview": preview,
            "ages": range(AGE_BANDS),
            "balances": range(BALANCE_BANDS),
            "lists": LISTS,
            "lines": {name: weights_form.lines_shown(values, name) for name, *_ in LISTS},
            "statuses": statuses.choices(db.session()),
            "most_statuses": MOST_STATUSES,
            "is_off": "weights" in collectors.settings(db.session()).steps_off,
        }
        return render_template("weights/page.html", **look), 422 if refusal else 200
