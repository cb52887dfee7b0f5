"""`leasedesk account show`, `quote` and `what-if`: what they answer, and that nothing but a kept quote is written."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.frequency import Frequency
from app.extensions import db
from app.models import Account, Payment, Quote
from app.services.payments import posting
from tests import factories
from tests.conftest import CommittedDatabase
from tests.factories import NOW, TODAY
from tests.product import environment_for, leasedesk


@pytest.fixture
def account(committed_database: CommittedDatabase) -> Account:
    """Hawaii, cash $799.00, 78 × $29.99 weekly since two weeks, one paid."""
    session = db.session()
    book = factories.portfolio(session)
    row = factories.account(
        session,
        book,
        customer=factories.customer(session, book, state="HI"),
        first_due_on=TODAY - dt.timedelta(days=14),
        frequency=Frequency.WEEKLY,
        payment_cents=2_999,
        total_cents=78 * 2_999,
        cash_price_cents=79_900,
    )
    posting.post(
        session,
        row.id,
        method=PaymentMethod.CASH,
        amount_cents=2_999,
        effective_on=TODAY - dt.timedelta(days=14),
        today=TODAY,
        now=NOW,
        actor=factories.actor(),
    )
    session.commit()
    return row


def run(database: CommittedDatabase, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    given = {"DATABASE_URL": database.url, "REDIS_URL": database.settings.queue_url, "LEASEDESK_TODAY": TODAY.isoformat()}
    return leasedesk(*words, environment=environment_for(home, given))


def told(database: CommittedDatabase, home: Path, *words: str) -> dict[str, Any]:
    done = run(database, home, *words, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_account_is_shown_with_everything_on_it(
    committed_database: CommittedDatabase, account: Account, tmp_path: Path
) -> None:
    found = told(committed_database, tmp_path, "account", "show", account.account_number)
    assert (found["account"]["balance_cents"], found["account"]["days_past_due"]) == (77 * 2_999, 7)
    assert found["figures"]["payoff"]["total_cents"] == 77 * 2_999
    # One is late: 29.99, and 799.00 × 76/78 = 778.51 for the rest.
    assert found["figures"]["early_purchase"]["total_cents"] == 2_999 + 77_851
    assert (len(found["schedule"]), len(found["payments"])) == (78, 1)
    assert [part["installment_number"] for part in found["payments"][0]["covers"]] == [1]
    assert [(line["amount_cents"], line["balance_cents"]) for line in found["ledger"]] == [
        (78 * 2_999, 78 * 2_999),
        (-2_999, 77 * 2_999),
    ]
    assert (found["collection_status"], found["risk"]["risk"]) == ("00", "low")
    said = run(committed_database, tmp_path, "account", "show", account.account_number)
    assert said.returncode == 0 and "Early purchase today: $808.50" in said.stdout
    missing = run(committed_database, tmp_path, "account", "show", "nobody")
    assert missing.returncode == 1 and "There is no account nobody" in missing.stderr


def test_a_quote_is_worked_out_and_kept_only_when_asked(
    committed_database: CommittedDatabase, account: Account, tmp_path: Path
) -> None:
    number = account.account_number
    found = told(committed_database, tmp_path, "quote", "early-purchase", number)
    assert (found["total_cents"], found["formula"], found["good_through_on"]) == (80_850, "cash_share", "2026-11-20")
    assert found["quote_id"] is None
    found = told(committed_database, tmp_path, "quote", "payoff", number, "--on", "2026-11-24", "--keep")
    assert (found["total_cents"], found["as_of_on"], found["good_through_on"]) == (77 * 2_999, "2026-11-24", "2026-12-01")
    db.session.rollback()
    assert db.session.scalars(select(Quote.id)).all() == [found["quote_id"]]
    assert run(committed_database, tmp_path, "quote", "payoff", number, "--on", "soon").returncode == 2
    refused = run(committed_database, tmp_path, "quote", "payoff", number, "--on", "2026-11-19")
    assert refused.returncode == 1 and "today or a day to come" in refused.stderr


def test_a_payment_is_tried_without_being_made(committed_database: CommittedDatabase, account: Account, tmp_path: Path) -> None:
    number = account.account_number
    found = told(committed_database, tmp_path, "what-if", number, "--pay", "40.00", "--on", "2026-11-20")
    assert [(each["what"], each["cents"], each["left_cents"]) for each in found["covers"]] == [
        ("Installment 2", 2_999, 0),
        ("Installment 3", 1_001, 1_998),
    ]
    assert (found["days_past_due_before"], found["days_past_due_after"], found["cures"]) == (7, 0, True)
    assert found["payoff_after_cents"] == 77 * 2_999 - 4_000
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Payment)) == 1
    assert run(committed_database, tmp_path, "what-if", number, "--pay", "much").returncode == 2
    assert run(committed_database, tmp_path, "what-if", number).returncode == 2
    assert run(committed_database, tmp_path, "what-if", number, "--pay", "0").returncode == 1
