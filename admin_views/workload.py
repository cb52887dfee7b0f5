"""Workload: what each collector carries and did today, what is left alone, and evening it out with a preview."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import func, select
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from admin_views import spans
from admin_views.base import Page, expose
from admin_views.gate import actor, viewer, visible
from admin_views.report_filters import Narrowed, narrowed
from admin_views.table_files import table_file
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Reassignment
from app.queries.collections import narrowing, workload
from app.queries.collections.narrowing import Span
from app.queries.collections.workload import Carried
from app.services.collections import assignments, reassignment
from app.transaction import transaction
from app.workbooks import writing

GAP_DAYS = (3, 7, 14, 30)
USUAL_GAP = 7
KEPT = ("sort", "gap", "from", "to")
"""What the address asks for beside filters."""
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
        found, rows, gap_days, span = _asked()
        also = found.criteria.without(("collector",)).query_string()
        return render_template(
            "workload/page.html",
            rows=[_shown(row, also) for row in rows],
            sort=_sort(),
            sorts=SORTS,
            narrowed=found,
            query=found.whole_query,
            span=span,
            presets=spans.presets(),
            figures=_figures(rows, gap_days, span, also),
            totals=_totals(rows),
            gap_days=gap_days,
            gap_choices=GAP_DAYS,
            unassigned=sum(row.open_items for row in rows if row.staff_id is None),
            promise_days=workload.PROMISE_DAYS,
        )

    @expose("/export.<any(csv, xlsx):file_format>")
    def export(self, file_format: str) -> ResponseReturnValue:
        """The table as a file."""
        _, rows, _, span = _asked()
        columns = [replace(one, label="Worked") if span and one.key == "worked_today" else one for one in FILE_COLUMNS]
        cells = ([getattr(row, column.key) for column in columns] for row in rows)
        days = f"{span.from_on.isoformat()}-{span.to_on.isoformat()}" if span else today().isoformat()
        return table_file(f"workload-{days}", file_format, columns, cells, title="Workload")

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


def _asked() -> tuple[Narrowed, list[Carried], int, Span | None]:
    """What the address asks for: the filters, the rows in their order, days that make a gap, and days of the work."""
    found = narrowed(narrowing.WORKLOAD, keeping=KEPT)
    gap_days, span = _gap_days(), spans.asked(usual_days=workload.PROMISE_DAYS)
    rows = workload.carried(db.session(), viewer(), today=today(), gap_days=gap_days, criteria=found.criteria, span=span)
    return found, _sorted(rows, _sort()), gap_days, span


def _sort() -> str:
    sort = request.args.get("sort", "name")
    return sort if sort.removeprefix("-") in SORTS else abort(404)


def _sorted(rows: list[Carried], sort: str) -> list[Carried]:
    """By a column, largest first, names upwards; what nobody has stays last."""
    key = sort.removeprefix("-")
    people, rest = [row for row in rows if row.staff_id], [row for row in rows if not row.staff_id]
    people = people if key == "name" else sorted(people, key=lambda row: -int(getattr(row, key)))
    return [*(people if not sort.startswith("-") else people[::-1]), *rest]


def _shown(row: Carried, also: str) -> dict[str, Any]:
    whose = f"assigned={row.staff_id}" if row.staff_id else "assigned=none"
    return {"row": row, "url": _rows_url(whose, also), "row_class": "" if row.staff_id else "brk"}


def _rows_url(asked: str, also: str) -> str:
    """The worklist, narrowed as this page is."""
    query = "&".join(part for part in (asked, also) if part)
    return f"/admin/collections/?{query}" if query else "/admin/collections/"


def _figures(rows: list[Carried], gap_days: int, span: Span | None, also: str) -> list[dict[str, Any]]:
    items = sum(row.open_items for row in rows)
    gaps, nobodys = sum(row.gaps for row in rows), [row for row in rows if row.staff_id is None]
    taken, kept = sum(row.promises_taken for row in rows), sum(row.promises_kept for row in rows)
    past_due = as_text(sum(row.past_due_cents for row in rows))
    whose = "&".join(f"assigned={row.staff_id}" for row in rows if row.staff_id) if not nobodys else ""
    return [
        {"label": "Open items", "value": f"{items:,}", "detail": f"{past_due} past due", "url": _rows_url(whose, also)},
        {
            "label": "Worked" if span else "Worked today",
            "value": f"{sum(row.worked_today for row in rows):,}",
            "detail": f"{sum(row.contacts for row in rows):,} conversations",
        },
        {
            "label": "Promises",
            "value": f"{kept:,} of {taken:,}",
            "detail": "kept, of those taken in these days" if span else f"kept, of those taken in {workload.PROMISE_DAYS} days",
        },
        {
            "label": "Coverage gaps",
            "value": f"{gaps:,}",
            "detail": f"untouched for {gap_days} days",
            "tone": "warn" if gaps else "",
            "url": _rows_url("contact=older&contact=never" + (f"&{whose}" if whose else ""), also),
        },
        *(
            {
                "label": "Unassigned",
                "value": f"{row.open_items:,}",
                "detail": f"{as_text(row.past_due_cents)} past due",
                "tone": "bad" if row.open_items else "",
                "url": _rows_url("assigned=none", also),
            }
            for row in nobodys
        ),
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
