"""Every screen of the product, one line each. A screen is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable

from flask_admin import expose

from admin_views.gate import Gated
from admin_views.staff.sign_in import PinPage, SignInPage, StepUpPage
from app.domain.staff.roles import Role


class Dashboard(Gated):
    """The first page."""

    minimum_role = Role.COLLECTOR

    @expose("/")
    def index(self) -> str:
        """Where the day starts."""
        return "LeaseDesk"


def FIRST() -> Gated:
    """The page behind /admin/."""
    return Dashboard(name="Dashboard", endpoint="admin", url="/admin")


SCREENS: list[Callable[[], Gated]] = [
    lambda: SignInPage(name="Sign in", endpoint="sign_in", url="/admin/sign-in"),
    lambda: StepUpPage(name="Your PIN", endpoint="step_up", url="/admin/step-up"),
    lambda: PinPage(name="Your PIN and sessions", endpoint="pin", url="/admin/pin"),
]
