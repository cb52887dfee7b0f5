"""Bulk actions: what would happen, how many by name, then all at once, with a way back where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from flask import abort, current_app, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import func, select

from admin_views.gate import actor, person, viewer
from admin_views.grid.actions import TYPED_ABOVE, BulkAction, Outcome, Selection
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.extensions import db
from app.queries.listing import Criteria
from app.queries.listing.keyset import LARGEST
from app.services.reporting import jobs
from app.transaction import transaction
from tasks.doorbell import ring

if TYPE_CHECKING:
    from admin_views.grid.screen import GridScreen

MOST_TICKED = 500
AT_ONCE = 5_000
"""Rows above which an action becomes a job."""
SAMPLE = 5
UNDO_SECONDS = 120
"""The toast offers it for ten; the rest is for people on a slow line."""


@dataclass(frozen=True)
class Chosen:
    """What a request chose, counted."""

    selection: Selection
    count: int
    sample: list[str]
    left_out: list[tuple[str, int]]
    foretold: list[tuple[str, str]]

    @property
    def needs_count(self) -> bool:
        """Whether the number has to be typed."""
        return self.count > TYPED_ABOVE


def offered(screen: GridScreen) -> list[dict[str, Any]]:
    """The bulk bar's buttons for the signed-in person."""
    return [
        {
            "label": f"{action.label}…" if action.form else action.label,
            "icon": action.icon,
            "url": screen.address("bulk", action_key=action.key),
            "preview_url": None if action.form else screen.address("bulk_preview", action_key=action.key),
            "sheet": screen.address("bulk", action_key=action.key) if action.form else None,
            "danger": action.is_danger,
        }
        for action in screen.allowed_actions()
    ]


def _action(screen: GridScreen, key: str) -> BulkAction:
    """The action of this name: 404 when there is none, 403 when it is not for this person."""
    action = next((each for each in screen.actions if each.key == key), None) or abort(404)
    if not person().role.includes(action.minimum_role):
        abort(403)
    return action


def selection(screen: GridScreen) -> Selection:
    """What was posted: `scope=ids` with `ids`, or `scope=filter` with `filter`. Anything else is a broken request."""
    scope = request.form.get("scope")
    if scope == "filter":
        pairs = parse_qsl(request.form.get("filter", ""))
        if {name for name, _ in pairs} - {"q", *screen.listing.parameters}:
            abort(400)  # A filter that is not understood must not become "everything".
        return Selection(screen.listing.criteria(pairs), None)
    ids = request.form.getlist("ids")
    if scope != "ids" or not ids or len(ids) > MOST_TICKED:
        abort(400)
    if not all(one.isascii() and one.isdigit() and 0 < int(one) <= LARGEST for one in ids):
        abort(400)
    # Ticked rows are meant as such: the filter may not match them any more once another action changed them.
    return Selection(Criteria(), tuple(int(one) for one in ids))


def _chosen(screen: GridScreen, action: BulkAction, values: Mapping[str, Any]) -> Chosen:
    session = db.session()
    chosen = selection(screen)
    ids = screen.listing.ids(viewer(), today=today(), criteria=chosen.criteria, among=chosen.ids)
    count = session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    # What an action leaves alone may depend on what its form says; before it is filled nobody knows.
    is_known = action.left_out is not None and (values or action.form is None)
    left_out = list(action.left_out(session, ids, values)) if action.left_out and is_known else []
    foretold = list(action.foretells(session, ids, values)) if action.foretells and values else []
    head = screen.bound[0]
    first = session.scalars(ids.limit(SAMPLE)).all()
    rows = screen.listing.rows(session, viewer(), today=today(), fields=head.needs, among=list(first)) if first else iter(())
    return Chosen(chosen, count, [str(head.value(row)) for row in rows], [one for one in left_out if one[1]], foretold)


def _noun(screen: GridScreen, action: BulkAction, count: int) -> str:
    noun = action.noun or screen.noun
    return f"{count:,} {noun.removesuffix('s') if count == 1 else noun}"


def preview(screen: GridScreen, action_key: str) -> ResponseReturnValue:
    """For the dialog: {question, verb, count, sample, left_out}."""
    action = _action(screen, action_key)
    chosen = _chosen(screen, action, {})
    return jsonify(
        question=f"{action.does} {_noun(screen, action, chosen.count)}?",
        verb=action.does,
        count=chosen.count,
        sample=chosen.sample,
        left_out=[{"why": why, "count": count} for why, count in chosen.left_out],
    )


def answer(screen: GridScreen, action_key: str) -> ResponseReturnValue:
    """GET: the action's form, empty. POST: the form again with what is wrong or to be confirmed, or the deed."""
    action = _action(screen, action_key)
    form = action.form() if action.form else None
    if form is not None and action.prepare:
        action.prepare(form, db.session(), viewer())
    if request.method == "GET":
        return _form_page(screen, action, form, None)
    values = dict(form.data) if form is not None else {}
    values.pop("csrf_token", None)
    if form is not None and not form.validate():
        return _form_page(screen, action, form, None), 422
    try:
        chosen = _chosen(screen, action, values)
    except RuleViolation as refusal:
        return _refused(screen, action, form, refusal)
    typed = request.form.get("confirmed_count", "").replace(",", "").strip()
    if (chosen.needs_count or action.foretells) and typed != str(chosen.count):
        # The number is asked again when the filter finds another one than was confirmed a moment ago.
        return _form_page(screen, action, form, chosen, is_wrong=bool(typed)), 409
    if action.as_job and chosen.count > AT_ONCE:
        return _plan(screen, action, chosen, values)
    try:
        with transaction() as session:
            ids = screen.listing.ids(viewer(), today=today(), criteria=chosen.selection.criteria, among=chosen.selection.ids)
            outcome = action.run(session, ids, values, now=now(), actor=actor())
    except RuleViolation as refusal:
        return _refused(screen, action, form, refusal)
    return _done(screen, outcome.sentence, _undo_url(screen, action, outcome))


def _refused(screen: GridScreen, action: BulkAction, form: FlaskForm | None, refusal: RuleViolation) -> ResponseReturnValue:
    if form is not None and refusal.field in form:
        form[refusal.field].errors = [*form[refusal.field].errors, refusal.message]
        return _form_page(screen, action, form, None), 422
    return _done(screen, refusal.message, None, is_error=True)


def _plan(screen: GridScreen, action: BulkAction, chosen: Chosen, values: Mapping[str, Any]) -> ResponseReturnValue:
    """Leave the work to a job; the toast follows it over the pages."""
    ids = chosen.selection.ids
    arguments = {
        "criteria": chosen.selection.criteria.as_json(),
        "ids": list(ids) if ids is not None else None,
        "values": dict(values),
        "at": now().isoformat(),
    }
    title = f"{action.does} {_noun(screen, action, chosen.count)}"
    with transaction() as session:
        job = jobs.plan(session, action.as_job, title[:160], arguments=arguments, planned=chosen.count, now=now(), actor=actor())
        job_id = job.id
    ring(job_id, "default")
    flash(title, f"job:/admin/jobs/{job_id}.json")
    return _back(screen)


def _form_page(screen: GridScreen, action: BulkAction, form: Any, chosen: Chosen | None, *, is_wrong: bool = False) -> str:
    return render_template(
        "grid/bulk_form.html",
        screen=screen,
        action=action,
        form=form,
        chosen=chosen,
        is_wrong=is_wrong,
        counted=_noun(screen, action, chosen.count) if chosen else "",
        action_url=screen.address("bulk", action_key=action.key),
        posted=[(name, value) for name in ("scope", "filter", "ids") for value in request.form.getlist(name)],
        is_sheet="X-Fragment" in request.headers,
    )


def _done(screen: GridScreen, sentence: str, undo_url: str | None, *, is_error: bool = False) -> ResponseReturnValue:
    flash(sentence, "error" if is_error else f"undo:{undo_url}" if undo_url else "success")
    return _back(screen)


def _back(screen: GridScreen) -> ResponseReturnValue:
    """To the list as the person left it, order and columns too; from a page or from the side sheet."""
    here = screen.address("index_view")
    came_from = urlsplit(request.referrer or "")
    is_list = came_from.netloc == request.host and came_from.path == here
    query = came_from.query if is_list else request.form.get("filter", "")
    back = f"{here}?{query}" if query else here
    if "X-Fragment" in request.headers:
        return jsonify(redirect=back)
    return redirect(back, 303)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="bulk-undo")


def _undo_url(screen: GridScreen, action: BulkAction, outcome: Outcome) -> str | None:
    if action.undo is None or outcome.undo is None:
        return None
    token = _signer().dumps({"action": action.key, "staff": person().staff_id, "kept": dict(outcome.undo)})
    return screen.address("bulk_undo", action_key=action.key, token=token)


def undo(screen: GridScreen, action_key: str) -> ResponseReturnValue:
    """Take back what the same person did a moment ago."""
    action = _action(screen, action_key)
    try:
        told = _signer().loads(request.args.get("token", ""), max_age=UNDO_SECONDS)
    except BadSignature:
        flash("It is too late to undo that.", "error")
        return redirect(screen.address("index_view"), 303)
    if action.undo is None or told["action"] != action.key or told["staff"] != person().staff_id:
        abort(403)
    with transaction() as session:
        outcome = action.undo(session, told["kept"], now=now(), actor=actor())
    flash(outcome.sentence, "success")
    return _back(screen)
