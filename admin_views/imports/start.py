"""Import: choose a file, see what the format wants, and what was imported before."""

from __future__ import annotations

import csv
import io

from flask import current_app, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin_views.base import Page, expose
from admin_views.gate import actor, viewer, visible
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.portfolio.imports import BatchState, ImportFormat
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import ImportBatch, Job, Portfolio
from app.queries.portfolio.imports import open_portfolios, recent_batches
from app.services.portfolio import import_rejects, imports, uploads
from app.services.portfolio.import_funding import running_total_cents
from app.services.reporting import jobs
from app.transaction import transaction
from app.workbooks.formats.registry import FORMATS, format_of
from app.workbooks.formats.shape import Format
from app.workbooks.gate import admit
from app.workbooks.sheets import UnreadableFile
from tasks.doorbell import ring

TONES: dict[BatchState, str] = {
    BatchState.READING: "info",
    BatchState.PREVIEW: "open",
    BatchState.APPLYING: "info",
    BatchState.APPLIED: "good",
    BatchState.UNDOING: "info",
    BatchState.UNDONE: "mute",
    BatchState.FAILED: "bad",
    BatchState.DISCARDED: "mute",
}
"""The mark before each state."""

NO_FILE = "Choose a file first."


class ImportPage(Page):
    """Where an import begins, and the history of all of them."""

    title = "Import"
    url = "/admin/import"
    endpoint = "imports"
    minimum_role = Role.SUPERVISOR

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The form, the columns of the format, the imports so far."""
        return self._page(None)

    @expose("/upload", methods=("POST",))
    def upload(self) -> ResponseReturnValue:
        """Let a file in and plan its reading; a file that is not what it should be is refused with a sentence."""
        sent = request.files.get("file")
        if sent is None or not sent.filename or "portfolio" not in request.form:
            return self._page(NO_FILE), 422
        book = visible(db.session(), Portfolio, request.form["portfolio"])
        form = self._form()
        try:
            file = admit(sent.stream.read(), sent.filename)
            with transaction() as session:
                batch = imports.open_batch(session, file, portfolio=book, kind=form.kind, today=today(), now=now(), actor=actor())
                job = plan_reading(batch)
                uploads.keep(current_app.config["SETTINGS"].home, file)
        except (UnreadableFile, RuleViolation) as problem:
            return self._page(str(problem)), 422
        ring(job)
        return redirect(url_for("import_batch.index_view", batch_id=batch.id))

    @expose("/example/<any(" + ", ".join(sorted(FORMATS)) + "):format>.csv")
    def example(self, format: str) -> ResponseReturnValue:  # The word of the address.
        """A file with the columns of a format and one row, to begin with."""
        form = format_of(ImportFormat(format))
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow([column.name for column in form.columns])
        writer.writerow([column.example for column in form.columns])
        content = io.BytesIO(text.getvalue().encode("utf-8-sig"))
        return send_file(
            content, mimetype="text/csv", as_attachment=True, download_name=f"{format.replace('_', '-')}-example.csv"
        )

    def _form(self) -> Format:
        """The format that was chosen; the portfolio report when none was."""
        given = request.values.get("format", "")
        return format_of(ImportFormat(given) if given in FORMATS else ImportFormat.PORTFOLIO)

    def _page(self, problem: str | None) -> str:
        session = db.session()
        form = self._form()
        batches = recent_batches(session, viewer())
        page: str = self.render(
            "imports/start.html",
            problem=problem,
            portfolios=open_portfolios(session, viewer()),
            chosen=request.form.get("portfolio", ""),
            form=form,
            forms=list(FORMATS.values()),
            columns=form.columns,
            running_total=_running_total(session, form),
            batches=[
                {
                    "id": batch.id,
                    "batch": batch,
                    "url": url_for("import_batch.index_view", batch_id=batch.id),
                    "tone": TONES[batch.state],
                    "coming_in": imports.coming_in(batch),
                    "rejected": import_rejects.rejects(batch),
                }
                for batch in batches
            ],
        )
        return page


def _running_total(session: Session, form: Format) -> int | None:
    """What all dealer reconciliations have added up to; None for other formats."""
    if form.kind is not ImportFormat.DEALER_RECONCILIATION:
        return None
    return sum(running_total_cents(session, book.id) for book in open_portfolios(session, viewer()))


def plan_reading(batch: ImportBatch) -> Job:
    """Plan the job that reads a batch; inside the caller's transaction."""
    return jobs.plan(
        db.session(),
        "import_read",
        f"Reading {batch.file_name}"[:160],
        arguments={"batch_id": batch.id},
        unique_key=job_key(batch.id),
        queue="imports",
        now=now(),
        actor=actor(),
    )


def job_key(batch_id: int) -> str:
    """The key under which a batch has one open job at a time."""
    return f"import {batch_id}"


def flashed(problem: RuleViolation) -> None:
    """Say on the next page what was refused."""
    flash(problem.message, "error")
