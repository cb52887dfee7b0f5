"""A small application with the look alone: no database, no staff, only templates, static files and a menu."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask_wtf import CSRFProtect
from jinja2 import Template
from playwright.sync_api import Browser

from admin_views import navigation
from admin_views.assets import init_assets
from app.domain.staff.roles import Role
from tests.look.pages import Desk, served


@dataclass
class Dana:
    """Somebody who is signed in."""

    id: int = 1
    name: str = "Dana Whitfield"
    initials: str = "DW"
    role: Role = Role.SUPERVISOR
    is_authenticated: bool = True


@pytest.fixture
def look() -> Iterator[Flask]:
    """An application that shows pages of the menu to Dana, inside a request for the Accounts page."""
    app = Flask("look", static_folder=None, template_folder=str(Path(__file__).parent / "templates"))
    app.config["SECRET_KEY"] = "only for tests"
    CSRFProtect(app)
    init_assets(app)
    for path in ("/admin/", "/admin/accounts/", "/admin/collections/"):
        app.add_url_rule(path, path, lambda: "")

    @app.context_processor
    def _frame() -> dict[str, Any]:
        dana = Dana()
        return {
            "current_user": dana,
            "navigation": navigation.sections(dana.role, app.url_map, "/admin/accounts/"),
            "environment": "SANDBOX",
            "business_date": dt.date(2026, 11, 20),
            "business_time": "10:42 AM ET",
            "search_url": "/search",
            "idle_seconds": int(request.args.get("idle", 900)),
            "stay_url": "/stay",
            "sign_in_url": "/sign-in",
        }

    with app.test_request_context("/admin/accounts/"):
        yield app


@pytest.fixture
def desk(look: Flask, browser: Browser) -> Iterator[Desk]:
    """A browser on small pages that have every part on them. Nothing may be blocked by the policy or break."""
    desk = Desk(browser)
    with served(look, desk):
        yield desk
        if desk.context:
            desk.context.close()
    assert desk.complaints == []


def page(app: Flask, body: str, **values: Any) -> str:
    """A page's body in the frame, with the macros at hand as `ui`."""
    source = (
        '{% extends "layout.html" %}{% import "ui/components.html" as ui %}'
        "{% block title %}Accounts{% endblock %}{% block content %}" + body + "{% endblock %}"
    )
    return _rendered(app, source, values)


def part(app: Flask, source: str, **values: Any) -> str:
    """What one macro call renders."""
    return _rendered(app, '{% import "ui/components.html" as ui %}' + source, values)


def _rendered(app: Flask, source: str, values: dict[str, Any]) -> str:
    context = dict(values)
    app.update_template_context(context)
    template: Template = app.jinja_env.from_string(source)
    return template.render(context)
