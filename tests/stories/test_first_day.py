"""From a dealer's workbook to a worked worklist: one day of an office, held to the cent against the workbook's rows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.staff import cookie
from app import clock
from app.domain.staff.roles import Role
from app.models import Account, Job, Staff
from app.queries.payments.invariants import findings
from app.services.staff import audit, people
from app.services.staff.audit import SYSTEM
from tasks import timetable
from tasks.perform import perform
from tests import factories
from tests.stories import book
from tests.stories.book import FOREIGN, GONE, LATE, NORA, OPEN, OTIS, OWN, PETRA, TODAY, VERA, WADE, YESTERDAY, Lease
from tests.stories.reading import figures, table, text_of
from tests.visitor import Visitor, signed_in

PIN = "830471"
PAID = 21_400
"""Nora's payment: seven late installments, today's, and $10.00 of the next."""


def money(cents: int) -> str:
    """As the screens write it."""
    return f"${cents / 100:,.2f}"


def total(amounts: Iterable[int]) -> str:
    """A sum as the screens write it."""
    return money(sum(amounts))


@dataclass
class Office:
    """The people of the story and its only browser, which they use in turn."""

    client: FlaskClient
    session: Session
    supervisor: Staff
    collector: Staff
    colleague: Staff

    def as_supervisor(self) -> Visitor:
        """Sue at the browser, her PIN given a moment ago."""
        return signed_in(self.client, self.session, self.supervisor, stepped_up=True)

    def work_off_jobs(self) -> None:
        """Do what a worker would do: every planned job, in order."""
        for job_id in self.session.scalars(select(Job.id).where(Job.state == "planned").order_by(Job.id)).all():
            perform(job_id)
        self.session.expire_all()
        failed = self.session.scalars(select(Job.error).where(Job.state == "failed")).all()
        assert failed == []

    def account(self, lease: Lease) -> Account:
        """The account that a lease has become."""
        return self.session.scalars(select(Account).where(Account.approval_id == lease.contract)).one()


@pytest.fixture
def office(client: FlaskClient, session: Session) -> Iterator[Office]:
    """An office on the eve of its first day: a portfolio without accounts and three people."""
    zone = clock.zone().key
    clock.set_clock(pinned_on=YESTERDAY)
    factories.portfolio(session, code="RIVER", name="River City")

    def person(name: str, role: Role) -> Staff:
        added, _ = people.add(
            session, username=name, name=name.title(), role=role, pin=PIN, must_change_pin=False, now=clock.now(), actor=SYSTEM
        )
        return added

    cast = person("sue", Role.SUPERVISOR), person("cora", Role.COLLECTOR), person("carl", Role.COLLECTOR)
    session.flush()
    yield Office(client, session, *cast)
    clock.set_clock(zone=zone, pinned_on=None)


def test_a_workbook_becomes_a_worked_worklist_and_every_figure_ties_to_its_rows(office: Office) -> None:
    the_workbook_is_previewed_and_comes_in(office)
    the_day_ends(office)
    the_late_ones_are_handed_out(office)
    cora = the_collector_comes_in(office)
    she_sees_her_own_book_only(office, cora)
    she_works_the_first_account(office, cora)
    the_screens_show_it(office)
    everything_ties_out(office)


def the_workbook_is_previewed_and_comes_in(office: Office) -> None:
    """Upload, look at every row's fate, apply."""
    sue = office.as_supervisor()
    start = sue.get("/admin/import/").text
    portfolio = re.search(r'<option value="(\d+)"[^>]*>River City', start)
    assert portfolio
    file = (io.BytesIO(book.workbook([*OPEN, WADE, GONE])), "river-city.xlsx")
    sent = sue.post("/admin/import/upload", {"portfolio": portfolio[1], "file": file}, content_type="multipart/form-data")
    assert sent.status_code == 302, text_of(sent.text)
    office.work_off_jobs()
    preview = sue.get(sent.location).text
    band = figures(preview)
    assert band["Will come in"][0] == "9"
    assert re.search(r"\b1 (go|goes) to Pending Review$", band["Will come in"][1])
    assert band["Skipped"] == ("2", "1 not active · 1 duplicate")
    assert band["Rejected"][0] == "1"
    outstanding = total(lease.balance_cents for lease in (*OPEN, WADE))
    assert band["Outstanding to come in"] == (outstanding, f"{total(one.paid_cents for one in (*OPEN, WADE))} paid before")
    assert office.session.scalars(select(Account)).all() == [], "a preview writes nothing"
    assert sue.post(f"{sent.location}apply").status_code == 302
    office.work_off_jobs()
    result = sue.get(sent.location).text
    assert figures(result)["Came in"][0] == "9"
    for lease in (*OPEN, WADE):
        account = office.account(lease)
        assert (account.balance_cents, account.paid_cents, account.start_on) == (
            lease.balance_cents, lease.paid_cents, lease.start_on,
        ), lease.name  # fmt: skip


def the_day_ends(office: Office) -> None:
    """The night passes: the timetable ends yesterday, opens today and keeps what may be expected."""
    clock.set_clock(pinned_on=TODAY, stopped_at=dt.time(10))  # At night nobody may be called.
    assert timetable.tick() == ["end_of_day", "keep_forecast"]
    office.work_off_jobs()
    for lease in OPEN:
        account = office.account(lease)
        assert (account.days_past_due, account.past_due_cents) == (lease.days_past_due(TODAY), lease.past_due_cents(TODAY))
    assert office.account(VERA).status == "default", "70 days on a weekly lease"
    assert office.account(NORA).status == "active"
    assert office.account(WADE).status == "pending_review"


def the_late_ones_are_handed_out(office: Office) -> None:
    """Sue ticks accounts in the list and assigns them."""
    sue = office.as_supervisor()
    for person, leases in ((office.collector, OWN), (office.colleague, FOREIGN)):
        ticked = [("scope", "ids"), *(("ids", office.account(lease).id) for lease in leases)]
        sent = sue.post("/admin/accounts/bulk/assign", [*ticked, ("staff_id", person.id), ("reason", "First day")])
        assert sent.status_code == 303, text_of(sent.text)
        listed = sue.get(f"/admin/accounts/?assigned={person.id}").text
        assert customers(listed) == sorted(f"{one.name} {one.contract}" for one in leases)


def customers(page: str) -> list[str]:
    """Name and account number of each row of an accounts list, sorted."""
    return sorted(row[1] for row in table(page, "Customer", "Balance").rows)


def the_collector_comes_in(office: Office) -> Visitor:
    """Cora signs in with her PIN, through the form."""
    office.client.delete_cookie(cookie.COOKIE)
    cora = Visitor(office.client)
    assert cora.get("/admin/collections/").location.startswith("/admin/sign-in/")
    came = cora.post("/admin/sign-in/", {"username": "cora", "pin": PIN, "next": "/admin/collections/"})
    assert (came.status_code, came.location) == (302, "/admin/collections/")
    return cora


def she_sees_her_own_book_only(office: Office, cora: Visitor) -> None:
    """List, search, export, palette, the account itself."""
    listed = cora.get("/admin/accounts/").text
    assert customers(listed) == sorted(f"{one.name} {one.contract}" for one in OWN)
    for lease in FOREIGN:
        assert lease.last_name not in listed
        assert lease.last_name not in cora.get(f"/admin/accounts/?q={lease.last_name}").text.split("</form>")[-1]
        assert cora.get(f"/admin/search?q={lease.last_name}").get_json() == {"groups": []}
        account = office.account(lease)
        assert cora.get(f"/admin/accounts/{account.id}").status_code == 404
        assert cora.get(f"/admin/accounts/{account.id}/payment/effect?amount=1").status_code == 404
    found = cora.get("/admin/search?q=614-555-0103").get_json()["groups"][0]["items"]
    assert [item["label"] for item in found] == [PETRA.name]
    exported = exported_accounts(cora)
    assert set(exported) == {lease.contract for lease in OWN}
    for lease in OWN:
        row = exported[lease.contract]
        assert (row["first_name"], row["last_name"]) == (lease.first_name, lease.last_name)
        assert cents(row["balance_remaining"]) == lease.balance_cents
        assert cents(row["total_paid"]) == lease.paid_cents
        assert cents(row["past_due_amount"]) == lease.past_due_cents(TODAY)
        assert int(row["days_past_due"]) == lease.days_past_due(TODAY)
        assert dt.date.fromisoformat(row["next_due_date"]) == lease.next_on
        assert row["assigned_to"] == "cora"


def exported_accounts(visitor: Visitor) -> dict[str, dict[str, str]]:
    """The CSV export with every field, by approval id."""
    answer = visitor.get("/admin/accounts/export/csv?fields=all")
    assert answer.status_code == 200
    rows = csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    return {row["approval_id"]: row for row in rows}


def cents(written: str) -> int:
    """Cents of an amount in a file."""
    whole, _, part = written.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def she_works_the_first_account(office: Office, cora: Visitor) -> None:
    """Nora stands first by days and amount; she pays, and will be called again."""
    worklist = table(cora.get("/admin/collections/").text, "Customer", "Weight")
    own_late = sorted(
        (one for one in OWN if one in LATE), key=lambda one: -one.past_due_cents(TODAY) // 100 - one.days_past_due(TODAY)
    )
    assert own_late[0] is NORA
    assert [row[1] for row in worklist.rows] == [f"{one.name} {one.contract}" for one in own_late]

    account = office.account(NORA)
    work = cora.get("/admin/collections/work")
    assert work.status_code == 200
    assert f"<h1>{NORA.name}</h1>" in re.sub(r"<h1[^>]*>\s*", "<h1>", work.text), "Nora is the one to call first"
    reached = cora.post(f"/admin/collections/work/{account.id}/outcome", {"outcome": "right_party", "note": "Pays by Zelle now"})
    assert reached.status_code == 303
    assert OTIS.name in cora.get("/admin/collections/work").text, "after Nora it is Otis's turn"
    base = f"/admin/accounts/{account.id}"
    late, after = NORA.past_due_cents(TODAY), NORA.balance_cents - PAID
    told = cora.get(f"{base}/payment/effect?amount={PAID / 100:.2f}").get_json()
    assert told["days_past_due"] == {"before": 49, "value": 0, "detail": "current", "tone": "good"}
    assert told["balance_after"] == {"value": money(after), "detail": f"payoff {money(after)}"}
    assert told["next_due"] == {"value": "Fri Mar 26", "detail": money(2_550 - 1_000)}
    assert told["covers"] == {"value": "9 charges", "detail": "installments 22–30"}
    form = cora.get(f"{base}/payment").text
    assert f'value="{late / 100:.2f}"' in form, "the sheet proposes what is late"
    key = re.search(r'name="key"[^>]*value="([^"]+)"', form)
    assert key
    payment = {"key": key[1], "amount": f"{PAID / 100:.2f}", "method": "zelle", "effective_on": TODAY, "reference": "ZL-4711"}
    assert cora.post(f"{base}/payment", payment).status_code == 302
    call_back = {"kind": "call", "due_on": TODAY + dt.timedelta(days=7), "due_time": "09:30", "note": "Ask about a card"}
    assert cora.post(f"{base}/follow-up", call_back).status_code == 302

    page = cora.get(base).text
    band = figures(page)
    assert band["Past due"][0] == "—"
    assert band["Days past due"] == ("0", "current")
    assert band["Balance"] == (money(after), f"of {money(NORA.balance_cents + NORA.made * NORA.payment_cents)} contract")
    assert band["Next due"] == (money(1_550), "Fri Mar 26, 2027")
    taken = table(page, "Date", "Amount", "Method", "Type", "Ref/Square ID").row("Mar 19, 2027")
    assert (taken["Amount"], taken["Method"]) == (money(PAID), "Zelle")
    assert "ZL-4711" in taken["Ref/Square ID"]
    schedule = table(page, "#", "Due", "Amount", "Status", "Late Fee")
    assert schedule.row("29")["Status"] == "Paid Mar 19, 2027"
    assert schedule.row("30")["Status"] == f"Part paid, {money(1_550)} open"
    assert "Ask about a card" in page
    left = table(cora.get("/admin/collections/").text, "Customer", "Weight")
    assert [row[1] for row in left.rows] == [f"{one.name} {one.contract}" for one in own_late[1:]]


def the_screens_show_it(office: Office) -> None:
    """What the office sees after the payment."""
    sue = office.as_supervisor()
    dashboard = sue.get("/admin/").text
    band = figures(dashboard)
    due = [lease.due_cents(TODAY) for lease in OPEN if lease.due_cents(TODAY)]
    assert band["Due today"] == (total(due), f"{len(due)} installments")
    assert band["Collected today"] == (money(NORA.payment_cents), f"1 installment · cash in {money(PAID)}")
    rate = f"{NORA.payment_cents / sum(due):.1%}"
    assert band["Collection rate"][0] == rate
    still_late = [lease for lease in LATE if lease is not NORA]
    assert band["Past due"][0] == total(lease.past_due_cents(TODAY) for lease in still_late)
    assert band["Past due"][1].startswith(f"{len(still_late)} accounts")
    today = table(dashboard, "Day", "Due", "Collected", "Outstanding", "Amount Due", "Collected", "Rate").row("Fri Mar 19")
    assert today == {
        "Day": "Fri Mar 19 today",
        "Due": str(len(due)),
        "Collected": "1",
        "Outstanding": str(len(due) - 1),
        "Amount Due": total(due),
        "Collected 2": money(NORA.payment_cents),
        "Rate": rate,
    }
    aging = figures(sue.get("/admin/collections/").text)
    for label, low, high in (("1-30", 1, 30), ("31-60", 31, 60), ("61-90", 61, 90), ("90+", 91, 9_999)):
        inside = [one for one in still_late if low <= one.days_past_due(TODAY) <= high]
        found = next(figure for name, figure in aging.items() if name.startswith(label))
        assert found == (str(len(inside)), f"{total(one.past_due_cents(TODAY) for one in inside)} past due"), label
    current = [one for one in OPEN if one not in still_late]
    paid = total([one.balance_cents for one in current] + [-PAID])
    assert next(figure for name, figure in aging.items() if name.startswith("Current")) == (str(len(current)), f"{paid} to come")

    log = table(sue.get("/admin/payments-log/?reference=ZL-4711").text, "Date & Time", "Customer", "Amount", "Method", "Type")
    assert [row[1:5] for row in log.rows] == [[f"{NORA.name} {NORA.contract}", money(PAID), "Zelle", "Payment"]]
    waiting = table(sue.get("/admin/follow-ups/").text, "Follow-Up Date", "Customer", "Type", "Note", "Created", "Status")
    assert [row[:3] for row in waiting.rows] == [["Fri Mar 26, 9:30 AM", f"{NORA.name} {NORA.contract}", "Call"]]
    assert waiting.rows[0][3].endswith("Ask about a card")


def everything_ties_out(office: Office) -> None:
    """The export, line by line, and every invariant of the ledger."""
    exported = exported_accounts(office.as_supervisor())
    assert set(exported) == {lease.contract for lease in (*OPEN, WADE)}
    for lease in (*OPEN, WADE):
        row, paid = exported[lease.contract], PAID if lease is NORA else 0
        assert cents(row["balance_remaining"]) == lease.balance_cents - paid, lease.name
        assert cents(row["total_paid"]) == lease.paid_cents + paid, lease.name
        late = 0 if lease is NORA else lease.past_due_cents(TODAY)
        assert cents(row["past_due_amount"]) == late, lease.name
    assert exported[NORA.contract]["next_due_date"] == "2027-03-26"
    assert exported[OTIS.contract]["bucket"] == "1-30"
    broken = [finding.invariant.name for finding in findings(office.session) if finding.broken]
    assert broken == []
    assert audit.first_broken(office.session) is None
