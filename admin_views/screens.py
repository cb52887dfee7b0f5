"""Every screen of the product, one line each: a screen is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from admin_views.base import Page, expose
from admin_views.staff.sign_in import PinPage, SignInPage, StepUpPage
from app.domain.staff.roles import Role


class FirstPage(Page):
    """The way in."""

    title = "Dashboard"
    url = "/admin"
    endpoint = "admin"
    minimum_role = Role.COLLECTOR

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """To the accounts."""
        return redirect(url_for("accounts.index_view"))


SCREENS: list[str | Callable[[], Any]] = [
    FirstPage,
    lambda: SignInPage(name="Sign in", endpoint="sign_in", url="/admin/sign-in"),
    lambda: StepUpPage(name="Your PIN", endpoint="step_up", url="/admin/step-up"),
    lambda: PinPage(name="Your PIN and sessions", endpoint="pin", url="/admin/pin"),
    "admin_views.accounts:Accounts",
]
"""`module:Class`, or something that makes the screen. The one whose endpoint is "admin" stands behind /admin/."""


def make(screen: str | Callable[[], Any]) -> Any:
    """The screen that a line of the list means."""
    if not isinstance(screen, str):
        return screen()
    module, _, name = screen.partition(":")
    return getattr(import_module(module), name)()
