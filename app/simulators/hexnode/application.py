"""Hexnode's API as a Flask application: devices by pages, one device, lock and unlock; and the controls for faults."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, jsonify, request, url_for
from werkzeug.exceptions import HTTPException

from app.simulators.hexnode.portal import Portal
from app.simulators.square import controls
from app.simulators.square.errors import WrongControl
from app.simulators.square.simulation import CONTROLS, Call, Endpoint, Simulation

PER_PAGE, MOST_PER_PAGE = 20, 500

CONTROL_ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/faults", controls.read_faults),
    ("POST", "/faults", controls.add_faults),
    ("DELETE", "/faults", controls.clear_faults),
    ("GET", "/requests", controls.read_requests),
)


def create_application(simulation: Simulation, portal: Portal, key: str) -> Flask:
    """Hexnode's endpoints and the simulator's controls behind one key."""
    application = Flask("hexnode_simulator", static_folder=None, template_folder=None)
    application.before_request(lambda: _check_key(key))
    application.add_url_rule("/api/v1/devices/", "devices", _inside(portal, _devices))
    application.add_url_rule("/api/v1/devices/<number>/", "device", _inside(portal, _device))
    for path, is_locked in (("lock_devices", True), ("disable_lost_mode", False)):
        view = _inside(portal, _command, is_locked=is_locked)
        application.add_url_rule(f"/api/v1/actions/{path}/", path, view, methods=["POST"])
    for method, path, endpoint in CONTROL_ROUTES:
        address = f"{CONTROLS}{path}"
        application.add_url_rule(address, f"{method} {path}", _control(simulation, endpoint), methods=[method])

    @application.errorhandler(WrongControl)
    def answer_wrong_control(mistake: WrongControl) -> tuple[Response, int]:
        return jsonify(error=str(mistake)), 400

    @application.errorhandler(HTTPException)
    def answer_error(error: HTTPException) -> tuple[Response, int]:
        return jsonify(detail=error.description), error.code or 500

    return application


def _check_key(key: str) -> tuple[Response, int] | None:
    given = request.headers.get("Authorization", "")
    if hmac.compare_digest(given.encode(), key.encode()):
        return None
    return jsonify(detail="Authentication credentials were not provided."), 401


def _inside(portal: Portal, endpoint: Any, **more: Any) -> Any:
    """An endpoint as a view; a request is a transaction."""

    def view(**words: str) -> Any:
        with portal.store.transaction():
            return endpoint(portal, **words, **more)

    return view


def _control(simulation: Simulation, endpoint: Endpoint) -> Any:
    def view() -> tuple[Response, int]:
        body = request.get_json(force=True, silent=True) if request.get_data() else {}
        with simulation.store.transaction():
            answer = endpoint(simulation, Call(body=body if isinstance(body, dict) else {}, query=request.args))
        return jsonify(answer.body), answer.status

    return view


def _devices(portal: Portal) -> Any:
    """A page of all devices, with the link to the next one."""
    page, size = _number("page", 1), min(_number("per_page", PER_PAGE), MOST_PER_PAGE)
    count = portal.count()
    if page > max(1, -(-count // size)):
        return jsonify(detail="Invalid page."), 404
    following = url_for("devices", page=page + 1, per_page=size, _external=True) if page * size < count else None
    earlier = url_for("devices", page=page - 1, per_page=size, _external=True) if page > 1 else None
    return jsonify(count=count, next=following, previous=earlier, results=portal.page(page, size))


def _device(portal: Portal, number: str) -> Any:
    found = portal.one(number)
    return (jsonify(detail="Not found."), 404) if found is None else jsonify(found)


def _command(portal: Portal, *, is_locked: bool) -> Any:
    """Lock, or unlock, all devices that are named, or none."""
    said = request.get_json(force=True, silent=True)
    numbers = said.get("devices") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not isinstance(numbers, list) or not numbers:
        return jsonify(error="Name at least one device."), 400
    found = [portal.one(str(number)) for number in numbers]
    if any(device is None or device["enrollment_status"] != "Enrolled" for device in found):
        return jsonify(error="A device is not enrolled."), 400
    message = said.get("message")
    for number in numbers:
        portal.set_lock(str(number), is_locked=is_locked, message=str(message) if message else None)
    return jsonify(success=True)


def _number(name: str, default: int) -> int:
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and 0 < int(given) < 10**9 else default
