"""`leasedesk export accounts`, run as people and programs run it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from app.domain.servicing.status import AccountStatus
from app.extensions import db
from app.models import AuditEvent
from app.transaction import transaction
from tests import factories
from tests.admin_views.grid.cast import TODAY
from tests.conftest import CommittedDatabase
from tests.product import leasedesk


@pytest.fixture
def environment(committed_database: CommittedDatabase) -> dict[str, str]:
    """Two accounts, one of them paid off, and the environment that finds them."""
    with transaction() as session:
        book = factories.portfolio(session)
        factories.account(session, book, account_number="A-1", first_due_on=factories.TODAY)
        factories.account(session, book, account_number="A-2", status=AccountStatus.PAID_OFF)
    return committed_database.settings.as_environment() | {"LEASEDESK_TODAY": TODAY.isoformat()}


def test_a_csv_goes_to_stdout_with_nothing_else_around_it(environment: dict[str, str]) -> None:
    done = leasedesk("export", "accounts", "--format", "csv", environment=environment)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["account_number"], row["status"]) for row in rows] == [("A-1", "active"), ("A-2", "paid_off")]
    assert rows[0]["approval_id"]
    assert done.stdout.startswith("approval_id,account_number,first_name,last_name,phone,")


def test_a_workbook_goes_to_a_file_and_the_answer_is_json(environment: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "accounts.xlsx"
    words = ["export", "accounts", "--format", "xlsx", "--status", "active", "--out", str(target), "--json"]
    done = leasedesk(*words, environment=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"file": str(target), "format": "xlsx", "rows": 1, "bytes": target.stat().st_size}
    sheet = openpyxl.load_workbook(target).active
    assert sheet is not None
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["A-1"]
    assert [path.name for path in tmp_path.iterdir()] == ["accounts.xlsx"]
    actions = db.session.query(AuditEvent.action).filter(AuditEvent.action == "accounts exported").all()
    assert len(actions) == 1


def test_with_json_alone_the_file_goes_to_the_home_folder(environment: dict[str, str]) -> None:
    done = leasedesk("export", "accounts", "--json", environment=environment)
    told = json.loads(done.stdout)
    written = Path(told["file"])
    assert written.parent == Path(environment["LEASEDESK_HOME"]) / "exports"
    assert len(written.read_text().splitlines()) == told["rows"] + 1 == 3
    written.unlink()
