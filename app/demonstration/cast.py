"""Who works in the demonstration, and the organisation that its accounts belong to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.assigning import ALPHABET
from app.domain.collections.profiles import MenuEntry
from app.domain.staff.roles import Role
from app.models import Base, Company, Dealer, Office, Portfolio, Region
from app.services.collections import profiles, set_up
from app.services.portfolio import organization
from app.services.staff import people
from app.services.staff.audit import SYSTEM, Actor
from app.workbooks.sample_words import DEALERS

R = TypeVar("R", bound=Base)

PEOPLE = (
    ("avery", "Avery Stone", Role.ADMIN),
    ("morgan", "Morgan Hale", Role.MANAGER),
    ("dana", "Dana Whitfield", Role.SUPERVISOR),
    ("casey", "Casey Brandt", Role.COLLECTOR),
    ("riley", "Riley Osei", Role.COLLECTOR),
)

FIRST_STORE, STORES = 100, 12
"""Store numbers of the sample report; each is a dealer of this organisation."""

REGIONS = (
    ("NORTH", "North", (("CBUS", "Columbus"), ("DAY", "Dayton"))),
    ("RIVER", "River", (("CINCI", "Cincinnati"), ("LOU", "Louisville"))),
)


@dataclass(frozen=True)
class Member:
    """One of the demonstration's staff, with the PIN that its file shows."""

    staff_id: int
    username: str
    name: str
    role: Role
    pin: str

    @property
    def actor(self) -> Actor:
        """As the audit trail names them."""
        return Actor(staff_id=self.staff_id, name=self.name)

    @property
    def is_supervisor(self) -> bool:
        """Whether they hand out the work."""
        return self.role is Role.SUPERVISOR

    @property
    def is_collector(self) -> bool:
        """Whether accounts are put into their book."""
        return self.role is Role.COLLECTOR


def staff(session: Session, *, now: dt.datetime) -> list[Member]:
    """Add the staff with random PINs, which they need not change."""
    members = []
    for username, name, role in PEOPLE:
        added, pin = people.add(session, username=username, name=name, role=role, must_change_pin=False, now=now, actor=SYSTEM)
        members.append(Member(added.id, username, name, role, pin))
    return members


def organisation(session: Session, *, now: dt.datetime) -> list[Portfolio]:
    """Two portfolios with their companies, regions and offices; the stores of the sample report are dealers of the first.

    The portfolio that every new database has becomes the first of them.
    """

    def made(model: type[R], **values: Any) -> R:
        row = organization.create(session, model, values, now=now, actor=SYSTEM)
        assert isinstance(row, model)
        return row

    first = session.scalars(select(Portfolio).order_by(Portfolio.id).limit(1)).one()
    common = {"currency": first.currency, "time_zone": first.time_zone}
    named = {"code": "OHIO", "name": "Ohio Valley"} | common
    organization.change(session, first, named, version=None, now=now, actor=SYSTEM)
    second = made(Portfolio, code="GULF", name="Gulf Coast", **common)
    company = made(Company, portfolio=first, code="OVL", name="Ohio Valley Leasing LLC")
    made(Company, portfolio=second, code="GCR", name="Gulf Coast Rentals LLC")
    offices = []
    for code, name, places in REGIONS:
        region = made(Region, company=company, code=code, name=name)
        offices += [made(Office, region=region, code=short, name=place) for short, place in places]
    for number in range(STORES):
        store = FIRST_STORE + number
        name = f"{DEALERS[store % len(DEALERS)].title()} {store}"
        made(Dealer, portfolio=first, office=offices[number % len(offices)], code=str(store), name=name)
    return [first, second]


def profiles_of(session: Session, members: Sequence[Member], books: Sequence[Portfolio], *, now: dt.datetime) -> None:
    """What each collector takes: the names of the alphabet in equal parts, and what fits nobody goes to the supervisor."""
    supervisor = next(member for member in members if member.is_supervisor)
    profiles.create(session, supervisor.staff_id, default_user_id=None, now=now, actor=SYSTEM)
    watching = {"name_letters": "", "is_supervisor": True, "menu": [entry.value for entry in MenuEntry]}
    profiles.change(session, supervisor.staff_id, watching, version=1, now=now, actor=SYSTEM)
    collectors = [member for member in members if member.is_collector]
    for place, member in enumerate(collectors):
        profiles.create(session, member.staff_id, default_user_id=None, now=now, actor=SYSTEM)
        begin, end = (len(ALPHABET) * edge // len(collectors) for edge in (place, place + 1))
        given = {
            "title": "Collector",
            "name_letters": ALPHABET[begin:end],
            "menu": [entry.value for entry in MenuEntry],
            "supervisor_id": supervisor.staff_id,
        }
        profiles.change(session, member.staff_id, given, version=1, now=now, actor=SYSTEM)
    set_up.set_supervisors(session, {book.id: supervisor.staff_id for book in books}, now=now, actor=SYSTEM)
