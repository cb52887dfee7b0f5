"""What a visitor sees when something is refused or breaks: a page in the product's look, or JSON for a script."""

from __future__ import annotations

import structlog
from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateError
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from werkzeug.exceptions import HTTPException

from admin_views.answers import wants_data
from app.extensions import db

log = structlog.get_logger("leasedesk.web")
PAGES = frozenset({400, 403, 404, 409, 413, 429, 500, 503})
SENTENCES = {
    400: "The request could not be understood.",
    403: "This page or action is for another role.",
    404: "There is nothing here, or it is not yours to see.",
    405: "This address does not take that kind of request.",
    409: "Somebody else changed this in the meantime.",
    413: "The file or form is larger than what is accepted.",
    415: "This kind of content is not accepted.",
    429: "Too many tries in a short time. Wait a few minutes.",
    500: "The server could not finish this. Money and records are written completely or not at all.",
    503: "The database does not answer. Try again in a minute.",
}


def install(app: Flask) -> None:
    """Answer every refusal and every failure here."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _broken)


def _refused(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error  # A redirect of the router.
    what = str(error.description) if _is_ours(error) else None
    if isinstance(error, CSRFError):
        what = "The page was open for too long, or its form was sent from somewhere else. Open it again."
    return answer(error.code, what, headers=dict(error.get_headers()))


def _broken(error: Exception) -> ResponseReturnValue:
    """A bug, or a server that is away. The reader gets a reference; the log has the rest."""
    db.session.rollback()
    is_away = isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
    # The statement of a database error carries what was typed: the log gets the driver's own message, not the parameters.
    if isinstance(error, StatementError):
        error.hide_parameters = True
    log.error("request failed", error=type(error).__name__, path=request.path, exc_info=error)
    if is_away:
        g.person = None  # The page is made for a stranger: nobody can say who asks.
    return answer(503 if is_away else 500, None, is_bare=True)


def answer(status: int, what: str | None, *, is_bare: bool = False, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    """The page or the JSON for a status; `what` replaces the usual sentence."""
    reference = g.get("request_id", "")
    kept = {name: value for name, value in (headers or {}).items() if name in {"Allow", "Retry-After"}}
    if wants_data():
        message = what or SENTENCES.get(status, SENTENCES[400 if status < 500 else 500])
        return jsonify({"error": {"code": str(status), "message": message, "reference": reference}}), status, kept
    name = f"errors/{status}.html" if status in PAGES else "errors/error.html"
    what = what or (None if status in PAGES else SENTENCES.get(status))
    try:
        page = render_template(name, reference=reference, what=what, bare=is_bare)
    except (TemplateError, DBAPIError, HTTPException) as error:
        log.error("error page failed", error=type(error).__name__)
        sentence = SENTENCES.get(status, SENTENCES[500])
        page = f"<!doctype html><title>LeaseDesk</title><p>{sentence}</p><p>Reference {reference}</p>"
    return page, status, kept


def _is_ours(error: HTTPException) -> bool:
    """Whether the description is a sentence that we wrote, and not werkzeug's standard text."""
    return error.description is not None and error.description != type(error).description
