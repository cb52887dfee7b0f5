"""Jobs: how far one is (for whoever started it), and all of them with their queues and workers (for admins)."""

from __future__ import annotations

from typing import Any

import redis
from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy.orm import Session

from admin_views import formats
from admin_views.answers import local_address, wants_data
from admin_views.base import GridPage, Page, expose
from admin_views.gate import actor, needs, visible
from admin_views.grid import Column, View
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import JobState
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import DayChunk, Job
from app.queries.collections import day_runs
from app.queries.reporting.job_list import JOBS
from app.queries.reporting.jobs import failed_jobs, open_jobs, progress_of
from app.queries.reporting.timetable import started_on
from app.services.collections import quarantine
from app.services.reporting import jobs
from app.transaction import transaction
from tasks import timetable
from tasks.doorbell import ring
from tasks.queues import QueueState, WorkerState, queue_states, worker_states

TONES: dict[JobState, str] = {
    JobState.PLANNED: "open",
    JobState.RUNNING: "info",
    JobState.DONE: "good",
    JobState.FAILED: "bad",
    JobState.STOPPED: "mute",
}
"""The mark before each state."""


class JobProgress(Page):
    """One job, as its progress bar asks for it. Whoever started a job follows and stops it; admins any."""

    title = "Job"
    url = "/admin/jobs"
    endpoint = "job"
    minimum_role = Role.COLLECTOR

    @expose("/<int:job_id>.json")
    @needs(polled=True)
    def progress(self, job_id: int) -> ResponseReturnValue:
        """How far the job is."""
        shown = progress_of(visible(db.session(), Job, job_id), now=now())
        return jsonify(
            id=shown.id,
            title=shown.title,
            state=shown.state.value,
            planned=shown.planned,
            done=shown.done,
            failed=shown.failed,
            step=shown.step,
            detail=shown.error or shown.step or shown.state.label,
            seconds_left=shown.seconds_left,
            result_url=shown.result_url,
            error=shown.error,
        )

    @expose("/<int:job_id>/stop", methods=("POST",))
    def stop(self, job_id: int) -> ResponseReturnValue:
        """Ask the job to stop; what it has open is rolled back."""
        job = visible(db.session(), Job, job_id)
        try:
            with transaction() as session:
                jobs.request_stop(session, job, now=now(), actor=actor())
                state = job.state
        except RuleViolation as problem:
            if wants_data():
                return jsonify(error=problem.message), 409
            flash(problem.message, "error")
            return redirect(_back())
        if wants_data():
            return jsonify(state=state.value)
        flash("The job stops at its next step.", "success")
        return redirect(_back())


def _back() -> str:
    referrer = (request.referrer or "").removeprefix(request.host_url)
    return local_address("/" + referrer if referrer != request.referrer else None, url_for("admin.index"))


def state(row: Any) -> str:
    """Mark and word, and what it is doing."""
    step = f' <span class="muted xs">{escape(row.step)}</span>' if row.step and row.state is JobState.RUNNING else ""
    return f'<span class="st {TONES[row.state]}">{row.state.label}</span>{step}'


def amount(row: Any) -> str:
    """Items that are over, of how many."""
    if not row.planned:
        return formats.DASH
    failed = f', <span class="bad">{row.failed:,} failed</span>' if row.failed else ""
    return f"{row.done:,} of {row.planned:,}{failed}"


def ended(row: Any) -> str:
    """What came of it: the sentence of a failure, or a link to the result."""
    if row.error:
        said = escape(row.error)
        return f'<span title="{said}">{said}</span>'
    if row.result_url:
        return f'<a href="{escape(row.result_url)}">See the result</a>'
    return ""


class JobsPage(GridPage):
    """Queues, workers, running and failed jobs, schedule."""

    title = "Jobs"
    url = "/admin/jobs"
    endpoint = "jobs"
    minimum_role = Role.ADMIN
    listing = JOBS
    noun = "jobs"
    template = "jobs/page.html"
    empty = ("No job has run yet", "Imports, the end of a day and bulk changes stand here while and after they run.")
    columns = (
        Column("title", "Job", needs=("title", "kind")),
        Column("state", "Status", needs=("state", "step"), cell=state, plain=lambda row: row.state.label, card="state"),
        Column("done", "Done", needs=("done", "planned", "failed"), cell=amount, numeric=True, card="figure"),
        Column("created_at", "Planned", card="detail", card_label=""),
        Column("created_by", "By", cell=lambda row: formats.text(row.created_by or "The program")),
        Column("seconds", "Seconds"),
        Column("attempts", "Attempts"),
        Column("error", "Result", needs=("error", "result_url"), cell=ended, wide=True),
        Column("kind", "Kind", shown=False),
        Column("queue", "Queue", shown=False),
        Column("started_at", "Started", shown=False),
        Column("finished_at", "Ended", shown=False),
    )
    views = (
        View("All"),
        View("Running", "state=running&state=planned"),
        View("Failed", "state=failed"),
    )

    def context_values(self, session: Session) -> dict[str, Any]:
        """Queues, workers and schedule beside the jobs, and how the last end of day went."""
        queues: list[QueueState] = []
        workers: list[WorkerState] = []
        problem = None
        try:
            queues, workers = queue_states(), worker_states()
        except redis.RedisError as error:
            problem = f"The queue does not answer ({type(error).__name__}). Jobs wait in the database and start when it is back."
        begun = started_on(session, today())
        return {
            "queues": queues,
            "workers": workers,
            "queue_problem": problem,
            "schedule": [
                {"id": entry.kind, "title": entry.title, "at": entry.at, "started_at": begun.get(entry.kind)}
                for entry in sorted(timetable.ENTRIES, key=lambda entry: entry.at)
            ],
            "put_aside": day_runs.put_aside(session),
            "last_day": (last := day_runs.latest(session)),
            "last_steps": day_runs.steps(session, last.id) if last else [],
            "running": [progress_of(job, now=now()) for job in open_jobs(session)],
            "failed": failed_jobs(session),
        }

    @expose("/put-aside/<int:chunk_id>/again", methods=("POST",))
    def again(self, chunk_id: int) -> ResponseReturnValue:
        """Do what an end of day could not, once its reason was mended."""
        visible(db.session(), DayChunk, chunk_id)
        try:
            with transaction() as session:
                said = quarantine.try_again(session, chunk_id, today=today(), now=now(), actor=actor())
            flash(said, "success")
        except RuleViolation as problem:
            flash(problem.message, "error")
        return redirect(url_for("jobs.index_view") + "#put-aside")

    @expose("/<int:job_id>/retry", methods=("POST",))
    def retry(self, job_id: int) -> ResponseReturnValue:
        """Plan a failed or stopped job again."""
        job = visible(db.session(), Job, job_id)
        try:
            with transaction() as session:
                jobs.retry(session, job, now=now(), actor=actor())
            ring(job)
            flash(f"“{job.title}” is tried again.", "success")
        except RuleViolation as problem:
            flash(problem.message, "error")
        return redirect(url_for("jobs.index_view"))
