"""One JSON line on stderr for each request: who, what, how long; never what was typed, sent or searched."""

from __future__ import annotations

import logging
import sys
import time

import structlog
import structlog.typing
from flask import Flask, Response, g, request

log = structlog.get_logger("leasedesk.web")
_QUIET = {"assets.static", "bootstrap.static", "health.alive", "health.ready", "health.metrics"}


def configure() -> None:
    """Write JSON to stderr, each line with the request's id. Messages of libraries come out the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def install(app: Flask) -> None:
    """Log every request but those for files and health."""
    configure()
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
