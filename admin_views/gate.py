"""The gate: who may open what, decided for every request in one place before any screen runs.

A screen is a class that derives from `Gated` and says in `minimum_role` who may open it; `@needs` raises the demand for
single routes. Whatever the application serves must belong to such a screen or stand in `PUBLIC`: `seal` refuses to start
otherwise, and a route that is added later is refused when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Never, TypeVar

import structlog
from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter

from admin_views.answers import refuse, wants_data
from admin_views.demands import Demand, needs, strictest
from admin_views.staff import cookie, step_up
from app.domain.collections.profiles import MenuEntry
from app.domain.staff.roles import Role
from app.extensions import login
from app.models import Base
from app.queries.scope import Viewer, scope
from app.queries.staff.sessions import Person
from app.services.staff.audit import Actor

__all__ = [
    "LARGEST_ID",
    "PUBLIC",
    "Demand",
    "Gated",
    "actor",
    "demand_of",
    "install",
    "may_open",
    "needs",
    "person",
    "seal",
    "viewer",
    "visible",
]

PUBLIC: Mapping[str, str] = {
    "assets.static": "stylesheets and scripts hold nothing about anybody",
    "assets.plotly": "the same, from the installed package",
    "bootstrap.static": "the same, from the installed package",
    "health.front": "leads to the Dashboard, where the gate asks",
    "health.alive": "asked by the machine that restarts us",
    "health.ready": "asked by the load balancer",
    "health.metrics": "asked by the collector of figures on this machine; decides by itself about others",
    "sign_in.index": "the door itself",
    "square_webhook.receive": "asked by Square; a right signature opens it, and only while it is turned on",
    "text_replies.receive": "asked by the text gateway; a right signature opens it",
}
"""Every endpoint that answers strangers, and why."""

LARGEST_ID = 2**63 - 1
R = TypeVar("R", bound=Base)
log = structlog.get_logger()


class Gated(BaseView):
    """The parent of every screen. Name it before Flask-Admin's own base: `class Page(Gated, ModelView)`.

    Raises:
        TypeError: at class creation, when `minimum_role` is missing or the gate is not first in line.
    """

    minimum_role: ClassVar[Role]
    menu_entry: ClassVar[MenuEntry | None] = None
    """The tick of a collection user's menu access that opens the screen, besides the role."""
    is_abstract: ClassVar[bool] = True
    """True in the body of a class that is only derived from; it is not inherited."""
    demands: ClassVar[Mapping[str, Demand]] = {}
    """Method name → demand, for routes that are inherited from a base and cannot carry `@needs`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("is_accessible", "_handle_view", "_run_view"):
            if getattr(cls, name) is not getattr(Gated, name):
                raise TypeError(f"{cls.__name__} replaces {name}: derive from Gated first and leave the gate alone.")
        if not cls.__dict__.get("is_abstract", False) and not isinstance(getattr(cls, "minimum_role", None), Role):
            raise TypeError(f"{cls.__name__} has no minimum_role: say which Role may open it.")

    def demand(self, route: str) -> Demand:
        """What a route (a method's name) of this screen asks of a visitor."""
        return strictest(type(self), route, type(self).minimum_role, type(self).menu_entry)

    def is_accessible(self) -> bool:
        """Whether the signed-in person's role may open the screen at all; Flask-Admin asks it for its menu."""
        who = cookie.person()
        return who is not None and who.role.includes(type(self).minimum_role) and who.may_use(type(self).menu_entry)

    def _handle_view(self, name: str, **kwargs: Any) -> None:
        """Refuse to run a route that did not pass the gate in this request."""
        if g.get("admitted") != request.endpoint:
            abort(403)
        self.enter()

    def enter(self) -> None:
        """Runs before every route of the screen: the place to refuse what hangs on a row that the person may not see."""

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run the route once. Flask-Admin runs it a second time when it raises TypeError, which hides the error."""
        return fn(self, *args, **kwargs)


def demand_of(app: Flask, endpoint: str) -> Demand | None:
    """What an endpoint asks of a visitor; None when no gated screen owns it."""
    blueprint, _, route = endpoint.rpartition(".")
    screen = _screens(app).get(blueprint)
    return screen.demand(route) if isinstance(screen, Gated) and hasattr(type(screen), route) else None


def may_open(endpoint: str) -> bool:
    """Whether the signed-in person may open an endpoint, for links that should not lead to a refusal."""
    demand = demand_of(current_app, endpoint)
    who = cookie.person()
    return demand is not None and who is not None and who.role.includes(demand.role) and who.may_use(demand.entry)


def person() -> Person:
    """The signed-in person. 401 when there is none, which cannot happen behind the gate."""
    return cookie.person() or abort(401)


def viewer() -> Viewer:
    """What row scope needs to know of the signed-in person."""
    return person().viewer


def actor() -> Actor:
    """The signed-in person as the audit trail names them, with address and request."""
    who = person()
    return Actor(staff_id=who.staff_id, name=who.name, ip=request.remote_addr, request_id=g.get("request_id"))


def visible(session: Session, model: type[R], row_id: int | str | None) -> R:
    """The row with this id if the signed-in person may see it; 404 when it does not exist or is not theirs to see."""
    try:
        number = int(row_id or 0)
    except ValueError:
        _not_found()
    if not 0 < number <= LARGEST_ID:
        _not_found()
    (key,) = inspect(model).primary_key
    return session.scalar(scope(select(model).where(key == number), model, viewer())) or _not_found()


def _not_found() -> Never:
    abort(404)


def _screens(app: Flask) -> dict[str, BaseView]:
    return {view.endpoint: view for admin in app.extensions.get("admin", []) for view in admin._views}


def _admit() -> ResponseReturnValue | None:
    """Let the request in, or answer it here. Runs before CSRF protection: strangers are sent to sign in, not scolded."""
    endpoint = request.endpoint
    if endpoint is None:
        return None  # No such address, or not with this method: Flask answers 404 or 405 next.
    if endpoint in PUBLIC:
        g.admitted = endpoint
        return None
    demand = demand_of(current_app, endpoint)
    if demand is None:
        log.error("refused an endpoint without a gate", endpoint=endpoint)
        abort(403)
    who = cookie.person()
    if who is None:
        return _to_sign_in()
    if not who.role.includes(demand.role) or not who.may_use(demand.entry):
        abort(403)
    if who.must_change_pin and not demand.with_old_pin:
        return refuse("change_pin", 403, url_for("pin.index")) if wants_data() else redirect(url_for("pin.index"))
    if demand.step_up and (asked := step_up.ask(who)) is not None:
        return asked
    if not demand.polled and "X-Background" not in request.headers:
        cookie.keep_alive(who)
    g.admitted = endpoint
    return None


def _to_sign_in() -> ResponseReturnValue:
    came_for = request.full_path.rstrip("?") if request.method == "GET" else None
    address = url_for("sign_in.index", next=came_for if came_for != "/admin/" else None)
    return refuse("signed_out", 401, address) if wants_data() else redirect(address)


class _RowNumber(IntegerConverter):
    """An id in an address: what no bigint can hold is no page, instead of an error of the database."""

    def __init__(self, map: Any, fixed_digits: int = 0, min: int | None = None, max: int | None = None) -> None:
        super().__init__(map, fixed_digits, min, LARGEST_ID if max is None else max)


def install(app: Flask) -> None:
    """Put the gate in front of everything. Called before CSRF protection and before any screen is registered."""
    app.url_map.converters["int"] = _RowNumber
    login.init_app(app)
    login.session_protection = None  # Our own session table decides; nothing about it stands in Flask's cookie.
    login.request_loader(lambda _: cookie.person())
    app.before_request(_admit)
    app.after_request(cookie.write)
    app.jinja_env.globals.update(may_open=may_open, is_stepped_up=cookie.is_fresh)


def seal(app: Flask) -> None:
    """Refuse to start with a route that nobody guards. Called after the last screen is registered.

    Raises:
        RuntimeError: an endpoint that is neither public nor part of a gated screen.
    """
    unguarded = sorted(
        {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint not in PUBLIC}
        - {rule.endpoint for rule in app.url_map.iter_rules() if demand_of(app, rule.endpoint)}
    )
    if unguarded:
        raise RuntimeError(
            f"Nobody guards {', '.join(unguarded)}: derive the screen from Gated, or name the endpoint in gate.PUBLIC."
        )
