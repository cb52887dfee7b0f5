"""Exports: the columns on the page, every field, the command line; live lateness; PIN and audit for large ones."""

from __future__ import annotations

import csv
import datetime as dt
import io

import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.grid import exporting
from app import clock
from app.cli import leasedesk
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.schedule import installments
from app.domain.servicing.status import AccountStatus
from app.models import AuditEvent, Customer, Device
from app.queries.servicing import account_export
from tests import factories
from tests.admin_views.grid.cast import Cast, lease
from tests.admin_views.grid.conftest import Enter

NAMES = [
    "approval_id", "account_number", "first_name", "last_name", "phone", "device_model", "device_imei", "device_cost",
    "frequency", "start_date", "payment_amount", "payments_made", "total_paid", "balance_remaining", "next_due_date",
    "days_past_due", "past_due_amount", "bucket", "status", "assigned_to",
]  # fmt: skip
"""What an export of accounts has at least."""


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def exported(session: Session, today: dt.date) -> dict[str, dict[str, object]]:
    """Account number → the values of the export as of a date."""
    names = [each.name for each in account_export.EXPORT]
    rows = account_export.rows(session, today=today)
    return {str(row[1]): dict(zip(names, row, strict=True)) for row in rows}


def test_an_export_of_accounts_has_the_names_and_plain_values(people: Cast, enter: Enter, session: Session) -> None:
    people.own.fees_cents = 500
    session.flush()
    text = enter(people.admin).get("/admin/accounts/export/csv?fields=all", buffered=True).text
    rows = {row["account_number"]: row for row in table(text)}
    own = rows[people.own.account_number]
    assert [name for name in own if name in NAMES] == NAMES
    expected = {
        "approval_id": people.own.approval_id,
        "first_name": "Jordan",
        "last_name": "Ellison",
        "device_model": "IPHONE 13 128GB",
        "device_imei": "356415207490483",
        "device_cost": "300.00",
        "frequency": "biweekly",
        "start_date": "2026-09-25",
        "payment_amount": "54.00",
        "payments_made": "0",
        "total_paid": "0.00",
        "balance_remaining": "108.00",
        "next_due_date": "2026-10-09",
        "days_past_due": "42",
        "past_due_amount": "54.00",
        "bucket": "31-60",
        "status": "active",
        "assigned_to": people.collector.username,
        "late_fees": "5.00",
        "portfolio": "OV",
    }
    assert {name: own[name] for name in expected} == expected
    assert own["phone"].startswith("+1614555")


def test_lateness_is_of_the_business_date_even_when_no_end_of_day_has_run(people: Cast, session: Session) -> None:
    # Biweekly from October 9: 10-09, 10-23, 11-06, 11-20, 12-04.
    lines = [
        (line.due_on, line.amount_cents)
        for line in installments(Frequency.BIWEEKLY, dt.date(2026, 10, 9), total_cents=54_000, payment_cents=5_400)
    ]
    late = lease(session, people.book, "Late", "Payer", lines=lines, today=dt.date(2026, 10, 1))
    assert late.days_past_due == 0
    seen = {
        day: tuple(exported(session, day)[late.account_number][name] for name in ("days_past_due", "past_due_amount", "bucket"))
        for day in (
            dt.date(2026, 10, 9),
            dt.date(2026, 10, 10),
            dt.date(2026, 11, 20),
            dt.date(2026, 11, 21),
            dt.date(2027, 2, 1),
        )
    }
    assert seen == {
        dt.date(2026, 10, 9): (0, 0, "Current"),
        dt.date(2026, 10, 10): (1, 5_400, "1-30"),
        dt.date(2026, 11, 20): (42, 3 * 5_400, "31-60"),
        dt.date(2026, 11, 21): (43, 4 * 5_400, "31-60"),
        dt.date(2027, 2, 1): (115, 9 * 5_400, "90+"),
    }


def test_what_an_installment_lacks_within_the_tolerance_is_not_past_due(people: Cast, session: Session) -> None:
    people.book.tolerance_cents = 100
    session.flush()
    short = lease(session, people.book, "Almost", "Paid", lines=[(dt.date(2026, 10, 9), 100), (dt.date(2026, 12, 4), 5_400)])
    row = exported(session, factories.TODAY)[short.account_number]
    assert (row["days_past_due"], row["past_due_amount"], row["next_due_date"]) == (0, 0, dt.date(2026, 12, 4))


def test_an_account_that_ages_no_more_keeps_the_lateness_with_which_it_ended(people: Cast, session: Session) -> None:
    returned = lease(session, people.book, "Gave", "Back", status=AccountStatus.RETURNED)
    before = exported(session, factories.TODAY)[returned.account_number]
    after = exported(session, dt.date(2027, 6, 1))[returned.account_number]
    assert (before["days_past_due"], after["days_past_due"]) == (42, 42)
    assert before["past_due_amount"] == after["past_due_amount"] == 5_400


def test_the_page_exports_the_chosen_columns_in_their_order(people: Cast, enter: Enter) -> None:
    text = enter(people.admin).get("/admin/accounts/export/csv?cols=status,balance_cents&q=jordan", buffered=True).text
    assert text == "\ufeffCustomer,Status,Balance\r\nJordan Ellison,Past due,108.00\r\n"


def test_an_excel_export_holds_numbers_dates_and_text(people: Cast, enter: Enter) -> None:
    data = enter(people.admin).get("/admin/accounts/export/xlsx?q=jordan").data
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    head, row = [
        [cell.date() if isinstance(cell, dt.datetime) else cell for cell in cells] for cells in sheet.iter_rows(values_only=True)
    ]
    assert list(head) == ["Customer", "Device", "Start Date", "Payment", "Balance", "Late Fees", "Due Date", "Status"]
    assert list(row) == [
        "Jordan Ellison", "IPHONE 13 128GB", dt.date(2026, 9, 25), 54, 108, 0, dt.date(2026, 10, 9), "Past due",
    ]  # fmt: skip


def test_an_export_can_hold_the_ticked_rows_alone(people: Cast, enter: Enter) -> None:
    visitor = enter(people.admin)
    text = visitor.get(f"/admin/accounts/export/csv?ids={people.foreign.id}", buffered=True).text
    assert [row["Customer"] for row in table(text)] == ["Marcy Ellsworth"]
    for broken in ("x", "1,2", "", "1..2", "9" * 30):
        assert visitor.get(f"/admin/accounts/export/csv?ids={broken}").status_code == 400


def test_a_large_export_asks_for_the_pin_again(
    people: Cast, enter: Enter, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "LARGE", 1)
    asked = enter(people.admin).get("/admin/accounts/export/csv")
    assert (asked.status_code, "/admin/step-up" in asked.location) == (302, True)
    assert enter(people.admin, stepped_up=True).get("/admin/accounts/export/csv", buffered=True).status_code == 200


def test_an_export_stands_in_the_audit_trail(people: Cast, enter: Enter, session: Session) -> None:
    enter(people.collector).get("/admin/accounts/export/csv?status=past_due&cols=balance_cents", buffered=True)
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "Accounts exported")).one()
    assert event.actor_id == people.collector.id
    assert event.after == {
        "format": "csv", "filter": "status=past_due", "columns": ["customer", "balance_cents"], "ticked": None,
    }  # fmt: skip


def test_an_unknown_format_is_not_found(people: Cast, enter: Enter) -> None:
    assert enter(people.admin).get("/admin/accounts/export/pdf").status_code == 404


def test_the_columns_of_the_export_are_all_there() -> None:
    assert [each.name for each in account_export.EXPORT if each.name in NAMES] == NAMES


def test_stored_values_are_never_labels(people: Cast, session: Session) -> None:
    customer = session.get_one(Customer, people.own.customer_id)
    device = session.get_one(Device, people.own.device_id)
    row = exported(session, clock.today())[people.own.account_number]
    assert (row["status"], row["frequency"]) == ("active", "biweekly")
    assert (row["first_name"], row["device_cost"]) == (customer.first_name, device.cost_cents)


@pytest.mark.parametrize("arguments", [["--format", "pdf"], ["--status", "past_due"], ["--out"]])
def test_wrong_use_of_the_command_exits_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(leasedesk, ["export", "accounts", *arguments]).exit_code == 2
