"""Portfolios made for measuring are portfolios: every cent ties out, and their days are those that the rules say."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select, text

from app.extensions import db
from app.models import Account, Customer, Installment, Payment
from app.queries.payments.invariants import findings
from app.services.collections.day import aging
from app.services.servicing.standing import restate
from tests.bench.conftest import ACCOUNTS, ON


def test_a_seeded_portfolio_ties_out_to_the_cent(seeded: Flask) -> None:
    assert [finding.invariant.name for finding in findings(db.session()) if finding.broken] == []


def test_it_has_as_many_accounts_as_were_asked_for_and_about_forty_installments_each(seeded: Flask) -> None:
    session = db.session()
    assert session.scalar(select(func.count()).select_from(Account)) == ACCOUNTS
    assert session.scalar(select(func.count()).select_from(Customer)) == ACCOUNTS
    assert 35 * ACCOUNTS < (session.scalar(select(func.count()).select_from(Installment)) or 0) < 50 * ACCOUNTS
    assert session.scalar(select(func.count()).select_from(Payment).where(Payment.kind != "opening")) == 0


def test_its_figures_are_those_that_the_rules_would_write(seeded: Flask) -> None:
    session = db.session()
    late = session.scalar(select(func.count()).select_from(Account).where(Account.days_past_due > 0))
    assert late, "a portfolio in which nobody is late measures nothing"
    ids = session.scalars(select(Account.id)).all()
    worked_out = text(
        "select id, days_past_due, past_due_cents, balance_cents, next_due_on, worklist_weight from account order by id"
    )
    before = session.execute(worked_out).all()
    aging.age(session, first=min(ids), last=max(ids), on=ON, now=session.scalars(select(Account.opened_at).limit(1)).one())
    restate(session, ids, today=ON)
    assert session.execute(worked_out).all() == before


def test_its_indexes_and_keys_are_the_ones_of_the_tables(seeded: Flask) -> None:
    from app import schema

    assert schema.differences(seeded) == []
    missing = text("select conname from pg_constraint where not convalidated")
    assert db.session.scalars(missing).all() == []
