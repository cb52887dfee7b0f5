"""One import: its columns, the fate of every row, applying, the result, undoing."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, flash, g, has_request_context, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin_views.base import GridPage, expose
from admin_views.gate import actor, needs, visible
from admin_views.grid import Column, View
from admin_views.grid.columns import Bound, bind
from admin_views.imports.cells import COLUMNS as SHOWN_COLUMNS
from admin_views.imports.cells import VIEWS
from admin_views.imports.figures import figures
from admin_views.imports.other_cells import LOOKS
from admin_views.imports.start import TONES, flashed, job_key, plan_reading
from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.portfolio.imports import BatchState, ImportFormat, RowOutcome
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import ImportBatch, Job
from app.queries.listing import Listing
from app.queries.portfolio.import_rows import rows_of
from app.queries.reporting.jobs import latest_job, progress_of
from app.services.portfolio import import_rejects, imports
from app.services.reporting import jobs
from app.transaction import transaction
from app.workbooks.formats.registry import format_of
from tasks.doorbell import ring

STEPS = ("File", "Columns", "Preview", "Apply", "Done")
STEP_OF: dict[BatchState, int] = {
    BatchState.READING: 2,
    BatchState.FAILED: 2,
    BatchState.PREVIEW: 3,
    BatchState.APPLYING: 4,
    BatchState.APPLIED: 6,
    BatchState.UNDOING: 6,
    BatchState.UNDONE: 6,
    BatchState.DISCARDED: 3,
}
"""Where the stepper stands; 6 is behind its end."""

WORKING = frozenset({BatchState.READING, BatchState.APPLYING, BatchState.UNDOING})


_bound: dict[ImportFormat, list[Bound]] = {}


class BatchPage(GridPage):
    """A batch under its own address; every route of the list works on the rows of that batch."""

    title = "Import"
    url = "/admin/import/<int:batch_id>"
    endpoint = "import_batch"
    minimum_role = Role.SUPERVISOR
    noun = "rows"
    template = "imports/preview.html"
    empty = ("This import has no rows", "They went when it was discarded.")

    def create_blueprint(self, admin: Any) -> Blueprint:
        """Take the batch out of the address once, for all routes, and put it into every link to one of them."""
        blueprint: Blueprint = super().create_blueprint(admin)

        @blueprint.url_value_preprocessor
        def take(endpoint: str | None, values: dict[str, Any] | None) -> None:
            g.import_batch_id = (values or {}).pop("batch_id", None)

        @blueprint.url_defaults
        def give(endpoint: str, values: dict[str, Any]) -> None:
            if g.get("import_batch_id") is not None:
                values.setdefault("batch_id", g.import_batch_id)

        return blueprint

    @property
    def batch(self) -> ImportBatch:
        """The batch of this request; 404 when it is not there or not for this person to see."""
        return visible(db.session(), ImportBatch, g.get("import_batch_id"))

    def enter(self) -> None:
        """Nothing under a batch's address opens for somebody who may not see the batch, saved views neither."""
        _ = self.batch

    @property
    def listing(self) -> Listing:  # type: ignore[override]
        """The rows of the batch of this request; of no batch outside of one, where only the names of its fields matter."""
        if not has_request_context():
            return rows_of(0)
        if "import_rows" not in g:  # Asked for several times in a request; seen by this person once.
            g.import_rows = rows_of(self.batch.id)
        rows: Listing = g.import_rows
        return rows

    @property
    def kind(self) -> ImportFormat:
        """The format of the batch of this request."""
        if not has_request_context() or g.get("import_batch_id") is None:
            return ImportFormat.PORTFOLIO
        if "import_kind" not in g:
            g.import_kind = self.batch.format
        kind: ImportFormat = g.import_kind
        return kind

    @property
    def columns(self) -> Sequence[Column]:  # type: ignore[override]
        """The columns that fit the format."""
        return LOOKS[self.kind][0] if self.kind in LOOKS else SHOWN_COLUMNS

    @property
    def views(self) -> Sequence[View]:  # type: ignore[override]
        """The tabs that fit the format."""
        return LOOKS[self.kind][1] if self.kind in LOOKS else VIEWS

    @property
    def bound(self) -> list[Bound]:
        """The columns, matched with the fields of the listing; each format is matched once."""
        if self.kind not in _bound:
            _bound[self.kind] = [bind(column, rows_of(0)) for column in self.columns]
        return _bound[self.kind]

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """The preview or the result; while somebody works on the batch, how far that is."""
        batch = self.batch
        if batch.state in WORKING:
            return render_template("imports/working.html", screen=self, **self.facts(batch), **self.work(batch))
        if batch.state is BatchState.FAILED:
            return render_template("imports/failed.html", screen=self, **self.facts(batch), **self.mapping(batch))
        shown: ResponseReturnValue = super().index_view()
        return shown

    def context_values(self, session: Session) -> dict[str, Any]:
        """What the preview shows beside its rows."""
        batch = self.batch
        return {**self.facts(batch), "figures": figures(batch)}

    def facts(self, batch: ImportBatch) -> dict[str, Any]:
        """What every page of a batch shows."""
        return {
            "batch": batch,
            "steps": STEPS,
            "step": STEP_OF[batch.state],
            "tone": TONES[batch.state],
            "coming_in": imports.coming_in(batch),
            "nouns": format_of(batch.format).nouns,
            "is_accounts": batch.format not in LOOKS,
            "rejected": import_rejects.rejects(batch),
            "header_row": batch.mapping.get("header_row"),
            "sheet": batch.mapping.get("sheet_read"),
            "sheets": batch.mapping.get("sheets", ()),
            "repeated": int(batch.outcomes.get(RowOutcome.SKIPPED_DUPLICATE.value, 0)),
        }

    def work(self, batch: ImportBatch) -> dict[str, Any]:
        """How far the batch's job is."""
        job = latest_job(db.session(), job_key(batch.id))
        return {"job": progress_of(job, now=now()) if job else None}

    def mapping(self, batch: ImportBatch) -> dict[str, Any]:
        """The columns of the format with the headers that they have, and the headers to choose from."""
        named = imports.named_mappings(db.session(), batch.format)
        picked = named.get(request.args.get("mapping", ""))
        found = batch.mapping.get("columns", {})
        return {
            "columns": format_of(batch.format).columns,
            "chosen": found if picked is None else {key: header for key, header in picked.items() if header in batch.headers},
            "headers": batch.headers,
            "named": list(named),
            "picked": request.args.get("mapping", "") if picked is not None else "",
        }

    @expose("/columns", methods=("GET", "POST"))
    def choose_columns(self) -> ResponseReturnValue:
        """Say which column of the file is which; the file is then read again."""
        batch = self.batch
        problem = None
        if batch.state not in (BatchState.PREVIEW, BatchState.FAILED):
            return redirect(self.address("index_view"))
        if request.method == "POST":
            given = {column.key: request.form.get(column.key, "") for column in format_of(batch.format).columns}
            try:
                with transaction() as session:
                    name = request.form.get("mapping_name", "").strip()
                    imports.choose_columns(session, batch, given, name=name, now=now(), actor=actor())
                    job = plan_reading(batch)
                ring(job)
                return redirect(self.address("index_view"))
            except RuleViolation as refused:
                problem = refused
        values = self.mapping(batch) | ({"chosen": request.form} if problem else {})
        page = render_template("imports/columns.html", screen=self, problem=problem, **self.facts(batch), **values)
        return page, 422 if problem else 200

    @expose("/sheet", methods=("POST",))
    def choose_sheet(self) -> ResponseReturnValue:
        """Read another sheet of the workbook."""
        batch = self.batch
        try:
            with transaction() as session:
                imports.choose_sheet(session, batch, request.form.get("sheet", ""), now=now(), actor=actor())
                job = plan_reading(batch)
            ring(job)
        except RuleViolation as problem:
            flashed(problem)
        return redirect(self.address("index_view"))

    @expose("/apply", methods=("POST",))
    @needs(step_up=True)
    def apply(self) -> ResponseReturnValue:
        """Plan the job that writes all accounts of the batch."""
        return self._plan("import_apply", "Importing", imports.start_apply)

    @expose("/undo", methods=("POST",))
    @needs(step_up=True)
    def undo(self) -> ResponseReturnValue:
        """Plan the job that takes all accounts of the batch out again."""
        return self._plan("import_undo", "Undoing", imports.start_undo)

    @expose("/discard", methods=("POST",))
    def discard(self) -> ResponseReturnValue:
        """Forget a batch that was never applied."""
        try:
            with transaction() as session:
                imports.discard(session, self.batch, now=now(), actor=actor())
        except RuleViolation as problem:
            flashed(problem)
            return redirect(self.address("index_view"))
        flash("The import is discarded; nothing of it was written.", "success")
        return redirect(url_for("imports.index"))

    @expose("/rejects.xlsx")
    def rejects(self) -> ResponseReturnValue:
        """The rows that stayed out, with their original columns and what is wrong with each."""
        batch = self.batch
        book = io.BytesIO()
        import_rejects.write(db.session(), batch, book)
        book.seek(0)
        return send_file(
            book,
            mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            as_attachment=True,
            download_name=f"import-{batch.id}-rejects.xlsx",
        )

    def _plan(self, kind: str, verb: str, start: Callable[..., None]) -> ResponseReturnValue:
        batch = self.batch
        try:
            with transaction() as session:
                start(session, batch, now=now(), actor=actor())
                job: Job = jobs.plan(
                    session,
                    kind,
                    f"{verb} {batch.file_name}"[:160],
                    arguments={"batch_id": batch.id},
                    unique_key=job_key(batch.id),
                    queue="imports",
                    planned=imports.coming_in(batch),
                    now=now(),
                    actor=actor(),
                )
            ring(job)
        except RuleViolation as problem:
            flashed(problem)
        return redirect(self.address("index_view"))
