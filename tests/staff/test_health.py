"""Alive, ready, degraded; and the door stays open without Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from admin_views.limits import limiter
from app.clock import now
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Staff
from app.services.reporting import jobs
from app.services.staff import people
from app.services.staff.audit import SYSTEM
from app.settings import Settings
from app.transaction import transaction
from tests import factories
from tests.conftest import CommittedDatabase
from tests.staff.conftest import PIN, knock
from tests.visitor import Visitor, signed_in

NOWHERE = "127.0.0.1:1"


@pytest.fixture
def own_limiter() -> Iterator[None]:
    """Give the limiter back as it was: it counts for one application, and this test makes another."""
    kept = vars(limiter).copy()
    yield
    vars(limiter).clear()
    vars(limiter).update(kept)


def test_alive_asks_nobody(client: FlaskClient, headless_app: object, ann: Staff, session: Session) -> None:
    browser = signed_in(client, session, ann)
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "alive"})
    assert asked == []
    browser.get("/readyz")
    assert asked  # The listener does hear what is asked.


def test_ready_with_everything_there(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready", "database": "ok", "redis": "ok"})


def test_not_ready_while_the_tables_are_those_of_another_version(client: FlaskClient, session: Session) -> None:
    session.execute(text("update alembic_version set version_num = '0000'"))
    session.commit()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["database"].startswith("at migration 0000, this program needs ")


def test_not_ready_without_a_database_and_no_secret_in_the_answer(settings: Settings, own_limiter: None) -> None:
    from wsgi import create_app

    gone = {"database_url": f"postgresql://someone:secretword@{NOWHERE}/none"}
    visitor = create_app(Settings.model_validate(settings.model_dump() | gone)).test_client()
    answer = visitor.get("/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, "no answer")  # type: ignore[index]
    assert visitor.get("/healthz").status_code == 200
    visitor.set_cookie("leasedesk_session", "anything")
    page = visitor.get("/admin/pin/")
    assert page.status_code == 503
    assert "Reference" in page.text
    assert "/css/base.css" in page.text  # In the product's look, not the bare text for when even that fails.
    assert "secretword" not in answer.text + page.text


def test_without_redis_it_is_degraded_and_people_still_sign_in_and_guessers_do_not(
    committed_database: CommittedDatabase, own_limiter: None
) -> None:
    from wsgi import create_app

    with transaction() as session:
        people.add(session, username="ann", name="Ann", role=Role.ADMIN, pin=PIN, must_change_pin=False, now=now(), actor=SYSTEM)
    lame = Settings.model_validate(committed_database.settings.model_dump() | {"redis_url": f"redis://{NOWHERE}/0"})
    visitor = Visitor(create_app(lame).test_client())
    answer = visitor.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "degraded", "database": "ok", "redis": "no answer"})
    assert knock(visitor, "ann", PIN).status_code == 302
    assert visitor.get("/admin/pin/").status_code == 200
    answers = [knock(visitor, f"guess{number}", PIN).status_code for number in range(30)]
    assert set(answers) == {401, 429}
    assert answers[-1] == 429
    db.session.remove()


def test_metrics_are_for_this_machine_and_for_admins(client: FlaskClient, session: Session, ann: Staff) -> None:
    far = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_overrides=far).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    signed_in(client, session, factories.staff(session, Role.MANAGER))
    assert client.get("/metrics", environ_overrides=far).status_code == 404
    signed_in(client, session, ann)
    assert client.get("/metrics", environ_overrides=far).status_code == 200


def test_metrics_count_what_waits(client: FlaskClient, session: Session, ann: Staff) -> None:
    for number in range(3):
        jobs.plan(session, "nothing", f"Job {number}", queue="imports", now=now(), actor=SYSTEM)
    ann.locked_until_at = now().replace(year=now().year + 1)
    session.commit()
    lines = client.get("/metrics").text.splitlines()
    assert 'leasedesk_jobs_open{queue="imports",state="planned"} 3.0' in lines
    assert "leasedesk_staff_locked 1.0" in lines


def test_the_bare_address_leads_to_the_dashboard(client: FlaskClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
