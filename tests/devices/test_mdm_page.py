"""MDM Checker, the device on the Account page, and the clauses: what stands there, who may do what, and what is said."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.clock import today
from app.domain.servicing.device_locks import LockState
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.gateways.devices import Refused, Unanswered, Unknown
from app.gateways.hexnode import HexnodeAccess, HexnodeGateway
from app.models import ApiCall, Base, DeviceLock, Job, LockClause
from app.queries.scope import EVERYTHING
from app.queries.servicing.device_checks import DEVICE_CHECKS
from app.services.staff.audit import SYSTEM
from app.simulators.hexnode.portal import SeededDevice
from app.simulators.hexnode.running import HexnodeSimulator
from tasks import devices
from tasks.gateways import FAKE_DEVICES, Calls, write
from tests import factories
from tests.devices.conftest import FakePortal, leased
from tests.devices.test_device_locks import clause, give, lock, noticed
from tests.visitor import Visitor, signed_in

IMEI, OTHER = "356415207490483", "355933250577007"


@pytest.fixture
def supervisor(client: FlaskClient, session: Session) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.SUPERVISOR), stepped_up=True)


def test_the_list_has_the_columns_and_views_of_the_mismatches(session: Session, portal: FakePortal, supervisor: Visitor) -> None:
    fine, missing = leased(session, IMEI), leased(session, OTHER)
    paid = leased(session, "111111111111111", status=AccountStatus.PAID_OFF)
    portal.add(IMEI)
    portal.add("111111111111111")
    devices.check_all(actor=SYSTEM)
    page = supervisor.get("/admin/mdm/").text
    for words in ("IMEI / Serial", "Verdict", "Last reported", "Paid off, still enrolled", "Not found", IMEI, OTHER):
        assert words in page
    assert fine.account_number not in supervisor.get("/admin/mdm/?mismatch=1").text
    counted = DEVICE_CHECKS.count(session, EVERYTHING, today=today(), criteria=DEVICE_CHECKS.criteria([]))
    assert counted.rows == 3
    only = supervisor.get("/admin/mdm/?verdict=not_enrolled&verdict=not_found").text
    assert missing.account_number in only and paid.account_number not in only
    found = supervisor.get(f"/admin/mdm/?q={OTHER}").text
    assert missing.account_number in found and fine.account_number not in found
    file = supervisor.get("/admin/mdm/export/csv").text
    assert f"{IMEI}" in file and "Enrolled" in file


def test_the_page_says_what_to_do_while_nothing_was_checked(session: Session, supervisor: Visitor) -> None:
    page = supervisor.get("/admin/mdm/").text
    assert "No device was checked yet" in page and "were not fetched yet" in page


def test_check_all_plans_one_job_however_often_it_is_pressed(session: Session, portal: FakePortal, supervisor: Visitor) -> None:
    for _ in range(2):
        assert supervisor.post("/admin/mdm/check-all").status_code == 303
    assert [job.kind for job in session.scalars(select(Job))] == ["check_devices"]


def test_one_device_is_checked_by_its_number_however_it_is_typed(
    session: Session, portal: FakePortal, supervisor: Visitor
) -> None:
    account = leased(session, IMEI)
    assert account.device is not None
    account.device.serial = "DX3ABC"
    session.commit()
    portal.add(IMEI)
    devices.check_all(actor=SYSTEM)
    for typed in ("35-641520-749048-3", IMEI, "dx3abc"):
        assert f"{account.account_number}: Enrolled." in follow(supervisor, "/admin/mdm/check", identity=typed)
    assert "Enter an IMEI" in follow(supervisor, "/admin/mdm/check", identity="  ")
    assert "No account that you may see has a device with 123" in follow(supervisor, "/admin/mdm/check", identity="123")
    portal.add(OTHER)
    devices.check_all(actor=SYSTEM)
    assert "but no account here has it" in follow(supervisor, "/admin/mdm/check", identity=OTHER)
    portal.problem = Unanswered("Hexnode answered HTTP 503.")
    assert "Hexnode did not answer: Hexnode answered HTTP 503." in follow(supervisor, "/admin/mdm/check", identity=IMEI)


def test_a_collector_checks_only_their_own_book(client: FlaskClient, session: Session, portal: FakePortal) -> None:
    me = factories.staff(session, Role.COLLECTOR)
    mine, other = leased(session, IMEI, assigned_to_id=me.id), leased(session, OTHER)
    portal.add(IMEI)
    portal.add(OTHER)
    devices.check_all(actor=SYSTEM)
    collector = signed_in(client, session, me)
    page = collector.get("/admin/mdm/").text
    assert mine.account_number in page and other.account_number not in page
    assert "No account that you may see" in follow(collector, "/admin/mdm/check", identity=OTHER)
    assert collector.post(f"/admin/accounts/{other.id}/device/check").status_code == 404
    assert collector.get(f"/admin/accounts/{mine.id}/device/lock").status_code == 403
    assert "Check now" in collector.get(f"/admin/accounts/{mine.id}").text
    assert "Lock…" not in collector.get(f"/admin/accounts/{mine.id}").text


def follow(visitor: Visitor, address: str, **fields: str) -> str:
    """Post, and read the page that it leads to."""
    answer = visitor.post(address, fields)
    assert answer.status_code in (302, 303), answer.text
    return visitor.get(answer.location).text


def test_a_supervisor_gives_notice_locks_and_unlocks(session: Session, portal: FakePortal, supervisor: Visitor) -> None:
    account = leased(session, IMEI)
    number = portal.add(IMEI)
    here = f"/admin/accounts/{account.id}"
    assert "check all devices once" in follow(supervisor, f"{here}/device/check")
    devices.check_all(actor=SYSTEM)
    assert "Device checked: Enrolled." in follow(supervisor, f"{here}/device/check")
    refused = supervisor.get(f"{here}/device/lock").text
    assert "No clause of this agreement allows a lock" in refused and "Lock clauses" in refused
    clause(session)
    assert "Give notice first" in supervisor.get(f"{here}/device/lock").text
    form = supervisor.get(f"{here}/device/notice").text
    assert "Clause 14" in form and "$108.00 is past due" in form
    told = {"key": "k1", "by": "letter", "given_on": f"{today() - dt.timedelta(days=5)}", "words": "You were told"}
    assert "Notice noted." in follow(supervisor, f"{here}/device/notice", **told)
    said = {"reason": "Broke two promises", "message": "Please call us"}
    page = follow(supervisor, f"{here}/device/lock", **said)
    assert "The device is locked" in page and "Unlock…" in page and "Locked" in supervisor.get("/admin/mdm/?locked=1").text
    assert portal.locked == {number}
    assert "Say why." in supervisor.post(f"{here}/device/unlock", {"reason": ""}).text
    assert "The device is unlocked." in follow(supervisor, f"{here}/device/unlock", reason="They came by")
    assert portal.locked == set()
    timeline = supervisor.get(here).text
    assert "Device locked" in timeline and "Device unlocked" in timeline


@pytest.mark.parametrize(
    ("outcome", "words", "state"),
    [
        (Unknown("Hexnode answered HTTP 502."), "it counts as locked", LockState.UNCERTAIN),
        (Refused("Hexnode does not know it (HTTP 404)."), "The device was not locked", LockState.REFUSED),
    ],
)
def test_what_did_not_come_through_is_said_in_words(
    session: Session, portal: FakePortal, supervisor: Visitor, outcome: Refused | Unknown, words: str, state: LockState
) -> None:
    account = noticed(session, portal, IMEI)
    portal.outcome = outcome
    page = follow(supervisor, f"/admin/accounts/{account.id}/device/lock", reason="Why", message="Call us")
    assert words in page and outcome.reason in page
    assert session.scalars(select(DeviceLock.state)).one() is state


def test_a_lock_asks_for_the_pin_again(client: FlaskClient, session: Session, portal: FakePortal) -> None:
    account = noticed(session, portal, IMEI)
    cold = signed_in(client, session, factories.staff(session, Role.SUPERVISOR), stepped_up=False)
    answer = cold.post(f"/admin/accounts/{account.id}/device/lock", {"reason": "Why", "message": "Call us"})
    assert answer.status_code == 403 and "PIN" in answer.text
    assert portal.commands == [] and session.scalars(select(DeviceLock)).all() == []


def test_an_admin_keeps_the_clauses(client: FlaskClient, session: Session) -> None:
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    address = "/admin/settings/lock-clauses/new/"
    given = {
        "name": "Clause 14",
        "words": "We may lock the device.",
        "state": "oh",
        "contract_from_on": "2020-01-01",
        "notice_days": "0",
        "citation": "Counsel, 2026",
        "is_active": "1",
    }
    assert "A notice runs 1 to 90 days." in admin.post(address, given).text
    assert admin.post(address, given | {"notice_days": "5"}).status_code in (302, 303)
    row = session.scalars(select(LockClause)).one()
    assert (row.state, row.notice_days, row.citation) == ("OH", 5, "Counsel, 2026")
    assert "Clause 14" in admin.get("/admin/settings/lock-clauses/").text


def test_the_account_page_says_how_its_device_stands(session: Session, portal: FakePortal, supervisor: Visitor) -> None:
    account, twin = leased(session, IMEI), leased(session, IMEI)
    portal.add(IMEI)
    page = supervisor.get(f"/admin/accounts/{account.id}").text
    assert "Not checked yet." in page
    devices.check_all(actor=SYSTEM)
    page = supervisor.get(f"/admin/accounts/{account.id}").text
    assert "IMEI on two accounts" in page and twin.account_number in page
    twin.device_id = None
    session.commit()
    assert "This account has no device." in supervisor.get(f"/admin/accounts/{twin.id}").text


def test_work_account_says_how_the_device_stands(client: FlaskClient, session: Session, portal: FakePortal) -> None:
    me = factories.staff(session, Role.COLLECTOR)
    account = leased(session, IMEI, assigned_to_id=me.id)
    portal.add(IMEI, days_silent=9)
    devices.check_all(actor=SYSTEM)
    collector = signed_in(client, session, me)
    page = collector.get(f"/admin/collections/work?account={account.id}").text
    assert re.search(rf'{IMEI}</span><br><span class="st warn">Silent', page)


def test_no_table_has_a_place_for_a_location() -> None:
    tables = ("managed_device", "device_check", "device_lock", "device")
    columns = {column.name for name in tables for column in Base.metadata.tables[name].columns}
    assert "imei" in columns
    assert not {name for name in columns if any(word in name for word in ("location", "latitude", "longitude", "geo", "place"))}


def test_neither_location_nor_key_gets_anywhere_from_a_real_portal(
    app: Flask, headless_app: Flask, session: Session, supervisor: Visitor, tmp_path: Path
) -> None:
    simulator = HexnodeSimulator(tmp_path)
    with simulator.store.transaction():
        simulator.portal.seed([SeededDevice(IMEI, "iPhone 13")])
    simulator.start()
    access = HexnodeAccess(simulator.url, simulator.key)
    calls = Calls()
    for each in (app, headless_app):
        each.config[FAKE_DEVICES] = HexnodeGateway(access, calls.record)
    try:
        account = leased(session, IMEI)
        devices.check_all(actor=SYSTEM)
        clause(session)
        give(session, account)
        assert lock(account) is LockState.LOCKED
        write(calls)
        pages = [supervisor.get(page).text for page in ("/admin/mdm/", f"/admin/accounts/{account.id}")]
    finally:
        for each in (app, headless_app):
            del each.config[FAKE_DEVICES]
        simulator.stop()
    assert "Enrolled" in pages[0]
    logged = session.scalars(select(ApiCall.endpoint)).all()
    assert logged == ["GET /api/v1/devices/", "POST /api/v1/actions/lock_devices/"]
    tables = [table.name for table in Base.metadata.sorted_tables]
    rows = [str(row) for name in tables for row in session.execute(text(f"select * from {name}")).all()]
    everything = "\n".join([*rows, *pages])
    assert IMEI in everything
    for canary in ("Canary Lane", "latitude", "39.96", "-82.99", simulator.key):
        assert canary not in everything
