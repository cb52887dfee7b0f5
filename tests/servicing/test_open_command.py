"""`leasedesk account open`: what it answers, what it leaves behind, and what it refuses."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.extensions import db
from app.models import Account, Installment
from app.workbooks.contract_file import EXAMPLE, WrongFile, read
from tests.conftest import CommittedDatabase
from tests.factories import TODAY
from tests.product import environment_for, leasedesk


def written(folder: Path, content: object) -> Path:
    path = folder / "contract.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_file_opens_an_account_and_a_wrong_or_doubtful_one_opens_none(
    committed_database: CommittedDatabase, tmp_path: Path
) -> None:
    def run(content: object, *words: str) -> subprocess.CompletedProcess[str]:
        given = {
            "DATABASE_URL": committed_database.url,
            "REDIS_URL": committed_database.settings.queue_url,
            "LEASEDESK_TODAY": TODAY.isoformat(),
        }
        done = leasedesk("account", "open", str(written(tmp_path, content)), *words, environment=environment_for(tmp_path, given))
        db.session.rollback()
        return done

    done = run(EXAMPLE, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["contract_number"] == told["account_number"] + "LOA01"
    assert (told["status"], told["payment"], told["total"], told["doubts"]) == ("active", "54.00", "1404.00", [])
    assert len(told["schedule"]) == 26
    assert told["schedule"][0] == {"number": 1, "due_on": "2026-12-04", "amount": "54.00"}
    account = db.session.scalars(select(Account)).one()
    assert (account.account_number, str(account.uuid)) == (told["account_number"], told["uuid"])
    assert db.session.scalar(select(func.count()).select_from(Installment)) == 26

    again = run(EXAMPLE, "--json")
    assert again.returncode == 1
    assert "Maria Delgado has this phone number already" in json.loads(again.stdout)["error"]
    wrong = run({"customer": {"first_name": "A", "last_name": "B"}, "frequency": "weekly", "paymnt": 5})
    assert wrong.returncode == 2
    assert "paymnt: There is no such field: is it payment?" in wrong.stderr
    assert db.session.scalar(select(func.count()).select_from(Account)) == 1


@pytest.mark.parametrize(
    ("content", "column", "sentence"),
    [
        ("{", None, "not JSON"),
        ("[]", None, "one object"),
        ({"frequency": "weekly"}, "customer", "Say who signs"),
        ({"customer": {}}, "frequency", "how often"),
        ({"customer": {}, "frequency": "daily"}, "frequency", "“daily” is not one of weekly"),
        ({"customer": {}, "frequency": "weekly", "payment": "five"}, "payment", "“five” is not an amount"),
        ({"customer": {}, "frequency": "weekly", "payment": True}, "payment", "an amount"),
        ({"customer": {}, "frequency": "weekly", "start_on": "11/20/2026"}, "start_on", "write it as 2026-11-20"),
        ({"customer": {}, "frequency": "weekly", "number_of_payments": 2.5}, "number_of_payments", "whole number"),
        ({"customer": {}, "frequency": "weekly", "interest_rate": "NaN"}, "interest_rate", "percent"),
        ({"customer": {}, "frequency": "weekly", "due_days": [0]}, "due_days", "days of the month"),
        ({"customer": {"phones": "614"}, "frequency": "weekly"}, "customer.phones", "list of phone numbers"),
        ({"customer": {"nmae": 1}, "frequency": "weekly"}, "customer.nmae", "no such field"),
        ({"customer": [], "frequency": "weekly"}, "customer", "an object"),
        ({"customer": {}, "frequency": "weekly", "terms": {"note_on": "soon"}}, "terms.note_on", "is not a day"),
    ],
)
def test_each_thing_that_is_wrong_with_a_file_is_named(tmp_path: Path, content: Any, column: str | None, sentence: str) -> None:
    with pytest.raises(WrongFile) as refused:
        read(written(tmp_path, content), today=TODAY)
    (problem,) = refused.value.problems
    assert problem.column == column
    assert sentence in problem.message


def test_amounts_may_be_numbers_or_texts_and_keep_every_cent(tmp_path: Path) -> None:
    content = '{"customer": {"first_name": "A"}, "frequency": "weekly", "payment": 29.99, "total": "1,559.48", "cash_price": 799}'
    money = read(written(tmp_path, content), today=TODAY).contract.money
    assert (money.payment_cents, money.total_cents, money.cash_price_cents) == (2_999, 155_948, 79_900)
    assert money.start_on == dt.date(2026, 11, 20)
