"""How the devices of accounts stand: the rule, the same rule in SQL, the mirror, the check of all and of one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from random import Random
from time import perf_counter

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.servicing.enrollment import MISMATCHES, Reported, Verdict, is_enrolled, is_same_model, verdict
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus
from app.gateways.devices import DevicePage, EnrolledDevice, Unanswered
from app.models import Account, AuditEvent, Device, DeviceCheck, ManagedDevice
from app.services.servicing import device_checks
from app.services.staff.audit import SYSTEM
from tasks import devices
from tests import factories
from tests.devices.conftest import FakePortal, leased

AT = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
IMEI, OTHER, THIRD = "356415207490483", "355933250577007", "490154203237518"
_A, _P = AccountStatus.ACTIVE, AccountStatus.PAID_OFF


def seen(model: str = "iPhone 13", *, enrolled: bool = True, hours: float | None = 1) -> Reported:
    return Reported(model, enrolled, None if hours is None else AT - dt.timedelta(hours=hours))


@pytest.mark.parametrize(
    ("status", "reported", "shared", "expected"),
    [
        (_A, seen(), False, Verdict.ENROLLED),
        (_A, seen(hours=7 * 24), False, Verdict.ENROLLED),
        (_A, seen(hours=7 * 24 + 0.01), False, Verdict.SILENT),
        (_A, seen(hours=None), False, Verdict.SILENT),
        (_A, seen(enrolled=False), False, Verdict.NOT_ENROLLED),
        (_A, None, False, Verdict.NOT_FOUND),
        (_A, seen("Galaxy S22"), False, Verdict.WRONG_MODEL),
        (_A, seen("Galaxy S22", hours=999), False, Verdict.WRONG_MODEL),
        (_A, seen("Galaxy S22", enrolled=False), False, Verdict.NOT_ENROLLED),
        (_A, seen(), True, Verdict.TWO_ACCOUNTS),
        (_A, None, True, Verdict.TWO_ACCOUNTS),
        (AccountStatus.DEFAULT, seen(), False, Verdict.ENROLLED),
        (AccountStatus.RECOVERY, None, False, Verdict.NOT_FOUND),
        (_P, seen(), False, Verdict.PAID_OFF),
        (_P, seen("Galaxy S22", hours=999), False, Verdict.PAID_OFF),
        (_P, seen(enrolled=False), False, Verdict.RELEASED),
        (_P, None, False, Verdict.RELEASED),
        (_P, seen(), True, Verdict.RELEASED),
        (AccountStatus.RETURNED, seen(), False, None),
        (AccountStatus.CHARGED_OFF, None, False, None),
    ],
)
def test_each_case_has_its_verdict(
    status: AccountStatus, reported: Reported | None, shared: bool, expected: Verdict | None
) -> None:
    assert verdict(status, "APPLE IPHONE 13 128GB", reported, is_on_two_accounts=shared, now=AT) is expected


def test_every_verdict_but_two_is_a_mismatch() -> None:
    assert set(Verdict) - MISMATCHES == {Verdict.ENROLLED, Verdict.RELEASED}


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("APPLE IPHONE 13 128GB", "iPhone 13", True),
        ("iPhone 13 (Midnight) 128 GB", "Apple iPhone 13", True),
        ("APPLE IPHONE 13 128GB", "iPhone 12", False),
        ("APPLE IPHONE 14 PRO 256GB", "iPhone 14 Pro", True),
        ("APPLE IPHONE 14 PRO 256GB", "iPhone 14", False),
        ("APPLE IPHONE 14", "iPhone 14 Plus", False),
        ("GALAXY S22+", "Galaxy S22 Plus", True),
        ("SAMSUNG GALAXY A14 5G", "Galaxy A54 5G", False),
        ("SAMSUNG GALAXY A14 5G", "SM-A146U", True),
        ("APPLE IPHONE 13", "iPhone14,5", True),
        ("MOTOROLA MOTO G POWER 2023", "moto g power 2023", True),
        ("Unknown device", "iPhone 13", True),
        ("APPLE IPHONE 13", "", True),
    ],
)
def test_names_of_models_are_compared_as_people_would(ours: str, theirs: str, same: bool) -> None:
    assert is_same_model(ours, theirs) is same


def verdicts(session: Session) -> dict[int, Verdict]:
    session.expire_all()
    return {check.account_id: check.verdict for check in session.scalars(select(DeviceCheck))}


def test_a_check_of_all_finds_each_mismatch(session: Session, portal: FakePortal) -> None:
    fine, silent, gone = leased(session, IMEI), leased(session, OTHER), leased(session, THIRD)
    twin, twin_too = leased(session, "111111111111111"), leased(session, "111111111111111")
    by_serial, nameless = leased(session, None), leased(session, None)
    paid = leased(session, "222222222222222", status=AccountStatus.PAID_OFF)
    let_go = leased(session, "333333333333333", status=AccountStatus.PAID_OFF)
    trial = leased(session, "444444444444444", is_test=True)
    assert by_serial.device is not None
    by_serial.device.serial = "dx3abc"
    session.flush()
    portal.add(IMEI)
    portal.add(IMEI, status="Disenrolled")  # Its earlier enrollment.
    portal.add(OTHER, days_silent=8)
    portal.add("111111111111111")
    portal.add(None, serial="DX3ABC", model="Galaxy S22")
    portal.add("222222222222222", days_silent=90)
    found = devices.check_all(actor=SYSTEM)
    assert found == {"devices": 6, "gone": 0, "checked": 8, "mismatches": 7}
    assert verdicts(session) == {
        fine.id: Verdict.ENROLLED,
        silent.id: Verdict.SILENT,
        gone.id: Verdict.NOT_FOUND,
        twin.id: Verdict.TWO_ACCOUNTS,
        twin_too.id: Verdict.TWO_ACCOUNTS,
        by_serial.id: Verdict.WRONG_MODEL,
        nameless.id: Verdict.NOT_FOUND,
        paid.id: Verdict.PAID_OFF,
    }
    assert let_go.id not in verdicts(session) and trial.id not in verdicts(session)
    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "devices checked")).one()
    assert told.after is not None and told.after["two_accounts"] == 2


def test_what_is_set_right_is_right_after_the_next_check(session: Session, portal: FakePortal) -> None:
    paid, returned = leased(session, IMEI, status=AccountStatus.PAID_OFF), leased(session, OTHER)
    number = portal.add(IMEI)
    portal.add(OTHER)
    devices.check_all(actor=SYSTEM)
    assert verdicts(session) == {paid.id: Verdict.PAID_OFF, returned.id: Verdict.ENROLLED}
    del portal.there[number]
    returned.status = AccountStatus.RETURNED
    session.flush()
    assert devices.check_all(actor=SYSTEM)["gone"] == 1
    assert verdicts(session) == {paid.id: Verdict.RELEASED}


def test_when_hexnode_does_not_answer_nothing_changes(session: Session, portal: FakePortal) -> None:
    account = leased(session, IMEI)
    portal.add(IMEI)
    devices.check_all(actor=SYSTEM)
    portal.problem = Unanswered("Hexnode answered HTTP 500.")
    for check in (lambda: devices.check_all(actor=SYSTEM), lambda: devices.check_account(account.id, actor=SYSTEM)):
        with pytest.raises(RuleViolation, match="did not answer: Hexnode answered HTTP 500"):
            check()
    assert verdicts(session) == {account.id: Verdict.ENROLLED}
    assert not session.scalars(select(ManagedDevice.is_gone)).one()


def test_a_list_that_is_cut_short_lets_nobody_leave(
    session: Session, portal: FakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    leased(session, IMEI)
    for imei in (IMEI, OTHER, THIRD):
        portal.add(imei)
    devices.check_all(actor=SYSTEM)
    short = DevicePage(list(portal.there.values())[:2], total=3)
    monkeypatch.setattr(portal, "devices", lambda page=1: short)
    assert devices.check_all(actor=SYSTEM)["gone"] == 0


def test_one_account_is_checked_anew_and_only_its_device_is_asked_for(session: Session, portal: FakePortal) -> None:
    account, other = leased(session, IMEI), leased(session, OTHER)
    with pytest.raises(RuleViolation, match="check all devices once"):
        devices.check_account(account.id, actor=SYSTEM)
    number, _ = portal.add(IMEI), portal.add(OTHER)
    devices.check_all(actor=SYSTEM)
    del portal.there[number]
    portal.there.pop(2)
    assert devices.check_account(account.id, actor=SYSTEM) is Verdict.NOT_FOUND
    assert verdicts(session) == {account.id: Verdict.NOT_FOUND, other.id: Verdict.ENROLLED}
    account.status = AccountStatus.CHARGED_OFF
    session.flush()
    assert devices.check_account(account.id, actor=SYSTEM) is None


def test_the_statement_judges_as_the_rule_does(session: Session) -> None:
    rng = Random(7)
    imeis = [f"35{number:013d}" for number in range(60)]
    models = ["APPLE IPHONE 13 128GB", "GALAXY S22", "APPLE IPHONE 14 PRO 256GB", "Unknown device"]
    theirs = ["iPhone 13", "Galaxy S22", "iPhone 14 Pro", "SM-S901U", ""]
    for number in range(120):
        account = leased(session, rng.choice([*imeis, None]), status=rng.choice(list(AccountStatus)))
        assert account.device is not None
        account.device.model = rng.choice(models)
        account.device.serial = rng.choice([None, None, f"s{number}"])
    told = [
        EnrolledDevice(
            number,
            "",
            rng.choice(theirs),
            f"S{number}",
            rng.choice([*imeis, None]),
            status=rng.choice(["Enrolled", "Enrolled", "Disenrolled", ""]),
            last_reported_at=rng.choice([None, AT - dt.timedelta(days=rng.uniform(0, 14))]),
        )
        for number in range(90)
    ]
    session.flush()
    device_checks.keep(session, told, now=AT)
    least, most = device_checks.ranges(session)[0]
    device_checks.judge(session, first=least, last=most, now=AT, is_one=True)
    assert verdicts(session) == by_the_rule(session, told)


def by_the_rule(session: Session, told: list[EnrolledDevice]) -> dict[int, Verdict]:
    """The same, account by account in Python."""
    rows = session.scalars(select(Account)).all()
    early = dt.datetime.min.replace(tzinfo=dt.UTC)
    found: dict[int, Verdict] = {}
    for row in rows:
        mine = row.device
        assert mine is not None
        same = [one for one in told if mine.imei and one.imei == mine.imei]
        same = same or [one for one in told if mine.serial and one.serial == mine.serial.upper()]
        best = max(same, key=lambda one: (is_enrolled(one.status), one.last_reported_at or early, one.id), default=None)
        shared = any(
            other.id != row.id and other.status in OPEN_STATUSES and other.device is not None and other.device.imei == mine.imei
            for other in rows
            if mine.imei
        )
        reported = None if best is None else Reported(best.model, is_enrolled(best.status), best.last_reported_at)
        said = verdict(row.status, mine.model, reported, is_on_two_accounts=shared, now=AT)
        if said is not None:
            found[row.id] = said
    return found


def test_ten_thousand_devices_take_a_few_statements(session: Session, connection: Connection, portal: FakePortal) -> None:
    many = 10_000
    book = factories.portfolio(session)
    person = factories.customer(session, book)
    imeis = [f"35{number:013d}" for number in range(many)]
    rows = [{"portfolio_id": book.id, "model": "APPLE IPHONE 13 128GB", "imei": imei} for imei in imeis]
    ids = session.scalars(insert(Device).returning(Device.id, sort_by_parameter_order=True), rows).all()
    given = {
        "portfolio_id": book.id,
        "customer_id": person.id,
        "frequency": Frequency.WEEKLY,
        "start_on": today(),
        "first_due_on": today(),
        "payment_cents": 1,
        "total_cents": 1,
        "status": AccountStatus.ACTIVE,
        "opened_at": now(),
    }
    accounts = [{**given, "device_id": id, "account_number": f"M{id}", "approval_id": f"M{id}"} for id in ids]
    session.execute(insert(Account), accounts)
    session.flush()
    session.execute(text("analyze account, device"))  # As an import leaves them.
    portal.per_page = 100
    at = now()
    portal.there = {
        number: EnrolledDevice(number, "", "iPhone 13", imei=imei, status="Enrolled", last_reported_at=at)
        for number, imei in enumerate(imeis[: many - 500], start=1)
    }
    statements: Counter[str] = Counter()

    def count(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements[statement.split(None, 1)[0].lower()] += 1

    event.listen(connection, "before_cursor_execute", count)
    begun = perf_counter()
    found = devices.check_all(actor=SYSTEM)
    seconds = perf_counter() - begun
    event.remove(connection, "before_cursor_execute", count)
    assert found == {"devices": 9_500, "gone": 0, "checked": many, "mismatches": 500}
    # One insert a page of 100, and a handful of statements for each 5,000 accounts.
    assert statements["insert"] <= 95 + 3
    assert sum(statements.values()) < 95 * 4 + 40, statements
    assert seconds < 15
