"""What every answer carries and what no request may bring: headers, nonce, request id, cookies for TLS, CSRF."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping

from flask import Flask, Response, abort, current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

from admin_views import error_pages, limits, request_log
from admin_views.gate import PUBLIC
from admin_views.staff import cookie
from app.extensions import csrf
from app.settings import Settings

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,36}")
LARGEST_UPLOAD_BYTES = 64 * 1024 * 1024
LARGEST_FORM_BYTES = 512 * 1024
"""Of a form without a file, and of anything that a stranger sends: both are read into memory whole."""
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Scripts and styles are files of ours; `data:` are Bootstrap's tick marks, `blob:` the saving of a chart."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}


class _CookieForTls(SecureCookieSessionInterface):
    """Flask's own cookie (CSRF secret and messages) goes by the same rule as ours."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return cookie.is_secure()


def nonce() -> str:
    """The nonce of this answer's scripts."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    value: str = g.nonce
    return value


def policy_with(more: Mapping[str, str]) -> str:
    """The content policy of one answer that needs sources of somebody else: directive → what it allows besides ours."""
    given = dict(more)
    directives = []
    for directive in POLICY.format(nonce=nonce()).split("; "):
        name = directive.partition(" ")[0]
        directives.append(f"{directive} {given.pop(name)}" if name in given else directive)
    return "; ".join([*directives, *(f"{name} {sources}" for name, sources in given.items())])


def install(app: Flask) -> None:
    """Number each request, send the headers, show errors as pages. Called first of all; `install_csrf` comes after the gate."""
    settings: Settings = app.config["SETTINGS"]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.session_interface = _CookieForTls()
    app.config.update(SESSION_COOKIE_NAME="leasedesk", SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_UPLOAD_BYTES
    app.jinja_env.globals["csp_nonce"] = nonce
    app.before_request(_begin)
    app.before_request(_refuse_unprintable)
    app.after_request(_headers)
    request_log.install(app)
    error_pages.install(app)
    limits.install(app)


def install_csrf(app: Flask) -> None:
    """Check the token of every changing request that the gate lets in. A token lives as long as the browser's session."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    app.before_request(_refuse_unprintable_form)


def _begin() -> None:
    """Give the request its id (a proxy's, when we stand behind one that we trust) and its largest size."""
    settings: Settings = current_app.config["SETTINGS"]
    given = request.headers.get("X-Request-ID", "") if settings.trusted_proxies else ""
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    if request.mimetype != "multipart/form-data" or request.endpoint in PUBLIC:
        request.max_content_length = LARGEST_FORM_BYTES


def _refuse_unprintable() -> None:
    """Refuse the character that PostgreSQL cannot store, before some query trips over it."""
    if "\0" in request.path or any("\0" in value for _, value in request.args.items(multi=True)):
        abort(400, "The address holds a character that cannot be typed.")


def _refuse_unprintable_form() -> None:
    """The same for what was sent; after the gate, so that nobody's form is read before they may send one."""
    if any("\0" in value for _, value in request.form.items(multi=True)):
        abort(400, "The form holds a character that cannot be typed.")


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=nonce()))
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if not (request.endpoint or "").startswith(("assets.", "bootstrap.")):
        response.headers["Cache-Control"] = "no-store"
    return response
