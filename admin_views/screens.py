"""Every screen of the product, one line each: a screen is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from admin_views.base import Page, expose
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
    "admin_views.staff.sign_in:SignInPage",
    "admin_views.staff.sign_in:StepUpPage",
    "admin_views.staff.sign_in:PinPage",
    "admin_views.staff.people:StaffPage",
    "admin_views.staff.audit:AuditPage",
    "admin_views.accounts:Accounts",
    "admin_views.search:Search",
    "admin_views.account:AccountPage",
    "admin_views.payments:PaymentsLog",
    "admin_views.payments:CashPayments",
    "admin_views.organization:Portfolios",
    "admin_views.organization:Companies",
    "admin_views.organization:Regions",
    "admin_views.organization:Offices",
    "admin_views.organization:Dealers",
]
"""`module:Class`, or something that makes the screen. The one whose endpoint is "admin" stands behind /admin/."""


def make(screen: str | Callable[[], Any]) -> Any:
    """The screen that a line of the list means."""
    if not isinstance(screen, str):
        return screen()
    module, _, name = screen.partition(":")
    return getattr(import_module(module), name)()
