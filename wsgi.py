"""The web process: the application with its screens. Flask and gunicorn find it here."""

from __future__ import annotations

from flask import Flask

from admin_views import register_screens
from app import create_app as create_headless_app
from app.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The whole product: database, queue and clock from `app`, screens from `admin_views`."""
    return register_screens(create_headless_app(settings))


def __getattr__(name: str) -> Flask:
    """`wsgi:app` for gunicorn, made on first use so that importing this module has no side effects."""
    if name == "app":
        globals()["app"] = create_app()
        return globals()["app"]  # type: ignore[no-any-return]
    raise AttributeError(name)
