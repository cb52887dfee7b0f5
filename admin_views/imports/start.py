"""Import: choose a file, see what the format wants, and what was imported before."""

from __future__ import annotations

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from admin_views.base import Page, expose
from admin_views.gate import actor, viewer, visible
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.portfolio.imports import BatchState
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import ImportBatch, Job, Portfolio
from app.queries.portfolio.imports import open_portfolios, recent_batches
from app.services.portfolio import import_rejects, imports, uploads
from app.services.reporting import jobs
from app.transaction import transaction
from app.workbooks.gate import admit
from app.workbooks.portfolio_report import COLUMNS
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
        try:
            file = admit(sent.stream.read(), sent.filename)
            with transaction() as session:
                batch = imports.open_batch(session, file, portfolio=book, today=today(), now=now(), actor=actor())
                job = plan_reading(batch)
                uploads.keep(current_app.config["SETTINGS"].home, file)
        except (UnreadableFile, RuleViolation) as problem:
            return self._page(str(problem)), 422
        ring(job)
        return redirect(url_for("import_batch.index_view", batch_id=batch.id))

    def _page(self, problem: str | None) -> str:
        session = db.session()
        batches = recent_batches(session, viewer())
        page: str = self.render(
            "imports/start.html",
            problem=problem,
            portfolios=open_portfolios(session, viewer()),
            chosen=request.form.get("portfolio", ""),
            columns=COLUMNS,
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
