"""Recoveries: who goes after which device, what was tried, and how it ended."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from admin_views import case_forms as forms
from admin_views import formats
from admin_views.base import expose
from admin_views.case_page import CaseList, case_customer_column, case_look, known, mark
from admin_views.gate import actor, visible
from admin_views.grid import Column, View, cells
from app.clock import now, today
from app.domain.collections.profiles import MenuEntry
from app.domain.errors import RuleViolation
from app.domain.servicing.recoveries import RecoveryState
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Recovery, RecoveryAttempt
from app.queries.servicing.recoveries import RECOVERIES, attempts_of
from app.services.servicing import recoveries
from app.transaction import transaction

TONES: dict[RecoveryState, str] = {
    RecoveryState.OPEN: "warn",
    RecoveryState.RECOVERED: "good",
    RecoveryState.LOST: "bad",
    RecoveryState.SETTLED: "good",
    RecoveryState.CHARGED_OFF: "mute",
    RecoveryState.CALLED_OFF: "mute",
}
GOES_ON = frozenset({RecoveryState.LOST, RecoveryState.CALLED_OFF})
TO_DO = "state=open"


class Recoveries(CaseList):
    """Devices that somebody goes after."""

    title = "Recoveries"
    url = "/admin/recoveries"
    endpoint = "recoveries"
    minimum_role = Role.COLLECTOR
    menu_entry = MenuEntry.RECOVERY_REQUEST
    context = "Devices of customers who do not pay: who goes after them, and what was tried"
    listing = RECOVERIES
    noun = "recoveries"
    to_do = TO_DO
    columns = (
        case_customer_column(),
        Column("device_model", "Device", card="detail", card_label=""),
        Column("balance_cents", "Balance", card="figure"),
        Column("attempts", "Attempts", dash_zero=True),
        Column("state", "Status", cell=lambda row: mark(row.state, TONES), plain=lambda row: row.state.label, card="state"),
        Column("assigned_to", "Assigned"),
        Column("agent", "Agent", shown=False),
        Column("account_number", "Account #", shown=False, mono=True),
        Column("device_imei", "IMEI", shown=False, mono=True),
        Column("reason", "Reason", shown=False, wide=True),
        Column("opened_on", "Opened", shown=False),
        Column("closed_on", "Ended", shown=False),
        Column("outcome", "Outcome", shown=False, wide=True),
        Column("days_past_due", "Days past due", shown=False, dash_zero=True),
    )
    views = (
        View("Open", TO_DO),
        View("Mine", f"{TO_DO}&assigned=me"),
        View("Recovered", "state=recovered"),
        View("Lost", "state=lost"),
        View("Settled and charged off", "state=settled&state=charged_off"),
    )
    empty = ("No device is being recovered", "Start a recovery on an account in default, and it stands here.")
    row_url = staticmethod(lambda row: f"/admin/recoveries/{row.id}")
    name_field = staticmethod(cells.customer_name)

    @expose("/<int:recovery_id>")
    def one(self, recovery_id: int) -> ResponseReturnValue:
        """One recovery: who goes after the device, every attempt, its history."""
        recovery = visible(db.session(), Recovery, recovery_id)
        shown: str = self.render(
            "cases/recovery.html",
            **case_look(self, recovery, recovery.account, tone=TONES[recovery.state]),
            facts_title="Recovery",
            facts=known(_facts(recovery)),
            buttons=list(self._buttons(recovery)),
            attempts=attempts_of(db.session(), recovery_id),
        )
        return shown

    def _buttons(self, recovery: Recovery) -> Any:
        if recovery.state is RecoveryState.OPEN:
            yield {"label": "Add attempt", "url": self.address("attempt", recovery_id=recovery.id), "kind": "primary"}
            yield {"label": "Hand over", "url": self.address("hand_over", recovery_id=recovery.id)}
            yield {"label": "End recovery", "url": self.address("end", recovery_id=recovery.id)}
        elif recovery.state in GOES_ON:
            yield {"label": "Go on with it", "url": self.address("reopen", recovery_id=recovery.id), "kind": "primary"}

    @expose("/<int:recovery_id>/attempt", methods=("GET", "POST"))
    def attempt(self, recovery_id: int) -> ResponseReturnValue:
        """Write down what was tried."""
        recovery = visible(db.session(), Recovery, recovery_id)
        form = forms.AttemptForm()

        def do() -> str:
            kind, outcome = form.chosen
            with transaction() as session:
                recoveries.add_attempt(
                    session,
                    recovery_id,
                    kind=kind,
                    outcome=outcome,
                    place=form.place.data,
                    note=form.note.data,
                    next_on=form.next_on.data,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
            return "Attempt saved."

        draft = f"attempt-{recovery_id}"
        return self._step(recovery, form, do, title="Recovery attempt", verb="Save attempt", draft=draft)

    @expose("/attempts/<int:attempt_id>/withdraw", methods=("POST",))
    def withdraw_attempt(self, attempt_id: int) -> ResponseReturnValue:
        """Take one's own attempt back."""
        attempt = visible(db.session(), RecoveryAttempt, attempt_id)
        back = url_for(".one", recovery_id=attempt.recovery_id)
        try:
            with transaction() as session:
                recoveries.withdraw_attempt(session, attempt_id, now=now(), actor=actor())
            flash("Attempt taken back.", "success")
        except RuleViolation as problem:
            flash(problem.message, "error")
        return redirect(back, 303)

    @expose("/<int:recovery_id>/hand-over", methods=("GET", "POST"))
    def hand_over(self, recovery_id: int) -> ResponseReturnValue:
        """Give the recovery to somebody else."""
        recovery = visible(db.session(), Recovery, recovery_id)
        form = forms.HandOverForm(agent=recovery.agent, assigned_to_id=str(recovery.assigned_to_id or ""))
        forms.offer_staff(form, db.session())

        def do() -> str:
            with transaction() as session:
                recoveries.hand_over(
                    session,
                    recovery_id,
                    agent=form.agent.data,
                    assigned_to_id=form.chosen_staff,
                    now=now(),
                    actor=actor(),
                )
            return "Recovery handed over."

        return self._step(recovery, form, do, title="Hand recovery over", verb="Hand over")

    @expose("/<int:recovery_id>/end", methods=("GET", "POST"))
    def end(self, recovery_id: int) -> ResponseReturnValue:
        """Say how it ended."""
        recovery = visible(db.session(), Recovery, recovery_id)
        form = forms.EndForm()

        def do() -> str:
            with transaction() as session:
                recoveries.end(
                    session,
                    recovery_id,
                    state=form.chosen_state,
                    outcome=form.outcome.data or "",
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
            return "Recovery ended."

        hint = "Settled or charged off? Change the status of the account, and the recovery ends with it."
        return self._step(recovery, form, do, title="End recovery", verb="End recovery", hint=hint)

    @expose("/<int:recovery_id>/reopen", methods=("GET", "POST"))
    def reopen(self, recovery_id: int) -> ResponseReturnValue:
        """Go on after all."""
        recovery = visible(db.session(), Recovery, recovery_id)
        form = forms.ReasonForm()

        def do() -> str:
            with transaction() as session:
                recoveries.reopen(session, recovery_id, reason=form.reason.data or "", today=today(), now=now(), actor=actor())
            return "The recovery goes on."

        return self._step(recovery, form, do, title="Go on with recovery", verb="Go on")

    def _step(self, recovery: Recovery, form: FlaskForm, do: Any, **look: Any) -> ResponseReturnValue:
        here = url_for(".one", recovery_id=recovery.id)
        crumbs = [(self.title, url_for(".index_view")), (f"Recovery {recovery.id}", here)]
        return self._answer(form, lambda: (do(), here), recovery.account, back=here, crumbs=crumbs, **look)


def _facts(recovery: Recovery) -> list[tuple[str, Any]]:
    account = recovery.account
    device = account.device
    return [
        ("Device", device.model if device else None),
        ("IMEI / Serial", (device.imei or device.serial) if device else None),
        ("Balance", formats.cents(account.balance_cents)),
        ("Reason", recovery.reason),
        ("Opened", formats.date(recovery.opened_on)),
        ("Assigned to", recovery.assigned_to.name if recovery.assigned_to else None),
        ("Agent", recovery.agent),
        ("Ended", formats.date(recovery.closed_on) if recovery.closed_on else None),
        ("Outcome", recovery.outcome),
    ]
