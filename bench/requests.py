"""Asking a web application for a page in this process, without a socket: the same few lines for every contender."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

Application = Callable[..., Iterable[bytes]]


def get(application: Application, path: str, *, cookie: str) -> str:
    """The page at a path, for a browser with this cookie. Raises LookupError for anything but a 200."""
    environ: dict[str, Any] = EnvironBuilder(path, headers=[("Cookie", cookie), ("Accept", "text/html")]).get_environ()
    body, status, _ = run_wsgi_app(application, environ, buffered=True)
    page = b"".join(body).decode()
    if not status.startswith("200"):
        raise LookupError(f"{path} answered {status}: {page[:500]}")
    return page
