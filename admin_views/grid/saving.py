"""Saving the state of a list as a view, and forgetting it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from admin_views.gate import actor, person, viewer, visible
from admin_views.grid.state import GridState, link
from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import SavedView
from app.services.staff import saved_views
from app.transaction import transaction

if TYPE_CHECKING:
    from admin_views.grid.screen import GridScreen


class ViewForm(FlaskForm):
    """The name of a view, and whether others see it."""

    name = StringField("Name", [InputRequired("Give the view a name."), Length(max=saved_views.LONGEST_NAME)])
    is_shared = BooleanField("Shared with everybody")
    query = HiddenField()


def save(screen: GridScreen) -> ResponseReturnValue:
    """Ask for the name, then keep what the address says."""
    form = ViewForm()
    if not person().role.includes(Role.SUPERVISOR):
        del form.is_shared
    if request.method == "GET":
        form.query.data = urlencode(screen.state().lasting(), safe=",:")
    elif form.validate_on_submit():
        # Read it once as the list would, so that a view never holds anything but the list's own parameters.
        state = GridState.of(parse_qsl(form.query.data or ""), screen.listing)
        shared = bool(form.is_shared.data) if "is_shared" in form else False
        try:
            with transaction() as session:
                view = saved_views.save(
                    session,
                    page=screen.endpoint,  # type: ignore[attr-defined]
                    name=form.name.data or "",
                    query_string=urlencode(state.lasting(), safe=",:"),
                    is_shared=shared,
                    viewer=viewer(),
                    now=now(),
                    actor=actor(),
                )
                key = f"v{view.id}"
        except RuleViolation as refusal:
            target = form["is_shared" if refusal.field == "is_shared" else "name"]
            target.errors = [*target.errors, refusal.message]
        else:
            flash(f"View “{form.name.data}” saved.", "success")
            return redirect(screen.address("index_view") + link([*state.lasting(), ("view", key)]))
    return render_template("grid/save_view.html", screen=screen, form=form), 422 if form.errors else 200


def remove(screen: GridScreen, view_id: int) -> ResponseReturnValue:
    """Ask, then forget the view."""
    view = visible(db.session(), SavedView, view_id)
    if view.page != screen.endpoint:  # type: ignore[attr-defined]
        abort(404)
    if request.method == "GET":
        return render_template("grid/remove_view.html", screen=screen, view=view)
    try:
        with transaction() as session:
            saved_views.remove(session, view, viewer=viewer(), now=now(), actor=actor())
        flash("View removed.", "success")
    except RuleViolation as refusal:
        flash(refusal.message, "error")
    return redirect(screen.address("index_view"))
