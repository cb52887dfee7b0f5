"""The parts of the measurements do what they say; how long they take is not looked at."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.extensions import db
from app.models import Account, AccountSnapshot, ImportBatch
from app.workbooks.samples import write_sample
from bench import account_page, day, importing, lists, tables
from bench.product_list import ProductList
from bench.timing import in_turn
from tests.bench.conftest import ACCOUNTS, ON
from tests.conftest import CommittedDatabase

TOMORROW = ON + dt.timedelta(days=1)
STANDING = text("select id, days_past_due, past_due_cents, worklist_weight, status, version from account order by id")


def test_contenders_are_measured_in_turn_after_a_warm_up() -> None:
    called: list[str] = []
    samples = in_turn({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, runs=2, warm_up=1)
    assert called == ["a", "b", "a", "b", "a", "b"]
    assert {name: sample.runs for name, sample in samples.items()} == {"a": 2, "b": 2}


def test_a_slow_contender_is_left_out_after_three_rounds() -> None:
    samples = in_turn({"slow": lambda: None, "other": lambda: None}, runs=5, warm_up=0, patience=-1.0)
    assert [sample.runs for sample in samples.values()] == [3, 3]


def test_a_table_has_its_numbers_at_the_right() -> None:
    assert tables.table(("Page", "ms"), [("first", "12")]).splitlines()[1] == "|---|---:|"


def test_the_bare_statement_and_the_end_of_day_age_the_same_accounts_and_leave_nothing_behind(seeded: Flask) -> None:
    before = db.session.execute(STANDING).all()
    db.session.rollback()
    changed = day.bare(seeded, TOMORROW)
    steps = day.whole(seeded, TOMORROW)
    assert changed == steps["age"][0] > 0
    assert steps["snapshots"][0] > 0
    assert db.session.execute(STANDING).all() == before
    assert db.session.scalars(select(AccountSnapshot).limit(1)).all() == []


def test_the_list_is_asked_as_somebody_who_is_signed_in(seeded: Flask, committed_database: CommittedDatabase) -> None:
    from wsgi import create_app

    product = ProductList(create_app(committed_database.settings))
    assert lists.rows_on(product.page()()) == 50
    assert lists.rows_on(product.page(q="no such name")()) == 0
    behind = product.page(after=product.place_of_page(ACCOUNTS // 50 + 1))()
    assert lists.rows_on(behind) == ACCOUNTS % 50


def test_an_import_is_previewed_applied_and_written_again(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    expected = write_sample(path, 60, business_on=ON)
    batch_id = importing.preview(path, ON)
    importing.apply(batch_id, ON)
    batch = db.session.get_one(ImportBatch, batch_id)
    accounts = db.session.scalars(select(Account.id)).all()
    assert batch.rows == len(expected)
    assert len(accounts) == sum(row.outcome.is_in for row in expected) > 0
    db.session.rollback()
    assert importing.merely_write() > len(accounts) * 20
    assert importing.merely_read(path) >= len(expected)


def test_the_long_account_is_made_once_and_replaying_it_changes_nothing(seeded: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("INSTALLMENTS", 24), ("ENTRIES", 3), ("HAPPENED", 4)):
        monkeypatch.setattr(account_page, name, few)
    made = account_page._long_account(seeded)
    assert account_page._long_account(seeded) == made
    with seeded.app_context():
        account = db.session.get_one(Account, made)
        before = (account.balance_cents, account.days_past_due)
        assert before[0] == 24 * 2_999 - 3 * 1_800
        db.session.remove()
    account_page._replayed(seeded, made)
    with seeded.app_context():
        account = db.session.get_one(Account, made)
        assert (account.balance_cents, account.days_past_due) == before
        db.session.remove()
