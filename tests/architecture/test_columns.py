"""The tables of the pages stand in their given columns, spelled as given."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import ROOT
from app.domain.staff.roles import Role
from tests import factories
from tests.visitor import signed_in

DAYS = ["Due", "Collected", "Outstanding", "Amount Due", "Collected", "Rate"]
TABLES = {
    "/admin/": [["Day", *DAYS], ["Week", *DAYS]],
    "/admin/accounts/": [["Customer", "Device", "Start Date", "Payment", "Balance", "Late Fees", "Due Date", "Status"]],
    "/admin/payments-log/": [["Date & Time", "Customer", "Amount", "Method", "Type", "Square ID"]],
    "/admin/cash-payments/": [["Date", "Customer", "Account #", "Amount", "Method", "Reference", "Notes"]],
    "/admin/follow-ups/": [["Follow-Up Date", "Customer", "Type", "Note", "Created", "Status", "Action"]],
    "/admin/signals/": [["Customer", "Risk", "Signals", "On-Time", "Days Late", "PTI", "Income", "Card", "AutoPay", "Status"]],
    "/admin/pending-review/": [["Customer", "Device", "IMEI / Serial", "Cost", "Approval ID", "Start Date", "Actions"]],
    "/admin/defaults/": [
        [
            "Account #",
            "Customer",
            "Phone",
            "Device",
            "Frequency",
            "Contract Value",
            "Total Paid",
            "Balance Owed",
            "Default Date",
            "Returned?",
        ]
    ],
    "/admin/recoveries/": [["Customer", "Device", "Balance", "Attempts", "Status", "Assigned"]],
    "/admin/returns/": [["Customer", "Device", "Initiated", "Tracking", "Status", "Last Update"]],
    "/admin/card-sync/": [["Customer", "Square ID", "Card", "Status", "Action"]],
    "/admin/api-logs/": [["Time", "Endpoint", "Customer", "Request", "Status", "Error"]],
    "/admin/autopay/": [
        ["Date", "Type", "Status", "Eligible", "Success", "Failed", "Charged", "Duration"],
        ["Customer", "Phone", "Amount", "Card", "Due Date"],
    ],
    "/admin/staff/": [["Name", "PIN", "Role", "Status"]],
    "/admin/import/": [["Excel Column", "Maps To", "Notes"]],
}
"""Column heads of the pages that there are, in order; the Account page's seven tables are in tests/payments."""


def heads(html: str) -> list[list[str]]:
    """The column heads of each table of a page: its `th` texts with scope col."""
    tables = re.findall(r"<table.*?</table>", html, re.S)
    rows = [re.findall(r'<th scope="col".*?</th>', table, re.S) for table in tables]
    return [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in rows if row]


@pytest.mark.parametrize("path", TABLES)
def test_a_page_has_its_tables_in_their_columns(client: FlaskClient, session: Session, path: str) -> None:
    factories.account(session)
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN), stepped_up=True)
    found = heads(admin.get(path).text)
    for table in TABLES[path]:
        assert table in found


def test_the_columns_are_those_of_the_specification() -> None:
    specification = ROOT.parent / "shared" / "spec" / "tables.json"
    if not specification.exists():  # A clone of its own carries the columns above.
        assert TABLES
        return
    given = json.loads(specification.read_text(encoding="utf-8"))
    assert {path: given[path] for path in TABLES} == TABLES
