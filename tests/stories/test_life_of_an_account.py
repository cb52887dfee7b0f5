"""The whole life of one account, told through the screens: each chapter does one thing and reads the Account page after it.

A chapter is a function that takes the life and leaves it a little older; CHAPTERS is their order. A new one is written below
the others and gets its line there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.staff import cookie
from app import clock
from app.domain.staff.roles import Role
from app.models import Account, Portfolio, Staff
from app.queries.payments.invariants import findings
from tests import factories
from tests.stories.reading import Table, figures, tables, text_of
from tests.visitor import Visitor, signed_in

OPENED_ON = dt.date(2026, 6, 5)
"""A Friday."""

PAYMENT, COUNT = 5_400, 26
IMEI = "356415207490483"


@dataclass
class Life:
    """The people of the story, their one browser, and the account once there is one."""

    client: FlaskClient
    session: Session
    book: Portfolio
    collector: Staff
    supervisor: Staff
    account_id: int = 0

    def as_collector(self) -> Visitor:
        """Cora, in whose book the account is."""
        return self._as(self.collector)

    def as_supervisor(self) -> Visitor:
        """Sue, her PIN given a moment ago."""
        return self._as(self.supervisor, stepped_up=True)

    def _as(self, person: Staff, *, stepped_up: bool = False) -> Visitor:
        self.client.delete_cookie(cookie.COOKIE)
        return signed_in(self.client, self.session, person, stepped_up=stepped_up)

    @property
    def account(self) -> Account:
        """The account as the database has it now."""
        self.session.expire_all()
        return self.session.get_one(Account, self.account_id)

    def page(self) -> str:
        """The Account page as its collector sees it."""
        answer = self.as_collector().get(f"/admin/accounts/{self.account_id}?lines=all")
        assert answer.status_code == 200
        return answer.text

    def read(self) -> dict[str, Table]:
        """The tables of the Account page by their first two heads: `# Due`, `Date Amount` and so on."""
        return {" ".join(table.heads[:2]): table for table in tables(self.page())}

    def check(self) -> None:
        """Every cent ties out."""
        assert [finding.invariant.name for finding in findings(self.session) if finding.broken] == []


@pytest.fixture
def life(client: FlaskClient, session: Session) -> Iterator[Life]:
    zone = clock.zone().key
    clock.set_clock(pinned_on=OPENED_ON)
    yield Life(
        client,
        session,
        session.scalars(select(Portfolio)).one(),
        factories.staff(session, Role.COLLECTOR, name="Cora Vance"),
        factories.staff(session, Role.SUPERVISOR, name="Sue Hart"),
    )
    clock.set_clock(zone=zone, pinned_on=None)


def opened_as_a_quick_lease(life: Life) -> None:
    """Cora types the least. Without IMEI and cost the lease waits in Pending Review, in her own book."""
    form = {
        "key": "the only form",
        "portfolio": life.book.id,
        "first_name": "Maria",
        "last_name": "Delgado",
        "phone": "(614) 555-0148",
        "model": "iPhone 13 128GB",
        "frequency": "biweekly",
        "start_on": OPENED_ON.isoformat(),
        "payment": "54.00",
        "do": "open",
    }
    answer = life.as_collector().post("/admin/quick-lease/", form)
    assert answer.status_code == 302
    life.account_id = int(answer.location.rpartition("/")[2])
    read = life.read()
    schedule = read["# Due"].rows
    assert len(schedule) == COUNT
    assert schedule[0][1:3] == ["Fri Jun 19, 2026", "$54.00"]
    assert schedule[-1][1] == "Fri Jun 4, 2027"
    assert [row[1:] for row in read["Date From"].rows] == [["—", "Pending review Opened without IMEI or cost, Cora Vance"]]
    assert figures(life.page())["Balance"][0] == "$1,404.00"
    assert "Maria Delgado" in life.as_collector().get("/admin/pending-review/").text
    life.check()


def its_imei_is_entered(life: Life) -> None:
    """The IMEI comes by phone; entered on Settings by the customer's number, it makes the lease active."""
    form = {"imei": IMEI, "cost": "300.00", "phone": "614 555 0148"}
    answer = life.as_collector().post(f"/admin/settings/imei/{life.account_id}", form)
    assert answer.status_code == 302
    rows = life.read()["Date From"].rows
    assert rows[0][1:] == ["Pending review", "Active IMEI and cost entered in Pending Review, Cora Vance"]
    assert len(rows) == 2
    assert IMEI in text_of(life.page())
    assert "Maria Delgado" not in life.as_collector().get("/admin/pending-review/").text
    life.check()


CHAPTERS: tuple[Callable[[Life], None], ...] = (opened_as_a_quick_lease, its_imei_is_entered)
"""The order of the story."""


def test_the_life_of_an_account(life: Life) -> None:
    for chapter in CHAPTERS:
        chapter(life)
