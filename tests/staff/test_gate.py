"""It is impossible to add a screen that forgets the gate."""

from __future__ import annotations

from typing import ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_admin import Admin, BaseView, expose
from sqlalchemy.orm import Session

from admin_views import gate
from admin_views.gate import Demand, Gated, demand_of, needs
from app.domain.staff.roles import Role
from app.settings import Settings
from tests import factories
from tests.visitor import signed_in


@pytest.fixture
def app(settings: Settings, headless_app: Flask) -> Flask:
    """A product of this test's own, to which screens can be added."""
    from wsgi import create_app

    made = create_app(settings)
    made.config["TESTING"] = True
    return made


def add(app: Flask, screen: BaseView) -> None:
    admin: Admin = app.extensions["admin"][0]
    admin.add_view(screen)


def test_a_screen_without_a_role_is_no_class() -> None:
    with pytest.raises(TypeError, match="Forgetful has no minimum_role"):

        class Forgetful(Gated):
            """A screen whose author thought of everything else."""

            @expose("/")
            def index(self) -> str:
                return ""


def test_a_base_may_leave_the_role_to_those_who_derive_from_it_but_not_for_them() -> None:
    class Base(Gated):
        """Derived from only."""

        is_abstract = True

    with pytest.raises(TypeError, match="Child has no minimum_role"):

        class Child(Base):
            """Concrete, and forgetful."""


@pytest.mark.parametrize("name", ["is_accessible", "_handle_view", "_run_view"])
def test_a_screen_cannot_replace_the_gate(name: str) -> None:
    with pytest.raises(TypeError, match=f"replaces {name}"):
        type("Clever", (Gated,), {"minimum_role": Role.COLLECTOR, name: lambda *_: True})


def test_a_screen_cannot_put_another_base_before_the_gate() -> None:
    with pytest.raises(TypeError, match="derive from Gated first"):
        type(
            "Clever",
            (type("Open", (BaseView,), {"is_accessible": lambda _: True}), Gated),
            {"minimum_role": Role.COLLECTOR},
        )


def test_the_program_does_not_start_with_a_screen_outside_the_gate(app: Flask) -> None:
    class Plain(BaseView):  # type: ignore[misc]
        """Straight from Flask-Admin's manual."""

        @expose("/")
        def index(self) -> str:
            return "secrets"

    add(app, Plain(endpoint="plain"))
    with pytest.raises(RuntimeError, match=r"Nobody guards plain\.index"):
        gate.seal(app)


def test_the_program_does_not_start_with_a_bare_route(app: Flask) -> None:
    app.add_url_rule("/report", "report", lambda: "secrets")
    with pytest.raises(RuntimeError, match="Nobody guards report"):
        gate.seal(app)


def test_a_route_that_slips_in_later_is_refused_even_to_an_admin(app: Flask, client: FlaskClient, session: Session) -> None:
    app.add_url_rule("/report", "report", lambda: "secrets")
    assert client.get("/report").status_code == 403
    browser = signed_in(client, session, factories.staff(session, Role.ADMIN))
    assert browser.get("/report").status_code == 403


def test_the_strictest_demand_of_the_whole_ancestry_holds(app: Flask) -> None:
    class Base(Gated):
        """Its delete asks for the PIN."""

        is_abstract = True

        @expose("/")
        def index(self) -> str:
            return ""

        @expose("/delete", methods=("POST",))
        @needs(Role.SUPERVISOR, step_up=True)
        def delete(self) -> str:
            return ""

        @expose("/export")
        def export(self) -> str:
            return ""

    class Child(Base):
        """Overrides delete and forgets the mark."""

        minimum_role = Role.COLLECTOR
        demands: ClassVar[dict[str, Demand]] = {"export": Demand(Role.MANAGER)}

        @expose("/delete", methods=("POST",))
        def delete(self) -> str:
            return ""

    add(app, Child(endpoint="child"))
    assert demand_of(app, "child.index") == Demand(Role.COLLECTOR)
    assert demand_of(app, "child.delete") == Demand(Role.SUPERVISOR, step_up=True)
    assert demand_of(app, "child.export") == Demand(Role.MANAGER)


def test_a_mark_cannot_lower_what_the_screen_demands(app: Flask) -> None:
    class Strict(Gated):
        """For admins."""

        minimum_role = Role.ADMIN

        @expose("/")
        @needs(Role.COLLECTOR)
        def index(self) -> str:
            return ""

    add(app, Strict(endpoint="strict"))
    assert demand_of(app, "strict.index") == Demand(Role.ADMIN)


def test_a_route_runs_once_when_it_raises_a_type_error(app: Flask, client: FlaskClient, session: Session) -> None:
    runs: list[int] = []

    class Broken(Gated):
        """Raises what Flask-Admin takes for a wrong signature."""

        minimum_role = Role.COLLECTOR

        @expose("/")
        def index(self) -> str:
            runs.append(1)
            raise TypeError("a defect")

    add(app, Broken(endpoint="broken"))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    browser = signed_in(client, session, factories.staff(session))
    answer = browser.get("/admin/broken/")
    assert answer.status_code == 500
    assert len(runs) == 1
    assert "a defect" not in answer.text


def test_an_id_that_no_database_can_hold_is_no_page(app: Flask, client: FlaskClient, session: Session) -> None:
    class Rows(Gated):
        """Shows a row by its number."""

        minimum_role = Role.COLLECTOR

        @expose("/<int:row_id>")
        def row(self, row_id: int) -> str:
            return str(row_id)

        @expose("/")
        def index(self) -> str:
            return ""

    add(app, Rows(endpoint="rows"))
    browser = signed_in(client, session, factories.staff(session))
    assert browser.get(f"/admin/rows/{2**63 - 1}").status_code == 200
    assert browser.get(f"/admin/rows/{2**63}").status_code == 404


@pytest.mark.parametrize("row_id", ["1,2", "", None, "x", "-1", "0", str(2**63), "1e3"])
def test_what_is_no_id_is_not_found(app: Flask, session: Session, client: FlaskClient, row_id: str | None) -> None:
    from werkzeug.exceptions import NotFound

    from app.models import Staff

    person = factories.staff(session)
    browser = signed_in(client, session, person)
    with app.test_request_context("/", headers={"Cookie": f"leasedesk_session={browser.cookie()}"}):
        assert gate.visible(session, Staff, person.id).id == person.id
        with pytest.raises(NotFound):
            gate.visible(session, Staff, row_id)
