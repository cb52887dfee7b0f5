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
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AccountClosing, Arrangement, DeviceReturn, Portfolio, Recovery, Staff
from app.queries.payments.invariants import findings
from app.services.collections import end_of_day
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
        answer = self.as_collector().get(f"/admin/accounts/{self.account_id}?all=schedule&all=payments&all=changes&all=activity")
        assert answer.status_code == 200
        return answer.text

    def read(self) -> dict[str, Table]:
        """The tables of the Account page by their first two heads: `# Due`, `Date Amount` and so on."""
        return {" ".join(table.heads[:2]): table for table in tables(self.page())}

    def live_until(self, morning: dt.date) -> None:
        """End each business date up to the evening before this morning, on which the story goes on."""
        while clock.today() < morning:
            run = end_of_day.open_run(self.session, on=clock.today(), now=clock.now())
            while end_of_day.do_next(self.session, run.id, now=clock.now()) is not None:
                pass
            end_of_day.close_run(self.session, run.id, now=clock.now())
            clock.set_clock(pinned_on=clock.today() + dt.timedelta(days=1))
        self.session.expire_all()

    def pays(self, amount: str) -> None:
        """Maria brings cash, and Cora takes it."""
        sent = {"key": f"paid {clock.today()}", "amount": amount, "method": "cash", "effective_on": clock.today().isoformat()}
        assert self.as_collector().post(f"/admin/accounts/{self.account_id}/payment", sent).status_code == 302

    def arrangements(self) -> list[list[str]]:
        """The rows of the table of promises and arrangements, the newest first."""
        heads = ["Date", "Type", "Amount", "Days", "Status"]
        return next(table.rows for table in tables(self.page()) if table.heads == heads)

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


def pays_once_and_falls_late(life: Life) -> None:
    """The first installment is paid on its day; the second one, due on July 3, is not, and earns a fee after seven days."""
    life.live_until(dt.date(2026, 6, 19))
    life.pays("54.00")
    life.live_until(dt.date(2026, 7, 13))
    schedule = life.read()["# Due"].rows
    assert schedule[0][2:4] == ["$54.00", "Paid Jun 19, 2026"]
    assert schedule[1][1:] == ["Fri Jul 3, 2026", "$54.00", "Past due 10 days", "$2.70"], "5% of 54.00, which is under $5.00"
    assert schedule[2][4] == "—"
    shown = figures(life.page())
    assert shown["Past due"][0] == "$56.70" and shown["Days past due"][0] == "9", "as the end of Sunday left it"
    assert shown["Balance"][0] == "$1,352.70"
    life.check()


def pays_a_part_and_promises_the_rest(life: Life) -> None:
    """Twenty dollars cover the fee and a part of the rent; the rest is promised for Wednesday and does not come."""
    life.pays("20.00")
    read = life.read()
    assert read["# Due"].rows[1][3] == "Part paid, $36.70 open, 10 d late"
    assert figures(life.page())["Balance"][0] == "$1,332.70"
    promise = {"amount": "36.70", "due_on": "2026-07-15", "method": "cash"}
    assert life.as_collector().post(f"/admin/accounts/{life.account_id}/promise", promise).status_code == 302
    assert life.arrangements()[0] == ["Jul 15, 2026", "Promise, cash", "$36.70", "2", "Open"]
    life.live_until(dt.date(2026, 7, 17))
    assert life.arrangements()[0][4] == "Broken"
    life.check()


def is_given_ten_more_days(life: Life) -> None:
    """Cora asks for an extension, Sue grants it: all open dates move, and the contract's own lateness stays in sight."""
    base = f"/admin/accounts/{life.account_id}"
    asked = {"key": "ten days", "days": "10", "reason": "Her hours were cut"}
    assert life.as_collector().post(f"{base}/arrange/extension", asked).status_code == 302
    assert life.arrangements()[0][4].startswith("Requested")
    arrangement = life.session.scalars(select(Arrangement)).one()
    assert life.as_supervisor().post(f"{base}/arrangements/{arrangement.id}/approve", {}).status_code == 302
    read = life.read()
    assert life.arrangements()[0] == ["Jul 17, 2026", "Extension Her hours were cut", "—", "10", "Applied"]
    assert read["# Due"].rows[1][1] == "Mon Jul 13, 2026 was Jul 3, 2026"
    assert read["# Due"].rows[-1][1] == "Mon Jun 14, 2027 was Jun 4, 2027"
    assert figures(life.page())["Days past due"] == ("4", "14 by the contract")
    assert figures(life.page())["Past due"][0] == "$36.70"
    life.check()


def is_in_default(life: Life) -> None:
    """Nothing more comes. Ninety days after July 13 the account is in default, on its own."""
    life.live_until(dt.date(2026, 10, 11))
    assert life.account.status is AccountStatus.ACTIVE
    life.live_until(dt.date(2026, 10, 12))
    read = life.read()
    assert read["Date From"].rows[0] == ["Oct 11, 2026", "Active", "Default 90 days past due"]
    assert life.account.default_on == dt.date(2026, 10, 11)
    shown = figures(life.page())
    assert shown["Days past due"] == ("90", "100 by the contract, 83 delinquent")
    # 36.70 of the second, six more of 54.00, and late fees of 2.70 on five of these; the sixth is in its grace.
    assert shown["Past due"][0] == "$374.20" and shown["Balance"][0] == "$1,346.20"
    assert [row[4] for row in read["# Due"].rows[:9]] == ["—", *["$2.70"] * 6, "—", "—"]
    life.check()


def goes_into_recovery(life: Life) -> None:
    """Cora sends somebody; nobody opens. The next attempt is a follow-up, and the eighth installment earns its fee."""
    at = f"/admin/accounts/{life.account_id}"
    form = {"reason": "No answer for three months", "agent": "Swift Recovery", "assigned_to_id": str(life.collector.id)}
    page = life.as_collector().post(f"{at}/recovery", form).location
    tried = {"kind": "visit", "place": "12 Elm St", "outcome": "nobody", "note": "Lights on", "next_on": "2026-10-15"}
    assert life.as_collector().post(f"{page}/attempt", tried).status_code == 303
    read = life.read()
    assert read["Date From"].rows[0] == ["Oct 12, 2026", "Default", "Recovery No answer for three months, Cora Vance"]
    assert "Went there, 12 Elm St: nobody there" in read["Date Time"].rows[0][2]
    (listed,) = tables(life.as_collector().get("/admin/recoveries/").text)[0].rows
    assert listed[2:] == ["$1,346.20", "1", "Open", "Cora Vance"]
    life.live_until(dt.date(2026, 10, 16))
    shown = figures(life.page())
    assert shown["Past due"][0] == "$376.90" and shown["Balance"][0] == "$1,348.90"
    assert "Maria Delgado" in life.as_collector().get("/admin/follow-ups/").text
    life.check()


def the_device_is_recovered(life: Life) -> None:
    """The agent brings the phone: the lease ends as returned, and from then on nothing is charged for being late."""
    recovery = life.session.scalars(select(Recovery)).one()
    ended = {"state": "recovered", "outcome": "Handed over at the door"}
    assert life.as_collector().post(f"/admin/recoveries/{recovery.id}/end", ended).status_code == 303
    rows = life.read()["Date From"].rows
    assert rows[0] == ["Oct 16, 2026", "Recovery", "Returned The device was received, Cora Vance"]
    back = life.session.scalars(select(DeviceReturn)).one()
    steps = {"inspect": {"grade": "c", "note": "Cracked corner"}, "restock": {"refurb_cost": "15.00"}}
    for step, form in steps.items():
        assert life.as_collector().post(f"/admin/returns/{back.id}/{step}", form).status_code == 303
    page = text_of(life.as_collector().get(f"/admin/returns/{back.id}").text)
    assert "Inspected, grade C: heavy wear or small damage" in page and "Leased" in page
    life.live_until(dt.date(2026, 11, 17))
    assert figures(life.page())["Balance"][0] == "$1,348.90"
    (listed,) = tables(life.as_collector().get("/admin/defaults/").text)[0].rows
    assert listed[5:] == ["$1,404.00", "$74.00", "$1,348.90", "Oct 11, 2026", "Yes"]
    life.check()


def is_closed(life: Life) -> None:
    """Sue closes the account; what was unpaid is kept, the rent apart from the fees."""
    form = {"status": "closed", "reason": "Device is back, the rest is not worth a court"}
    assert life.as_supervisor().post(f"/admin/accounts/{life.account_id}/status", form).status_code == 302
    rows = life.read()["Date From"].rows
    assert rows[0][:2] == ["Nov 17, 2026", "Returned"] and rows[0][2].startswith("Closed Device is back")
    assert [row[2].split()[0] for row in reversed(rows)] == [
        "Pending", "Active", "Default", "Recovery", "Returned", "Closed",
    ]  # fmt: skip
    closing = life.session.scalars(select(AccountClosing)).one()
    # Six fees of 2.70 that nobody paid, and the rent as it stood after the twenty dollars.
    assert (closing.fees_cents, closing.rent_cents) == (1_620, 133_270)
    life.check()


CHAPTERS: tuple[Callable[[Life], None], ...] = (
    opened_as_a_quick_lease,
    its_imei_is_entered,
    pays_once_and_falls_late,
    pays_a_part_and_promises_the_rest,
    is_given_ten_more_days,
    is_in_default,
    goes_into_recovery,
    the_device_is_recovered,
    is_closed,
)
"""The order of the story."""


def test_the_life_of_an_account(life: Life) -> None:
    for chapter in CHAPTERS:
        chapter(life)
