"""AutoPay Management: its runs, who is next, starting and configuring it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin_views import account_forms, formats, square_simulator
from admin_views.autopay import forms
from admin_views.base import GridPage, expose
from admin_views.gate import actor, may_open, needs, person, viewer
from admin_views.grid import Button, Column, View
from app.clock import now, today
from app.domain.autopay.batches import BatchKind, RunState, SkipReason
from app.domain.autopay.charges import ChargeState
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Staff
from app.queries.autopay import lists
from app.queries.autopay.lists import BATCHES
from app.queries.autopay.settings import autopay_settings
from app.services.autopay import batches, configuring
from app.transaction import transaction
from tasks import autopay

TONES: dict[RunState, str] = {
    RunState.RUNNING: "info",
    RunState.PAUSED: "warn",
    RunState.STOPPED: "mute",
    RunState.DONE: "good",
}
NEXT = 15
EVENTS = 6


def state(row: Any) -> str:
    """Mark and word, and why it is paused."""
    why = f' <span class="muted xs">{formats.text(row.reason)}</span>' if row.reason else ""
    return f'<span class="st {TONES[row.state]}">{row.state.label}</span>{why}'


def duration(seconds: int | None) -> str:
    """How long it took: 1 m 20 s."""
    if seconds is None:
        return formats.DASH
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} m {rest} s" if minutes else f"{rest} s"


class AutopayPage(GridPage):
    """Batch runs with live progress; who is next; run now, dry run, retry; configuration; what was done lately."""

    title = "AutoPay Management"
    url = "/admin/autopay"
    endpoint = "autopay"
    minimum_role = Role.MANAGER
    context = "Cards on file are charged when an installment falls due"
    listing = BATCHES
    noun = "runs"
    template = "autopay/runs.html"
    empty = ("No card was charged by AutoPay yet", "Run it now, or switch the scheduler on under Configuration.")
    columns = (
        Column("business_on", "Date", weekday=True),
        Column("kind", "Type"),
        Column("state", "Status", needs=("state", "reason"), cell=state, plain=lambda row: row.state.label, card="state"),
        Column("eligible", "Eligible"),
        Column("succeeded", "Success"),
        Column("failed", "Failed"),
        Column("charged_cents", "Charged", card="figure"),
        Column("seconds", "Duration", cell=lambda row: duration(row.seconds), plain=lambda row: row.seconds, file_kind="int"),
        Column("unknown", "Unknown", shown=False),
        Column("skipped", "Not charged any more", shown=False),
        Column("left_out", "Left out", shown=False),
        Column("planned_by", "By", shown=False, cell=lambda row: formats.text(row.planned_by or "The program")),
        Column("started_at", "Started", shown=False),
        Column("finished_at", "Ended", shown=False),
    )
    views = (View("All"), View("Running", "state=running&state=paused"), View("Daily", "kind=daily"))
    buttons = (
        Button("Configuration", "/admin/autopay/configuration", icon="sliders", minimum_role=Role.ADMIN),
        Button("Dry run", "/admin/autopay/dry-run", icon="eye", sheet=True),
        Button("Retry failed", "/admin/autopay/run?kind=retry", icon="arrow-repeat", sheet=True),
        Button("Run now", "/admin/autopay/run", icon="play-fill", kind="primary", sheet=True),
    )
    row_url = staticmethod(lambda row: f"/admin/autopay/{row.id}")

    def context_values(self, session: Session) -> dict[str, Any]:
        """Who is next and what waits, beside the runs."""
        settings = autopay_settings(session)
        return {
            "settings": settings,
            "next_up": lists.next_up(session, viewer(), today=today(), limit=NEXT),
            "to_review": lists.count_of(session, viewer(), ChargeState.NEEDS_REVIEW),
            "undecided": lists.count_of(session, viewer(), ChargeState.UNKNOWN),
            "has_simulator": square_simulator.is_there() and may_open("square_simulator.index"),
            "refunds": lists.undecided_refunds(session, viewer()),
            "breaks": lists.open_breaks(session, viewer()),
            "charged": lists.charged_on(session, viewer(), today()),
            "events": lists.latest_events(session, viewer(), limit=EVENTS),
        }

    @expose("/dry-run")
    def dry_run(self) -> ResponseReturnValue:
        """Whom each batch would charge today, and why the others not. Writes nothing."""
        found = {kind: batches.preview(db.session(), kind, on=today()) for kind in BatchKind}
        return render_template("autopay/dry_run.html", found=found, reasons=SkipReason)

    @expose("/run", methods=("GET", "POST"))
    @needs(Role.MANAGER, step_up=True)
    def run(self) -> ResponseReturnValue:
        """Start a batch now."""
        form = forms.RunForm()
        if not form.is_submitted() and request.args.get("kind") in {kind.value for kind in BatchKind}:
            form.kind.data = request.args["kind"]
        if form.validate_on_submit():
            try:
                batch_id, is_new = autopay.start_batch(BatchKind(form.kind.data), on=today(), actor=actor())
            except RuleViolation as problem:
                form.form_errors.append(problem.message)
            else:
                flash("The batch is running." if is_new else "This batch was started before; nobody is charged twice.", "success")
                return redirect(url_for("autopay_batch.page", autopay_batch_id=batch_id), 303)
        chosen = BatchKind(form.kind.data or BatchKind.DAILY.value)
        page = render_template(
            "autopay/run.html", form=form, preview=batches.preview(db.session(), chosen, on=today()), chosen=chosen
        )
        return page, 422 if form.is_submitted() else 200

    @expose("/configuration", methods=("GET", "POST"))
    @needs(Role.ADMIN)
    def configuration(self) -> ResponseReturnValue:
        """How cards are charged, and the scheduler."""
        session = db.session()
        settings = autopay_settings(session)
        form = forms.SettingsForm.of(settings)
        if form.validate_on_submit():
            try:
                with transaction() as writing:
                    changed = configuring.change(writing, form.read(), now=now(), actor=actor())
            except RuleViolation as problem:
                account_forms.refuse(form, problem)
            else:
                flash("Saved; the next charge goes by it." if changed else "Nothing was different.", "success")
                return redirect(url_for(".configuration"), 303)
        asked_by = session.get(Staff, settings.asked_by_id) if settings.asked_by_id else None
        page = render_template(
            "autopay/configuration.html",
            form=form,
            settings=settings,
            asked_by=asked_by,
            is_own=settings.asked_by_id == person().staff_id,
            off=forms.WhyForm(prefix="off"),
        )
        return page, 422 if form.is_submitted() else 200

    @expose("/scheduler/on", methods=("POST",))
    @needs(Role.MANAGER, step_up=True)
    def scheduler_on(self) -> ResponseReturnValue:
        """Ask for the scheduler, or agree to it."""
        try:
            with transaction() as session:
                is_on = configuring.switch_on(session, now=now(), actor=actor())
            flash("The scheduler is on." if is_on else "Asked for; somebody else has to agree.", "success")
        except RuleViolation as problem:
            flash(problem.message, "error")
        return redirect(_home(), 303)

    @expose("/scheduler/off", methods=("POST",))
    @needs(Role.MANAGER)
    def scheduler_off(self) -> ResponseReturnValue:
        """Switch the scheduler off at once."""
        return self._change(lambda session, why: configuring.switch_off(session, reason=why, now=now(), actor=actor()), "Off.")

    @expose("/unlock", methods=("POST",))
    @needs(Role.ADMIN, step_up=True)
    def unlock(self) -> ResponseReturnValue:
        """Batches may start again: somebody has reconciled."""
        return self._change(lambda session, why: configuring.unlock(session, reason=why, now=now(), actor=actor()), "Unlocked.")

    def _change(self, do: Any, said: str) -> ResponseReturnValue:
        form = forms.WhyForm(prefix="off")
        try:
            with transaction() as session:
                do(session, form.reason.data or "")
            flash(said, "success")
        except RuleViolation as problem:
            flash(problem.message, "error")
        return redirect(_home(), 303)


def _home() -> str:
    return url_for("autopay.configuration") if person().role.includes(Role.ADMIN) else url_for("autopay.index_view")
