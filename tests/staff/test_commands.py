"""`leasedesk staff` and `leasedesk audit`."""

from __future__ import annotations

import json
import subprocess

from sqlalchemy import select, text

from app.clock import now
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Staff
from app.services.staff import pins
from app.transaction import transaction
from tests import factories, product
from tests.conftest import CommittedDatabase


def leasedesk(database: CommittedDatabase, *words: str) -> subprocess.CompletedProcess[str]:
    done = product.leasedesk(*words, environment=database.settings.as_environment())
    db.session.rollback()
    return done


def test_a_person_is_added_and_their_pin_shown_once(committed_database: CommittedDatabase) -> None:
    with transaction() as session:
        factories.portfolio(session, code="OH", name="Ohio Valley")
    words = ("staff", "add", "dee", "--name", "Dee Admin", "--role", "admin", "--portfolio", "oh", "--json")
    done = leasedesk(committed_database, *words)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    dee = db.session.scalars(select(Staff)).one()
    assert (dee.username, dee.name, dee.role, dee.must_change_pin) == ("dee", "Dee Admin", Role.ADMIN, True)
    assert [book.code for book in dee.portfolios] == ["OH"]
    assert pins.is_right(told["pin"], dee.pin_hash)
    assert dee.created_at <= now()
    again = leasedesk(committed_database, *words)
    assert (again.returncode, json.loads(again.stdout)) == (1, {"error": "The username dee is taken."})
    listed = leasedesk(committed_database, "staff", "list", "--json")
    assert json.loads(listed.stdout) == {"staff": [{"username": "dee", "name": "Dee Admin", "role": "admin", "status": "Active"}]}
    renewed = json.loads(leasedesk(committed_database, "staff", "set-pin", "dee", "--json").stdout)
    db.session.expire_all()
    assert pins.is_right(renewed["pin"], dee.pin_hash)


def test_wrong_words_end_with_2_and_an_unknown_portfolio_with_1(committed_database: CommittedDatabase) -> None:
    assert leasedesk(committed_database, "staff", "add", "dee", "--name", "Dee", "--role", "owner").returncode == 2
    assert leasedesk(committed_database, "staff", "add", "dee", "--role", "admin").returncode == 2
    unknown = leasedesk(
        committed_database, "staff", "add", "dee", "--name", "D", "--role", "admin", "--portfolio", "NO", "--json"
    )
    assert (unknown.returncode, json.loads(unknown.stdout)["error"]) == (1, "There is no portfolio with the code NO.")
    assert db.session.scalars(select(Staff)).all() == []


def test_verify_names_the_first_event_that_was_touched(committed_database: CommittedDatabase) -> None:
    for name in ("ann", "bea", "cat"):
        leasedesk(committed_database, "staff", "add", name, "--name", name.title(), "--role", "manager")
    whole = leasedesk(committed_database, "audit", "verify", "--json")
    assert (whole.returncode, json.loads(whole.stdout)) == (0, {"whole": True, "first_broken": None, "events": 3})
    with transaction() as session:
        session.execute(text("alter table audit_event disable trigger user"))
        session.execute(text("update audit_event set reason = 'x' where id = 2"))
        session.execute(text("alter table audit_event enable trigger user"))
    broken = leasedesk(committed_database, "audit", "verify", "--json")
    assert (broken.returncode, json.loads(broken.stdout)) == (1, {"whole": False, "first_broken": 2, "events": 3})
