"""One JSON line on stderr for each request: who, what, how long; never what was typed, sent or searched."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request

from app import logs

log = structlog.get_logger("leasedesk.web")
_QUIET = {"assets.static", "assets.plotly", "bootstrap.static", "health.alive", "health.ready", "health.metrics"}


def install(app: Flask) -> None:
    """Log every request but those for files and health."""
    logs.configure()
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.get("request_id"))


def _end(response: Response) -> Response:
    if request.endpoint in _QUIET and response.status_code < 500:
        return response
    who = g.get("person")
    # The query string is left out: it holds names and phone numbers that somebody searched for.
    log.info(
        "request",
        method=request.method,
        path=request.path,
        endpoint=request.endpoint,
        status=response.status_code,
        ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
        staff_id=who.staff_id if who else None,
        ip=request.remote_addr,
    )
    return response
