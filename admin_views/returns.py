"""Returns: devices on their way back, each with its next step."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from admin_views import case_forms as forms
from admin_views import formats
from admin_views.base import expose
from admin_views.case_page import CaseList, case_customer_column, case_look, known, mark
from admin_views.gate import actor, viewer, visible
from admin_views.grid import Column, View, cells
from app.clock import now, today
from app.domain.servicing.returns import NEXT, OPEN_RETURNS, ReturnState, may_step, step_before
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import DeviceReturn
from app.queries.servicing.returns import RETURNS, device_history
from app.services.servicing import returns
from app.transaction import transaction

TONES: dict[ReturnState, str] = {
    ReturnState.INITIATED: "open",
    ReturnState.LABEL: "info",
    ReturnState.RECEIVED: "warn",
    ReturnState.INSPECTED: "info",
    ReturnState.RESTOCKED: "good",
    ReturnState.CANCELLED: "mute",
}
STEPS = (ReturnState.INITIATED, ReturnState.LABEL, ReturnState.RECEIVED, ReturnState.INSPECTED, ReturnState.RESTOCKED)
VERBS = {
    ReturnState.LABEL: ("label", "Send label"),
    ReturnState.RECEIVED: ("receive", "Receive device"),
    ReturnState.INSPECTED: ("inspect", "Inspect"),
    ReturnState.RESTOCKED: ("restock", "Restock"),
}
TO_DO = "&".join(f"state={state.value}" for state in STEPS if state in OPEN_RETURNS)


def tracking(row: Any) -> str:
    """The number with its carrier."""
    if not row.tracking:
        return formats.DASH
    carrier = f' <span class="muted xs">{formats.text(row.carrier)}</span>' if row.carrier else ""
    return f'<span class="mono">{formats.text(row.tracking)}</span>{carrier}'


class Returns(CaseList):
    """Devices that come back."""

    title = "Returns"
    url = "/admin/returns"
    endpoint = "returns"
    minimum_role = Role.COLLECTOR
    context = "Devices on their way back: label, receipt, inspection, shelf"
    listing = RETURNS
    noun = "returns"
    to_do = TO_DO
    columns = (
        case_customer_column(),
        Column("device_model", "Device", card="detail", card_label=""),
        Column("initiated_on", "Initiated"),
        Column("tracking", "Tracking", needs=("tracking", "carrier"), cell=tracking, plain=lambda row: row.tracking),
        Column("state", "Status", cell=lambda row: mark(row.state, TONES), plain=lambda row: row.state.label, card="state"),
        Column("updated_at", "Last Update"),
        Column("account_number", "Account #", shown=False, mono=True),
        Column("device_imei", "IMEI", shown=False, mono=True),
        Column("reason", "Reason", shown=False, wide=True),
        Column("received_on", "Received", shown=False),
        Column("grade", "Grade", shown=False),
        Column("refurb_cost_cents", "Refurbishing", shown=False, dash_zero=True),
        Column(
            "account_status",
            "Account status",
            cell=lambda row: mark(row.account_status, cells.TONES),
            plain=lambda row: row.account_status.label,
            shown=False,
        ),
        Column("balance_cents", "Balance", shown=False),
    )
    views = (
        View("Open", TO_DO),
        View("On their way", "state=initiated&state=label"),
        View("To inspect", "state=received"),
        View("To restock", "state=inspected"),
        View("Restocked", "state=restocked"),
    )
    empty = ("No device is coming back", "Start a return on an account, and it stands here until the device is on the shelf.")
    row_url = staticmethod(lambda row: f"/admin/returns/{row.id}")
    name_field = staticmethod(cells.customer_name)

    @expose("/<int:return_id>")
    def one(self, return_id: int) -> ResponseReturnValue:
        """One return: how far it is, its next step, its history."""
        back = visible(db.session(), DeviceReturn, return_id)
        account = back.account
        shown: str = self.render(
            "cases/return.html",
            **case_look(self, back, account, tone=TONES[back.state]),
            facts_title="Return",
            facts=known(_facts(back)),
            buttons=list(self._buttons(back)),
            steps=[state.label for state in STEPS],
            # Past the last step everything is ticked.
            step=None if back.state is ReturnState.CANCELLED else _place(back.state),
            device_events=device_history(db.session(), back.device, viewer()),
        )
        return shown

    def _buttons(self, back: DeviceReturn) -> Any:
        following = NEXT[back.state]
        if following is not None:
            route, label = VERBS[following]
            yield {"label": label, "url": self.address(route, return_id=back.id), "kind": "primary"}
        if back.state is ReturnState.INITIATED:
            yield {"label": "Receive without label", "url": self.address("receive", return_id=back.id)}
        if back.state is ReturnState.LABEL:
            yield {"label": "Correct label", "url": self.address("label", return_id=back.id)}
        if step_before(back.state, has_label=back.label_on is not None):
            yield {"label": "Take last step back", "url": self.address("step_back", return_id=back.id)}
        if may_step(back.state, ReturnState.CANCELLED):
            yield {"label": "Cancel return", "url": self.address("cancel", return_id=back.id)}

    @expose("/<int:return_id>/label", methods=("GET", "POST"))
    def label(self, return_id: int) -> ResponseReturnValue:
        """Note the label that the customer was sent."""
        back = visible(db.session(), DeviceReturn, return_id)
        form = forms.LabelForm(carrier=back.carrier, tracking=back.tracking)

        def do() -> str:
            with transaction() as session:
                returns.send_label(
                    session,
                    return_id,
                    carrier=form.carrier.data or "",
                    tracking=form.tracking.data or "",
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
            return "Label saved."

        return self._step(back, form, do, title="Return label", verb="Save label")

    @expose("/<int:return_id>/receive", methods=("GET", "POST"))
    def receive(self, return_id: int) -> ResponseReturnValue:
        """The device is here; the lease ends with it."""
        back = visible(db.session(), DeviceReturn, return_id)
        form = forms.ReceiveForm(received_on=today())

        def do() -> str:
            with transaction() as session:
                returns.receive(
                    session,
                    return_id,
                    received_on=form.received_on.data or today(),
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
            return "Device received."

        hint = "The lease ends: the account becomes returned, and a recovery that is after the device ends as recovered."
        return self._step(back, form, do, title="Receive device", verb="Receive", hint=hint)

    @expose("/<int:return_id>/inspect", methods=("GET", "POST"))
    def inspect(self, return_id: int) -> ResponseReturnValue:
        """Grade the device."""
        back = visible(db.session(), DeviceReturn, return_id)
        form = forms.InspectForm()

        def do() -> str:
            with transaction() as session:
                returns.inspect(
                    session,
                    return_id,
                    grade=form.chosen_grade,
                    note=form.note.data,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
            return "Inspection saved."

        return self._step(back, form, do, title="Inspect device", verb="Save inspection")

    @expose("/<int:return_id>/restock", methods=("GET", "POST"))
    def restock(self, return_id: int) -> ResponseReturnValue:
        """Put the device on the shelf."""
        back = visible(db.session(), DeviceReturn, return_id)
        form = forms.RestockForm()

        def do() -> str:
            with transaction() as session:
                returns.restock(session, return_id, refurb_cost_cents=form.cents, today=today(), now=now(), actor=actor())
            return "Device restocked."

        return self._step(back, form, do, title="Restock device", verb="Restock", money=["refurb_cost"])

    @expose("/<int:return_id>/cancel", methods=("GET", "POST"))
    def cancel(self, return_id: int) -> ResponseReturnValue:
        """The device does not come back after all."""
        back = visible(db.session(), DeviceReturn, return_id)
        form = forms.ReasonForm()

        def do() -> str:
            with transaction() as session:
                returns.cancel(session, return_id, reason=form.reason.data or "", now=now(), actor=actor())
            return "Return cancelled."

        return self._step(back, form, do, title="Cancel return", verb="Cancel return", danger=True)

    @expose("/<int:return_id>/step-back", methods=("GET", "POST"))
    def step_back(self, return_id: int) -> ResponseReturnValue:
        """Take the last step back, when it was a slip."""
        back = visible(db.session(), DeviceReturn, return_id)
        form = forms.ReasonForm()

        def do() -> str:
            with transaction() as session:
                returns.step_back(session, return_id, reason=form.reason.data or "", today=today(), now=now(), actor=actor())
            return "Step taken back."

        hint = f"{back.state.label} was a slip: the return goes one step back, and what followed from the step with it."
        return self._step(back, form, do, title="Take last step back", verb="Take back", hint=hint)

    def _step(self, back: DeviceReturn, form: FlaskForm, do: Any, **look: Any) -> ResponseReturnValue:
        here = url_for(".one", return_id=back.id)
        crumbs = [(self.title, url_for(".index_view")), (f"Return {back.id}", here)]
        return self._answer(form, lambda: (do(), here), back.account, back=here, crumbs=crumbs, **look)


def _place(state: ReturnState) -> int:
    """Which step of the line is the current one, from 1; one further once all is done."""
    done = STEPS.index(state) + 1
    return done + 1 if state is ReturnState.RESTOCKED else done


def _facts(back: DeviceReturn) -> list[tuple[str, Any]]:
    device = back.device
    label = " ".join(part for part in (back.carrier, back.tracking) if part)
    cost = formats.cents(back.refurb_cost_cents) if back.refurb_cost_cents is not None else ""
    return [
        ("Device", device.model),
        ("IMEI / Serial", device.imei or device.serial),
        ("Reason", back.reason),
        ("Initiated", _date(back.initiated_on)),
        ("Label", f"{label}, {_date(back.label_on)}" if back.label_on else None),
        ("Received", _date(back.received_on)),
        ("Inspected", f"{_date(back.inspected_on)}, {back.grade.label}" if back.inspected_on and back.grade else None),
        ("Inspection", back.inspection_note),
        ("Restocked", _date(back.restocked_on)),
        ("Refurbishing", cost),
    ]


def _date(on: Any) -> str | None:
    return formats.date(on) if on else None
