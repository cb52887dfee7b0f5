"""A supervisor in front of the Import page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.reporting.jobs import JobState
from app.domain.staff.roles import Role
from app.models import Job, Portfolio, Staff
from tasks.perform import perform
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

Enter = Callable[..., Visitor]


@pytest.fixture
def business_date() -> Iterator[None]:
    """The business date of these tests, in the clock as well."""
    clock.set_clock(pinned_on=TODAY)
    yield
    clock.set_clock(pinned_on=None)


@pytest.fixture
def book(session: Session) -> Portfolio:
    """A portfolio to import into."""
    return factories.portfolio(session, name="Ohio Valley")


@pytest.fixture
def supervisor(session: Session) -> Staff:
    """Dana, who imports."""
    return factories.staff(session, Role.SUPERVISOR, name="Dana Whitfield")


@pytest.fixture
def dana(client: FlaskClient, session: Session, supervisor: Staff, business_date: None) -> Visitor:
    """Dana's browser, her PIN given a moment ago."""
    return signed_in(client, session, supervisor, stepped_up=True)


def work(session: Session) -> list[Job]:
    """Do every job that waits, as a worker would, and return them."""
    waiting = session.scalars(select(Job).where(Job.state == JobState.PLANNED).order_by(Job.id)).all()
    for job in waiting:
        perform(job.id)
    session.expire_all()
    return list(waiting)
