"""`leasedesk import` and `leasedesk demo load`: what they answer, and what they leave behind."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select, text

from app import demonstration
from app.domain.errors import RuleViolation
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, Bucket, ImportBatch, Note, Payment, Portfolio, Promise, Staff
from app.queries.payments.invariants import findings
from app.services.staff import pins
from app.settings import Settings
from app.transaction import transaction
from tests import factories
from tests.conftest import CommittedDatabase
from tests.factories import TODAY
from tests.portfolio.importing import EXPECTED, REPORT, contents, report, with_sample
from tests.product import environment_for, leasedesk


def run(database: CommittedDatabase, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    given = {"DATABASE_URL": database.url, "REDIS_URL": database.settings.queue_url, "LEASEDESK_TODAY": TODAY.isoformat()}
    done = leasedesk(*words, environment=environment_for(home, given))
    db.session.rollback()
    return done


@with_sample
def test_the_sample_is_imported_skipped_and_undone_by_command(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    expected = json.loads(EXPECTED.read_text())
    before = contents(db.session())
    rehearsed = run(committed_database, tmp_path, "import", "portfolio", str(REPORT), "--dry-run", "--json")
    assert rehearsed.returncode == 0, rehearsed.stderr
    dry = json.loads(rehearsed.stdout)
    assert (dry["batch_id"], dry["rejects_file"]) == (None, None)
    assert contents(db.session(), but=()) == before | {"audit_event": [], "import_batch": [], "import_row": []}
    assert list(tmp_path.glob("uploads/*")) == []

    done = run(committed_database, tmp_path, "import", "portfolio", str(REPORT), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert list(told) == ["rows", "outcomes", "balance_total", "paid_total", "warnings", "rejects_file", "batch_id"]
    assert told["rows"] == expected["rows"]
    assert told["outcomes"] == expected["outcomes"]
    assert (told["balance_total"], told["paid_total"]) == (str(expected["balance_total"]), str(expected["paid_total"]))
    assert {key: told[key] for key in ("rows", "outcomes", "balance_total", "paid_total", "warnings")} == {
        key: dry[key] for key in ("rows", "outcomes", "balance_total", "paid_total", "warnings")
    }
    known = db.session.scalar(text("select n_distinct from pg_stats where tablename = 'account' and attname = 'id'"))
    assert known == -1, "the planner knows the new accounts before anybody asks for one"
    rejects = load_workbook(told["rejects_file"]).worksheets[0]
    assert rejects.max_row == 1 + sum(count for word, count in expected["outcomes"].items() if word.startswith("rejected:"))
    assert Path(told["rejects_file"]).is_relative_to(tmp_path)

    again = json.loads(run(committed_database, tmp_path, "import", "portfolio", str(REPORT), "--json").stdout)
    assert again["outcomes"]["skipped:duplicate"] == 20 + 1963 + 93
    assert (again["balance_total"], again["paid_total"]) == ("0.00", "0.00")
    assert db.session.scalar(select(func.count()).select_from(Account)) == 1963 + 93

    undone = run(committed_database, tmp_path, "import", "undo", str(told["batch_id"]), "--json")
    assert json.loads(undone.stdout) == {"batch_id": told["batch_id"], "accounts": 1963 + 93}
    assert contents(db.session()) == before


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.xlsx", b"", "The file is empty"),
        ("picture.xlsx", b"\x89PNG\r\n\x1a\n0000", "is a PNG picture"),
        ("other.csv", b"CONTRACT#,NAME\n1,Ana\n", "lacks the columns"),
        ("header.csv", report([]), "no rows below it"),
    ],
)
def test_a_wrong_file_is_a_sentence_and_nothing_is_written(
    committed_database: CommittedDatabase, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    before = contents(db.session(), but=())
    path = tmp_path / name
    path.write_bytes(content)
    done = run(committed_database, tmp_path, "import", "portfolio", str(path), "--json")
    assert done.returncode == 1
    assert sentence in json.loads(done.stdout)["error"]
    assert "Traceback" not in done.stderr
    assert contents(db.session(), but=()) == before


def test_wrong_use_ends_with_2_and_a_sentence(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    missing = run(committed_database, tmp_path, "import", "portfolio", "nowhere.xlsx")
    assert missing.returncode == 2
    assert "nowhere.xlsx" in missing.stderr
    path = tmp_path / "report.csv"
    path.write_bytes(report([{}]))
    unknown = run(committed_database, tmp_path, "import", "portfolio", str(path), "--portfolio", "NOPE")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "There is no portfolio with the code NOPE." in unknown.stderr
    nothing = run(committed_database, tmp_path, "import", "undo", "77")
    assert (nothing.returncode, "There is no import 77." in nothing.stderr) == (1, True)


def test_a_portfolio_is_chosen_by_its_code_else_it_is_the_first(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    with transaction() as session:
        factories.portfolio(session, code="GULF")
    path = tmp_path / "report.csv"
    path.write_bytes(report([{}]))
    for words in (("--portfolio", "gulf"), ()):
        assert run(committed_database, tmp_path, "import", "portfolio", str(path), *words).returncode == 0
    codes = db.session.scalars(select(Portfolio.code).join(Account, Account.portfolio_id == Portfolio.id).order_by(Account.id))
    assert codes.all() == ["GULF", "MAIN"]


@pytest.fixture
def small(committed_database: CommittedDatabase, tmp_path: Path) -> Settings:
    """Settings of a demonstration of 120 accounts in a home of its own."""
    given = committed_database.settings.model_dump() | {"home": tmp_path, "demonstration_accounts": 120, "today": TODAY}
    return Settings.model_validate(given)


def test_the_demonstration_is_a_worked_portfolio_with_staff_who_may_sign_in(small: Settings) -> None:
    sentences: list[str] = []
    assert demonstration.load(small, sentences.append) is True
    assert sentences[-1] == "The demonstration is ready."
    listed = json.loads((small.home / "demo-staff.json").read_text())
    assert stat.S_IMODE((small.home / "demo-staff.json").stat().st_mode) == 0o600
    assert sorted(one["role"] for one in listed) == sorted(["admin", "manager", "supervisor", "collector", "collector"])
    with transaction() as session:
        people = {one.username: one for one in session.scalars(select(Staff))}
        for one in listed:
            assert set(one) == {"username", "name", "role", "pin"}
            person = people[one["username"]]
            assert pins.is_right(one["pin"], person.pin_hash)
            assert not person.must_change_pin
        batches = session.scalars(select(ImportBatch)).all()
        assert len(batches) == 2
        accounts = session.scalar(select(func.count()).select_from(Account)) or 0
        assert accounts == sum(sum(int(b.outcomes.get(w, 0)) for w in ("imported", "pending_review")) for b in batches)
        assert 100 <= accounts <= 140
        late = session.scalars(
            select(Bucket.label)
            .where(
                Bucket.scheme == "report",
                select(Account.id)
                .where(Account.days_past_due.between(Bucket.from_days, func.coalesce(Bucket.to_days, 9_999)))
                .exists(),
            )
            .order_by(Bucket.from_days)
        ).all()
        assert late[:3] == ["Current", "1-30", "31-60"]
        collectors = [person.id for person in people.values() if person.role is Role.COLLECTOR]
        books = [session.scalar(select(func.count()).where(Account.assigned_to_id == one)) for one in collectors]
        assert min(filter(None, books)) >= 5
        assert session.scalar(select(func.count()).where(Payment.kind == "payment")) or 0
        for model in (Note, Promise):
            assert session.scalar(select(func.count()).select_from(model)) or 0
        waiting = session.scalar(select(func.count()).where(Account.status == AccountStatus.PENDING_REVIEW))
        assert waiting or 0
        assert [finding.invariant.name for finding in findings(session) if finding.broken] == []
        numbers = set(session.scalars(select(Account.account_number)))
    with sqlite3.connect(small.home / "square-simulator.sqlite3") as store:
        known = store.execute("select id, reference_id from document where kind = 'customer'").fetchall()
        owners = {owner for (owner,) in store.execute("select customer_id from document where kind = 'card'")}
    assert 0.7 * len(numbers) < len(known) < len(numbers)
    assert {reference.removeprefix("POS ") for _, reference in known} <= numbers
    assert 0.8 * len(known) < len(owners & {customer for customer, _ in known}) < len(known)
    before = contents(db.session(), but=())
    assert demonstration.load(small) is False
    assert contents(db.session(), but=()) == before


def test_the_same_demonstration_comes_out_every_time(small: Settings, databases: object, tmp_path: Path) -> None:
    from tests.conftest import Databases

    def figures() -> list[tuple[object, ...]]:
        with transaction() as session:
            query = select(Account.approval_id, Account.balance_cents, Account.days_past_due, Account.status, Account.paid_cents)
            return [tuple(row) for row in session.execute(query.order_by(Account.portfolio_id, Account.approval_id))]

    demonstration.load(small)
    first = figures()
    assert isinstance(databases, Databases)
    with databases.migrated() as fresh:
        home = tmp_path / "second"
        home.mkdir()
        second = Settings.model_validate(small.model_dump() | {"home": home, "database_url": fresh.database_url})
        from app import create_app

        demonstration.load(second)
        with create_app(second).app_context():
            assert figures() == first
            db.session.remove()
            db.engine.dispose()


def test_the_demonstration_is_not_loaded_in_production(small: Settings) -> None:
    given = small.model_dump() | {"mode": "production", "given_secret_key": "s" * 40, "given_pin_pepper": "p" * 40}
    with pytest.raises(RuleViolation, match="not loaded in production"):
        demonstration.load(Settings.model_validate(given))
    assert db.session.scalar(select(func.count()).select_from(Staff)) == 0


def test_each_other_format_answers_with_its_own_sums(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    factories.portfolio(db.session())
    db.session.commit()
    files = {
        "rto-contracts": "Account Number,First Name,Last Name,Start Date,Frequency,Payment Amount,Balance\n"
        "R1,Ana,Soto,2026-06-05,weekly,20.00,100.00\n",
        "dealer-reconciliation": "CONTRACT#,DEALERCOST,ADJUSTMENT,NETFUNDED\n1-1,10.00,-1.00,9.00\n2-1,10.00,0,11.00\n",
        "payments": "Account Number,Date,Amount,Tracking Number\nR1,2026-11-18,20.00,T1\n",
        "remittances": "Date,Amount,Sender,Memo\n2026-11-18,20.00,Ana Soto,R1\n2026-11-18,1.00,Nobody,\n",
        "invoices": "Customer,Invoice Number,Due Date,Amount,Open Amount\nRiverbend Tools LLC,INV-20418,11/01/2026,1250.00,900\n",
    }
    told = {}
    for name, content in files.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(content)
        done = run(committed_database, tmp_path, "import", name, str(path), "--json")
        assert done.returncode == 0, done.stderr
        told[name] = json.loads(done.stdout)
    assert told["rto-contracts"]["outcomes"] == {"pending_review": 1}
    dealer = told["dealer-reconciliation"]
    assert (dealer["running_total"], dealer["outcomes"]) == ("9.00", {"imported": 1, "rejected:amount": 1})
    assert (told["payments"]["outcomes"], told["payments"]["amount_total"]) == ({"posted": 1}, "20.00")
    assert told["remittances"]["outcomes"] == {"posted": 1, "queued": 1}
    assert (told["invoices"]["outcomes"], told["invoices"]["open_total"]) == ({"imported": 1}, "900.00")
    queue = json.loads(run(committed_database, tmp_path, "reconcile", "queue", "--json").stdout)
    assert (queue["waiting"], queue["amount_total"], queue["rows"][0]["sender"]) == (1, "1.00", "Nobody")
    undone = run(committed_database, tmp_path, "import", "undo", str(told["remittances"]["batch_id"]), "--json")
    assert json.loads(undone.stdout) == {"batch_id": told["remittances"]["batch_id"], "payments": 2}
