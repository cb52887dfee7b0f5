"""Webhooks: whether Square may tell us what happens, under which address, what it told last, and asking it what we missed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy.orm import Session

from admin_views import formats, square_simulator
from admin_views.base import GridPage, expose
from admin_views.gate import actor, needs
from admin_views.grid import Column, View
from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.payments.square_events import EventState
from app.domain.staff.roles import Role
from app.queries.payments.square_events import SQUARE_EVENTS, last_received_at, waiting_since
from app.services.payments import square_events
from app.services.reporting import jobs
from app.settings import Settings
from app.transaction import transaction
from tasks.doorbell import ring

TONES = {EventState.WAITING: "open", EventState.DONE: "good", EventState.IGNORED: "mute", EventState.FAILED: "bad"}
MOST_DAYS = 28


def state(row: Any) -> str:
    """Mark and word."""
    return f'<span class="st {TONES[row.state]}">{row.state.label}</span>'


def kind(row: Any) -> str:
    """The type, and whether we had to ask for it."""
    replayed = ' <span class="muted xs">replayed</span>' if row.is_replayed else ""
    return f'<span class="mono">{escape(row.type)}</span>{replayed}'


class Webhooks(GridPage):
    """On or off, the address, the status, the last events, replay."""

    title = "Webhooks"
    url = "/admin/settings/webhooks"
    endpoint = "webhooks"
    minimum_role = Role.ADMIN
    context = "What Square tells us by itself; each hint is looked up at Square before anything is written"
    listing = SQUARE_EVENTS
    noun = "events"
    template = "webhooks/page.html"
    columns = (
        Column("received_at", "Received", card="detail", card_label=""),
        Column("type", "Event", needs=("type", "is_replayed"), cell=kind, plain=lambda row: row.type, card="figure"),
        Column("state", "Status", cell=state, plain=lambda row: row.state.label, card="state"),
        Column("said", "What came of it", wide=True),
        Column("object_id", "About", mono=True),
        Column("happened_at", "Happened", shown=False),
        Column("applied_at", "Applied", shown=False),
        Column("tries", "Tries", shown=False),
        Column("event_id", "Event ID", shown=False, mono=True),
    )
    views = (
        View("All"),
        View("Waiting", "state=waiting"),
        View("Given up", "state=failed"),
        View("Not ours", "state=ignored"),
    )
    empty = ("Square has not told us anything yet", "Turn webhooks on, or ask Square for what happened in the last days.")

    def context_values(self, session: Session) -> dict[str, Any]:
        """Whether it is on, and how far behind we are."""
        settings: Settings = current_app.config["SETTINGS"]
        set_up = settings.square_webhook()
        since = waiting_since(session)
        return {
            "is_on": square_events.are_on(session),
            "webhook_url": set_up[0] if set_up else None,
            "last_at": last_received_at(session),
            "waiting_since": since,
            "is_late": since is not None and now() - since > dt.timedelta(minutes=5),
            "has_simulator": square_simulator.is_there(),
            "formats": formats,
        }

    @expose("/switch", methods=("POST",))
    @needs(Role.ADMIN)
    def switch(self) -> ResponseReturnValue:
        """Turn it on or off."""
        on = request.form.get("on") == "1"
        settings: Settings = current_app.config["SETTINGS"]
        try:
            with transaction() as session:
                is_set_up = settings.square_webhook() is not None
                square_events.switch(session, on=on, is_set_up=is_set_up, now=now(), actor=actor())
        except RuleViolation as problem:
            flash(problem.message, "error")
        else:
            flash("Webhooks are on." if on else "Webhooks are off; Square's notifications are answered with 404.", "success")
        return redirect(url_for(".index_view"), 303)

    @expose("/replay", methods=("POST",))
    @needs(Role.ADMIN)
    def replay(self) -> ResponseReturnValue:
        """Ask Square's list of events what we were not told."""
        days = request.form.get("days", "")
        if not (days.isascii() and days.isdigit() and 1 <= int(days) <= MOST_DAYS):
            flash(f"Enter between 1 and {MOST_DAYS} days; Square keeps its events no longer.", "error")
            return redirect(url_for(".index_view"), 303)
        since = now() - dt.timedelta(days=int(days))
        with transaction() as session:
            job = jobs.plan(
                session,
                "replay_square_events",
                f"Events at Square of the last {days} days",
                arguments={"since": since.isoformat()},
                unique_key="replay_square_events",
                queue="payments",
                now=now(),
                actor=actor(),
            )
            job_id, queue = job.id, job.queue
        ring(job_id, queue)
        flash("Square is asked what happened", f"job:/admin/jobs/{job_id}.json")
        return redirect(url_for(".index_view"), 303)
