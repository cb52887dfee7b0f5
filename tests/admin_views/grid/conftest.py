"""People signed in, for pages of lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import clock
from app.models import Staff
from tests.admin_views.grid.cast import TODAY, Cast, cast
from tests.visitor import Visitor, signed_in

Enter = Callable[..., Visitor]


@pytest.fixture(autouse=True)
def business_date(session: Session) -> Iterator[None]:
    """The business date of these tests."""
    zone = clock.zone().key
    clock.set_clock(pinned_on=TODAY)
    yield
    clock.set_clock(zone=zone, pinned_on=None)


@pytest.fixture
def people(session: Session, business_date: None) -> Cast:
    """Two collectors with a book each, and those above them."""
    return cast(session)


@pytest.fixture
def enter(client: FlaskClient, session: Session) -> Enter:
    """Sign somebody in: `enter(people.collector).get(...)`."""

    def enter(person: Staff, *, stepped_up: bool = False) -> Visitor:
        return signed_in(client, session, person, stepped_up=stepped_up)

    return enter
