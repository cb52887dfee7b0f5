"""One AutoPay run: how far it is, whom it charged, whom it left out and why; pause, go on, stop."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from admin_views.autopay import forms
from admin_views.autopay.runs import TONES, duration
from admin_views.base import Page, expose
from admin_views.gate import actor, needs, visible
from app.clock import now, today
from app.domain.autopay.batches import RunState, SkipReason
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import AutopayBatch
from app.services.autopay import batches
from app.transaction import transaction
from tasks import autopay


class AutopayBatchPage(Page):
    """A run under its own address."""

    title = "AutoPay run"
    url = "/admin/autopay"
    endpoint = "autopay_batch"
    minimum_role = Role.MANAGER

    @expose("/<int:autopay_batch_id>")
    def page(self, autopay_batch_id: int) -> ResponseReturnValue:
        """The run as it stands; while it runs its bar moves by itself."""
        batch = visible(db.session(), AutopayBatch, autopay_batch_id)
        seconds = int((batch.finished_at - batch.started_at).total_seconds()) if batch.finished_at else None
        return render_template(
            "autopay/batch.html",
            batch=batch,
            tone=TONES[batch.state],
            duration=duration(seconds),
            states=batches.states(db.session(), batch.id),
            skipped=[
                {"reason": SkipReason(reason).label, "count": count}
                for reason, count in batches.skipped_by_reason(db.session(), batch.id).items()
            ],
            may_pause=batch.state is RunState.RUNNING,
            may_resume=batch.state is RunState.PAUSED and batch.business_on == today(),
            may_stop=batch.state in (RunState.RUNNING, RunState.PAUSED),
            form=forms.WhyForm(),
        )

    @expose("/<int:autopay_batch_id>.json")
    @needs(polled=True)
    def progress(self, autopay_batch_id: int) -> ResponseReturnValue:
        """How far the run is, as its bar asks."""
        batch = visible(db.session(), AutopayBatch, autopay_batch_id)
        is_open = batch.state is RunState.RUNNING
        return jsonify(
            title=str(batch),
            state="running" if is_open else "done" if batch.state is RunState.DONE else "stopped",
            planned=batch.eligible,
            done=batch.succeeded + batch.skipped,
            failed=batch.failed,
            unknown=batch.unknown,
            detail=batch.reason or batch.state.label,
            seconds_left=None,
            result_url=None,
            error=None,
        )

    @expose("/<int:autopay_batch_id>/pause", methods=("POST",))
    def pause(self, autopay_batch_id: int) -> ResponseReturnValue:
        """Send nothing more for now."""
        return self._do(autopay_batch_id, "Paused; what is under way is settled.", self._pause)

    @expose("/<int:autopay_batch_id>/stop", methods=("POST",))
    def stop(self, autopay_batch_id: int) -> ResponseReturnValue:
        """Charge nobody else in this run."""
        return self._do(autopay_batch_id, "Stopped.", self._stop)

    @expose("/<int:autopay_batch_id>/resume", methods=("POST",))
    @needs(Role.MANAGER, step_up=True)
    def resume(self, autopay_batch_id: int) -> ResponseReturnValue:
        """Go on with what is planned."""
        answer = self._do(autopay_batch_id, "It goes on.", self._resume)
        batch = db.session().get_one(AutopayBatch, autopay_batch_id, populate_existing=True)
        if batch.state is RunState.RUNNING:
            autopay.plan_sending(batch.id, actor=actor())
        return answer

    def _pause(self, session: Any, batch_id: int) -> None:
        batches.pause(session, batch_id, reason=_why(), now=now(), actor=actor())

    def _stop(self, session: Any, batch_id: int) -> None:
        batches.stop(session, batch_id, reason=_why(), now=now(), actor=actor())

    def _resume(self, session: Any, batch_id: int) -> None:
        batches.resume(session, batch_id, today=today(), now=now(), actor=actor())

    def _do(self, batch_id: int, said: str, change: Any) -> ResponseReturnValue:
        batch = visible(db.session(), AutopayBatch, batch_id)
        try:
            with transaction() as session:
                change(session, batch.id)
            flash(said, "success")
        except RuleViolation as problem:
            flash(problem.message, "error")
        return redirect(url_for(".page", autopay_batch_id=batch_id), 303)


def _why() -> str:
    return forms.WhyForm().reason.data or ""
