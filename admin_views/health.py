"""Whether the program lives, whether it can work, and its figures for a monitor."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, abort, current_app, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from admin_views.staff import cookie
from app import MIGRATIONS
from app.clock import now, today
from app.domain.staff.roles import Role
from app.extensions import db
from app.queries.reporting.figures import Figure, figures
from app.settings import Settings

health = Blueprint("health", __name__)
REDIS_PATIENCE_SECONDS = 0.5
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def install(app: Flask) -> None:
    """Register the addresses and remember which migration this code needs."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    app.config["MIGRATION_HEAD"] = ScriptDirectory.from_config(config).get_current_head()
    app.register_blueprint(health)


@health.get("/")
def front() -> ResponseReturnValue:
    """The bare address leads to the Dashboard, and the gate from there to the sign-in page."""
    return redirect(url_for("admin.index"))


@health.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers. Touches nothing outside it."""
    return jsonify(status="alive")


@health.get("/readyz")
def ready() -> ResponseReturnValue:
    """Ready with the database at this code's migration; degraded without Redis; otherwise 503."""
    parts = {"database": _database(), "redis": _redis()}
    if parts["database"] != "ok":
        return jsonify(status="not ready", **parts), 503
    return jsonify(status="ready" if parts["redis"] == "ok" else "degraded", **parts)


@health.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Figures in Prometheus' text format, for this machine and for admins. Read from the database, so any process can answer."""
    who = cookie.person()
    if not (_is_from_here() or (who is not None and who.role.includes(Role.ADMIN))):
        abort(404)
    return Response(_as_text(figures(db.session(), limits=cookie.limits(), now=now(), today=today())), content_type=PROMETHEUS)


def _as_text(measured: Iterable[Figure]) -> bytes:
    """The figures as Prometheus reads them, with labels escaped by its own library."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    for figure in measured:
        labels = sorted({name for words, _ in figure.values for name in words})
        gauge = Gauge(figure.name, figure.meaning, labels, registry=registry)
        for words, value in figure.values:
            (gauge.labels(**words) if labels else gauge).set(value)
    return generate_latest(registry)


def _is_from_here() -> bool:
    """Whether the request comes from this machine and no proxy stands between."""
    if request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded"):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _database() -> str:
    try:
        at = db.session.scalar(text("select version_num from alembic_version"))
    except SQLAlchemyError:
        db.session.rollback()
        return "no answer"
    wanted = current_app.config["MIGRATION_HEAD"]
    return "ok" if at == wanted else f"at migration {at}, this program needs {wanted}"


def _redis() -> str:
    from redis import Redis, RedisError

    settings: Settings = current_app.config["SETTINGS"]
    if settings.redis_url is None:
        return "not set"
    try:
        with Redis.from_url(
            settings.redis_url.get_secret_value(),
            socket_connect_timeout=REDIS_PATIENCE_SECONDS,
            socket_timeout=REDIS_PATIENCE_SECONDS,
        ) as connection:
            connection.ping()
    except RedisError:
        return "no answer"
    return "ok"
