"""Workload: what each collector carries and did today, what is left alone, and evening it out with a preview."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import func, select
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from admin_views.base import Page, expose
from admin_views.gate import actor, viewer, visible
from admin_views.table_files import table_file
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Reassignment
from app.queries.collections import workload
from app.queries.collections.workload import Carried
from app.services.collections import assignments, reassignment
from app.transaction import transaction
from app.workbooks import writing

GAP_DAYS = (3, 7, 14, 30)
USUAL_GAP = 7
MOST_AT_ONCE = 20_000
"""More accounts than this are shared out as a job, on Collection Reassignment."""
SORTS = ("name", "open_items", "past_due_cents", "worked_today", "contacts", "promises_taken", "promises_kept", "gaps")

FILE_COLUMNS = (
    writing.ExportColumn("name", "Collector", "text"),
    writing.ExportColumn("open_items", "Open items", "int"),
    writing.ExportColumn("past_due_cents", "Past due", "cents"),
    writing.ExportColumn("worked_today", "Worked today", "int"),
    writing.ExportColumn("contacts", "Contacts", "int"),
    writing.ExportColumn("promises_taken", "Promises taken", "int"),
    writing.ExportColumn("promises_kept", "Promises kept", "int"),
    writing.ExportColumn("gaps", "Coverage gaps", "int"),
)


class BalanceForm(FlaskForm):
    """Why."""

    reason = StringField(
        "Reason",
        [InputRequired("Say why."), Length(max=assignments.LONGEST_REASON)],
        default="Evening out the work",
        description="It stands in the history of each account.",
    )


class WorkloadPage(Page):
    """Who has how much, and who looks after it."""

    title = "Workload"
    url = "/admin/workload"
    endpoint = "workload"
    minimum_role = Role.SUPERVISOR

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The table of collectors, what nobody has in its last row."""
        gap_days = _gap_days()
        rows = workload.carried(db.session(), viewer(), today=today(), gap_days=gap_days)
        nobodys = rows[-1]
        sort = request.args.get("sort", "name")
        return render_template(
            "workload/page.html",
            rows=[_shown(row) for row in _sorted(rows, sort)],
            sort=sort,
            sorts=SORTS,
            figures=_figures(rows, gap_days),
            totals=_totals(rows),
            gap_days=gap_days,
            gap_choices=GAP_DAYS,
            unassigned=nobodys.open_items,
            promise_days=workload.PROMISE_DAYS,
        )

    @expose("/export.<any(csv, xlsx):file_format>")
    def export(self, file_format: str) -> ResponseReturnValue:
        """The table as a file."""
        rows = workload.carried(db.session(), viewer(), today=today(), gap_days=_gap_days())
        cells = ([getattr(row, column.key) for column in FILE_COLUMNS] for row in rows)
        return table_file(f"workload-{today().isoformat()}", file_format, FILE_COLUMNS, cells, title="Workload")

    @expose("/balance/<any(unassigned, everybody):what>", methods=("GET", "POST"))
    def balance(self, what: str) -> ResponseReturnValue:
        """Who would get what; then it is done, as one reassignment that can be taken back."""
        session = db.session()
        form = BalanceForm()
        chosen = workload.to_hand_out(viewer(), everybody=what == "everybody")
        staff_ids = workload.collectors_of(session, viewer())
        number = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        if number > MOST_AT_ONCE or not staff_ids:
            why = (
                "so many accounts are shared out there, as a job" if staff_ids else "there is no active collector to share among"
            )
            flash(f"{number:,} accounts: {why}.", "warning")
            return redirect(url_for("reassignment.index") if staff_ids else url_for(".index"), 303)
        if form.validate_on_submit():
            try:
                with transaction() as writing_session:
                    done = reassignment.spread(
                        writing_session, chosen, staff_ids, reason=form.reason.data or "", now=now(), actor=actor()
                    )
            except RuleViolation as problem:
                form.form_errors.append(problem.message)
            else:
                undo = url_for(".undo", reassignment_id=done.undo["reassignment"]) if done.undo else None
                flash(done.sentence, f"undo:{undo}" if undo else "success")
                return redirect(url_for(".index"), 303)
        before = {row.staff_id: row for row in workload.carried(session, viewer(), today=today(), gap_days=USUAL_GAP)}
        shares = reassignment.shares(session, chosen, staff_ids)
        page = render_template(
            "workload/balance.html",
            form=form,
            what=what,
            number=number,
            shares=[_share(share, before.get(share.staff.id), everybody=what == "everybody") for share in shares],
        )
        return page, 422 if form.is_submitted() else 200

    @expose("/undo/<int:reassignment_id>", methods=("POST",))
    def undo(self, reassignment_id: int) -> ResponseReturnValue:
        """Take the reassignment of a moment ago back."""
        visible(db.session(), Reassignment, reassignment_id)
        try:
            with transaction() as session:
                done = reassignment.undo(session, reassignment_id, now=now(), actor=actor())
            flash(done.sentence, "success")
        except RuleViolation as problem:
            flash(problem.message, "error")
        return redirect(url_for(".index"), 303)


def _gap_days() -> int:
    given = request.args.get("gap", str(USUAL_GAP))
    if not (given.isascii() and given.isdigit() and int(given) in GAP_DAYS):
        abort(404)
    return int(given)


def _sorted(rows: list[Carried], sort: str) -> list[Carried]:
    """By a column, largest first, names upwards; what nobody has stays last."""
    key = sort.removeprefix("-")
    if key not in SORTS:
        abort(404)
    people = rows[:-1] if key == "name" else sorted(rows[:-1], key=lambda row: -int(getattr(row, key)))
    return [*(people if not sort.startswith("-") else people[::-1]), rows[-1]]


def _shown(row: Carried) -> dict[str, Any]:
    whose = f"assigned={row.staff_id}" if row.staff_id else "assigned=none"
    return {"row": row, "url": f"/admin/collections/?{whose}", "row_class": "" if row.staff_id else "brk"}


def _figures(rows: list[Carried], gap_days: int) -> list[dict[str, Any]]:
    items = sum(row.open_items for row in rows)
    gaps, nobodys = sum(row.gaps for row in rows), rows[-1]
    taken, kept = sum(row.promises_taken for row in rows), sum(row.promises_kept for row in rows)
    past_due = as_text(sum(row.past_due_cents for row in rows))
    return [
        {"label": "Open items", "value": f"{items:,}", "detail": f"{past_due} past due", "url": "/admin/collections/"},
        {
            "label": "Worked today",
            "value": f"{sum(row.worked_today for row in rows):,}",
            "detail": f"{sum(row.contacts for row in rows):,} conversations",
        },
        {
            "label": "Promises",
            "value": f"{kept:,} of {taken:,}",
            "detail": f"kept, of those taken in {workload.PROMISE_DAYS} days",
        },
        {
            "label": "Coverage gaps",
            "value": f"{gaps:,}",
            "detail": f"untouched for {gap_days} days",
            "tone": "warn" if gaps else "",
            "url": "/admin/collections/?contact=older&contact=never",
        },
        {
            "label": "Unassigned",
            "value": f"{nobodys.open_items:,}",
            "detail": f"{as_text(nobodys.past_due_cents)} past due",
            "tone": "bad" if nobodys.open_items else "",
            "url": "/admin/collections/?assigned=none",
        },
    ]


def _totals(rows: list[Carried]) -> dict[str, Any]:
    return {key: sum(int(getattr(row, key)) for row in rows) for key in SORTS if key != "name"}


def _share(share: Any, before: Carried | None, *, everybody: bool) -> dict[str, Any]:
    """A collector before and after."""
    has = before.open_items if before else 0
    gets = len(share.account_ids)
    return {
        "name": share.staff.name,
        "before": has,
        "gets": gets,
        "cents": share.past_due_cents,
        "after": gets if everybody else has + gets,
    }
