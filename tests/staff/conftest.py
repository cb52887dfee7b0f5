"""People with PINs who try the door."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.clock import now
from app.domain.staff.roles import Role
from app.models import Staff
from app.services.staff import people
from app.services.staff.audit import SYSTEM
from app.transaction import transaction
from tests.visitor import Visitor

PIN = "830471"


@pytest.fixture
def ann(session: Session) -> Staff:
    """Ann, an admin with the PIN 830471 of her own choice."""
    return person(session, "ann", Role.ADMIN)


def person(session: Session, username: str, role: Role, *, must_change_pin: bool = False) -> Staff:
    """Somebody with the PIN 830471."""
    with transaction() as opened:
        added, _ = people.add(
            opened,
            username=username,
            name=f"{username.title()} Example",
            role=role,
            pin=PIN,
            must_change_pin=must_change_pin,
            now=now(),
            actor=SYSTEM,
        )
    assert added in session
    return added


@pytest.fixture
def stranger(client: FlaskClient) -> Visitor:
    """A browser that nobody has signed in."""
    return Visitor(client)


def knock(visitor: Visitor, username: str, pin: str, next_page: str = "") -> TestResponse:
    """Send the sign-in form."""
    return visitor.post("/admin/sign-in/", {"username": username, "pin": pin, "next": next_page})
