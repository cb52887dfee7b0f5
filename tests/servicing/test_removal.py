"""Permanent deletion: everything of a contract goes, whatever table it stands in, and nothing of anybody else."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.parties import PartyRole
from app.models import Account, AccountParty, AccountSnapshot, AuditEvent, Base, Customer, Device, Payment, PortfolioDay
from app.services.payments import posting
from app.services.servicing import removal
from app.services.staff import audit
from tests import factories
from tests.factories import NOW, TODAY
from tests.permissions import world as worlds


def contents(session: Session) -> dict[str, set[str]]:
    """Every row of every table that the database has, as text."""
    found = {}
    for table in inspect(session.connection()).get_table_names():
        if table != "alembic_version":
            found[table] = set(session.scalars(text(f"select t::text from {table} t")))
    return found


def tables_with_accounts(session: Session) -> set[str]:
    query = "select table_name from information_schema.columns where column_name = 'account_id' and table_schema = 'public'"
    return set(session.scalars(text(query)))


def removed(session: Session, *accounts: Account, reason: str = "Asked for by the customer") -> removal.Going:
    ids = [account.id for account in accounts]
    shown = removal.going(session, ids)
    return removal.remove(
        session, ids, seal=shown.seal, reason=reason, action="account deleted", now=NOW, actor=factories.actor()
    )


def test_nothing_of_the_account_is_left_in_any_table_and_nothing_of_others_is_gone(session: Session) -> None:
    before = contents(session)
    world = worlds.build(session)
    session.flush()
    account = session.get_one(Account, int(world.rows["account"]["mine"]))
    all_of_it = contents(session)
    number, mark = account.account_number, worlds.MARKS["mine"]
    # The world has a row of nearly each kind for the account, so that a table that is forgotten shows itself here.
    filled = {
        table
        for table in tables_with_accounts(session)
        if session.scalar(text(f"select exists (select from {table} where account_id = :id)"), {"id": account.id})
    }
    assert len(filled) > 20, filled
    account_id, customer_id, device_id = account.id, account.customer_id, account.device_id
    told = removed(session, account)
    after = contents(session)
    for table in tables_with_accounts(session) - {"audit_event"}:
        left = session.scalar(text(f"select count(*) from {table} where account_id = :id"), {"id": account_id})
        assert left == 0, table
    assert session.get(Customer, customer_id) is None and session.get(Device, device_id) is None
    gone = {table: len(rows - after[table]) for table, rows in all_of_it.items() if rows - after[table]}
    gone.pop("portfolio_day", None)  # Its sums lose the account's part.
    assert gone == dict(told.rows)
    assert not any(after[table] - rows for table, rows in all_of_it.items() if table != "portfolio_day")
    assert all(rows <= after[table] for table, rows in before.items())
    for table, rows in after.items():
        others = {row for row in rows if mark in row and not any(f"{mark}-{n}" in row for n in (2, 3))}
        assert others <= before.get(table, set()) or table in {"audit_event", "customer", "device"}, table
    assert number == f"{mark}-1"


def test_the_trail_says_what_went_and_why_without_a_name(session: Session) -> None:
    account = factories.account(session)
    name, number, identity = account.customer.last_name, account.account_number, str(account.uuid)
    phone = account.customer.phones[0].e164
    told = removed(session, account)
    audit.write_pending(session)
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "account deleted"))
    assert event.before == {"account_number": number, "uuid": identity}
    assert event.after is not None and event.after["rows"] == dict(told.rows)
    assert event.after["rows"]["installment"] == 26
    assert event.reason == "Asked for by the customer"
    assert name not in str((event.before, event.after)) and phone not in str((event.before, event.after))


def test_a_customer_and_a_device_that_another_account_has_stay(session: Session) -> None:
    first = factories.account(session)
    other = factories.account(session, customer=first.customer, device_id=first.device_id)
    removed(session, first)
    assert session.get(Customer, other.customer_id) is not None
    assert session.get(Device, other.device_id) is not None
    last = removed(session, other)
    assert ("customer", 1) in last.rows and ("customer_phone", 1) in last.rows


def test_a_co_applicant_goes_unless_they_have_a_lease_of_their_own(session: Session) -> None:
    book = factories.portfolio(session)
    account, own = factories.account(session, book), factories.account(session, book)
    alone_id, own_id = factories.customer(session, book).id, own.customer_id
    for person_id in (alone_id, own_id):
        session.add(AccountParty(account_id=account.id, customer_id=person_id, role=PartyRole.CO_APPLICANT))
    session.flush()
    told = removed(session, account)
    assert ("customer", 2) in told.rows
    assert session.get(Customer, alone_id) is None
    assert session.get(Customer, own_id) is not None


def test_what_has_changed_since_it_was_shown_is_not_deleted(session: Session) -> None:
    account = factories.account(session)
    shown = removal.going(session, [account.id])
    posting.post(
        session,
        account.id,
        method=PaymentMethod.CASH,
        amount_cents=5_400,
        today=TODAY,
        now=NOW,
        actor=factories.actor(),
    )
    with pytest.raises(RuleViolation, match="changed since"):
        removal.remove(session, [account.id], seal=shown.seal, reason="x", action="a", now=NOW, actor=factories.actor())
    assert session.scalar(select(func.count(Payment.id))) == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 401])
def test_a_deletion_has_a_reason(session: Session, reason: str) -> None:
    account = factories.account(session)
    with pytest.raises(RuleViolation) as refused:
        removed(session, account, reason=reason)
    assert refused.value.field == "reason"


def test_the_ledger_is_insert_only_again_afterwards(session: Session) -> None:
    stays, goes = factories.account(session), factories.account(session)
    posting.post(session, stays.id, method=PaymentMethod.CASH, amount_cents=100, today=TODAY, now=NOW, actor=factories.actor())
    removed(session, goes)
    with pytest.raises(DBAPIError, match="insert-only"), session.begin_nested():
        session.execute(text("delete from payment"))


def test_the_sums_of_ended_days_lose_what_the_account_had_added(session: Session) -> None:
    account = factories.account(session)
    on = TODAY - dt.timedelta(days=1)
    session.add(
        AccountSnapshot(
            business_on=on, account_id=account.id, days_past_due=40, past_due_cents=5_400, balance_cents=9_000, status="active"
        )
    )
    session.add(
        PortfolioDay(
            business_on=on,
            portfolio_id=account.portfolio_id,
            from_days=31,
            accounts=3,
            past_due_cents=10_000,
            balance_cents=50_000,
        )
    )
    session.flush()
    removed(session, account)
    day = session.scalars(select(PortfolioDay)).one()
    assert (day.accounts, day.past_due_cents, day.balance_cents) == (2, 4_600, 41_000)


def test_every_table_with_an_account_is_among_the_models(session: Session) -> None:
    modelled = {table.name for table in Base.metadata.sorted_tables if "account_id" in table.c}
    assert tables_with_accounts(session) == modelled
