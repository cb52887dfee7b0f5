"""Square's simulator in a demonstration: choosing what happens to the next calls. The page is not there anywhere else."""

from __future__ import annotations

import ipaddress
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange

from admin_views.base import Page, expose
from admin_views.gate import actor
from app.clock import now
from app.domain.staff.roles import Role
from app.services.staff import audit
from app.settings import Settings
from app.simulators.square.remote import ControlRefused, SquareSimulator
from app.simulators.square.scenarios import SCENARIOS, label_of
from app.simulators.square.settings import REFUND_OUTCOMES
from app.transaction import transaction

MOST_STRIKES = 1_000


class FaultForm(FlaskForm):
    """What happens, to which of the next calls."""

    scenario = SelectField(
        "What happens",
        [InputRequired("Choose what happens.")],
        choices=[(name, scenario.label) for name, scenario in SCENARIOS.items()],
    )
    count = IntegerField("To how many calls", [InputRequired("Enter a number."), NumberRange(1, MOST_STRIKES)], default=1)
    skip = IntegerField(
        "After how many that go well", [InputRequired("Enter a number."), NumberRange(0, MOST_STRIKES)], default=0
    )


class BehaviourForm(FlaskForm):
    """How the simulator behaves until that is changed."""

    latency_ms = IntegerField("Each call takes, in ms", [InputRequired("Enter a number."), NumberRange(0, 60_000)])
    list_lag_seconds = IntegerField("Its lists lag behind, in seconds", [InputRequired("Enter a number."), NumberRange(0, 3_600)])
    webhooks_to_lose = IntegerField(
        "Notifications that are lost", [InputRequired("Enter a number."), NumberRange(0, MOST_STRIKES)]
    )
    webhooks_to_double = IntegerField(
        "Notifications that come twice", [InputRequired("Enter a number."), NumberRange(0, MOST_STRIKES)]
    )
    webhook_delay_seconds = IntegerField(
        "Notifications come late, in seconds", [InputRequired("Enter a number."), NumberRange(0, 86_400)]
    )
    refund_outcome = SelectField(
        "Refunds end", [InputRequired("Choose how they end.")], choices=[(word, word.capitalize()) for word in REFUND_OUTCOMES]
    )


class SquareSimulatorPage(Page):
    """Faults on demand."""

    title = "Square simulator"
    url = "/admin/settings/square-simulator"
    endpoint = "square_simulator"
    minimum_role = Role.ADMIN

    def enter(self) -> None:
        """The page is there in a demonstration with its own simulator, and for this machine only."""
        if not is_there():
            abort(404)

    @expose("/", methods=("GET", "POST"))
    def index(self) -> ResponseReturnValue:
        """What waits to strike, and forms for more."""
        form, behaviour = FaultForm(prefix="fault"), BehaviourForm(prefix="now")
        try:
            running = SquareSimulator.find(_settings().home)
            if "fault-count" in request.form and form.validate_on_submit():
                return self._strike(running, form)
            if "now-latency_ms" in request.form and behaviour.validate_on_submit():
                return self._behave(running, behaviour)
            told, waiting = running.ask("GET", "settings"), running.faults()
        except (ControlRefused, OSError, ValueError, KeyError) as problem:
            refused = str(problem) if isinstance(problem, ControlRefused) else ""
            return render_template("square_simulator/page.html", problem=refused or "Square's simulator does not run.")
        if "now-latency_ms" not in request.form:
            behaviour.process(data={name: _whole(value) for name, value in told.items()})
        page = render_template(
            "square_simulator/page.html",
            form=form,
            behaviour=behaviour,
            waiting=[{**each, "label": label_of(each)} for each in waiting],
            address=running.url,
            problem=None,
        )
        return page, 422 if form.is_submitted() else 200

    @expose("/clear", methods=("POST",))
    def clear(self) -> ResponseReturnValue:
        """Let nothing strike any more."""
        try:
            SquareSimulator.find(_settings().home).clear_faults()
        except (ControlRefused, OSError, ValueError, KeyError):
            flash("Square's simulator does not run; start the product with `leasedesk up`.", "error")
        else:
            _audit("square simulator: faults cleared", {})
            flash("Nothing strikes any more.", "success")
        return redirect(url_for(".index"), 303)

    def _strike(self, running: SquareSimulator, form: FaultForm) -> ResponseReturnValue:
        scenario = SCENARIOS[form.scenario.data]
        running.fault(**scenario.plan, count=form.count.data, skip=form.skip.data)
        _audit("square simulator: fault planned", {"scenario": form.scenario.data, "count": form.count.data})
        flash(f"{scenario.label}: {form.count.data} times from now on.", "success")
        return redirect(url_for(".index"), 303)

    def _behave(self, running: SquareSimulator, form: BehaviourForm) -> ResponseReturnValue:
        chosen = {name: value for name, value in form.data.items() if name != "csrf_token"}
        running.set(**chosen)
        _audit("square simulator: behaviour changed", chosen)
        flash("The simulator behaves so from now on.", "success")
        return redirect(url_for(".index"), 303)


def is_there() -> bool:
    """Whether whoever asks may be shown the way to the page: a demonstration with its own simulator, on this machine."""
    settings = _settings()
    return settings.is_demonstration and settings.uses_square_simulator and _is_this_machine(request.remote_addr)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) else value


def _is_this_machine(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def _audit(action: str, after: dict[str, Any]) -> None:
    with transaction() as session:
        audit.record(session, action, now=now(), actor=actor(), entity="setting", after=after)
