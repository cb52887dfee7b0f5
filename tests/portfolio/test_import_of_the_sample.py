"""The sample workbook comes in exactly as its expected file says, account by account, whatever its shape."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select, text
from sqlalchemy.orm import Session, joinedload

from app.domain.money import dollars
from app.domain.portfolio.imports import BatchState
from app.domain.servicing.status import AccountStatus
from app.models import Account, ImportRow
from app.services.servicing import standing
from tests import factories
from tests.factories import TODAY
from tests.portfolio.importing import EXPECTED, REPORT, applied, contents, opened, undone, with_sample

pytestmark = with_sample

Values = dict[str, Any]


@pytest.fixture(scope="module")
def expected() -> Values:
    content: Values = json.loads(EXPECTED.read_text())
    return content


def as_expected(account: Account) -> Values:
    """An account in the words of the expected file."""
    device = account.device
    assert device is not None
    return {
        "approval_id": account.approval_id,
        "start_date": account.start_on.isoformat(),
        "first_name": account.customer.first_name,
        "last_name": account.customer.last_name,
        "phone": account.customer.phones[0].e164 if account.customer.phones else None,
        "device_model": device.model,
        "device_imei": device.imei,
        "device_cost": None if device.cost_cents is None else str(dollars(device.cost_cents)),
        "frequency": account.frequency.value,
        "payment_amount": str(dollars(account.payment_cents)),
        "payments_made": account.payments_made,
        "total_paid": str(dollars(account.paid_cents)),
        "balance_remaining": str(dollars(account.balance_cents)),
        "outcome": "pending_review" if account.status is AccountStatus.PENDING_REVIEW else "imported",
    }


def accounts(session: Session) -> list[Account]:
    loaded = select(Account).options(joinedload(Account.customer), joinedload(Account.device)).order_by(Account.id)
    return list(session.scalars(loaded))


def expected_accounts(expected: Values) -> dict[str, Values]:
    """What should come in, by approval id."""
    return {row["approval_id"]: row for row in expected["accounts"] if row["outcome"] in ("imported", "pending_review")}


def test_every_row_of_the_sample_has_the_fate_that_is_expected_of_it(session: Session, expected: Values) -> None:
    batch = opened(session, factories.portfolio(session), REPORT, REPORT.name)
    assert batch.state is BatchState.PREVIEW
    assert batch.rows == expected["rows"]
    assert batch.outcomes == expected["outcomes"]
    assert dollars(batch.balance_cents) == Decimal(str(expected["balance_total"]))
    assert dollars(batch.paid_cents) == Decimal(str(expected["paid_total"]))
    fates = session.scalars(select(ImportRow.outcome).order_by(ImportRow.row_number)).all()
    assert [fate.value for fate in fates] == [row["outcome"] for row in expected["accounts"]]


def test_the_sample_comes_in_account_by_account_as_expected(session: Session, expected: Values) -> None:
    applied(session, opened(session, factories.portfolio(session), REPORT, REPORT.name))
    came_in = {account.approval_id: as_expected(account) for account in accounts(session)}
    assert came_in == expected_accounts(expected)


def test_what_is_written_ties_to_the_workbook_to_the_cent(session: Session) -> None:
    batch = applied(session, opened(session, factories.portfolio(session), REPORT, REPORT.name))
    untied = session.scalars(
        text(
            """
            select a.account_number from account a
            join import_row r on r.account_id = a.id and r.batch_id = :batch
            cross join lateral (
                select sum(amount_cents) as total, sum(amount_cents - paid_cents) as open, sum(opening_cents) as opening,
                    count(*) filter (where paid_cents = amount_cents) as paid_lines, bool_and(paid_on is null) as is_undated,
                    bool_and(amount_cents = a.payment_cents) filter (where number < a.payments_made + 1) as are_full
                from installment where account_id = a.id
            ) line
            cross join lateral (select coalesce(sum(amount_cents), 0) as cents from payment where account_id = a.id) paid
            cross join lateral (select coalesce(sum(amount_cents), 0) as cents from adjustment where account_id = a.id) gap
            where line.open <> (r.fields ->> 'balance_remaining_cents')::bigint
                or paid.cents <> (r.fields ->> 'total_paid_cents')::bigint
                or line.opening + gap.cents <> paid.cents
                or line.paid_lines <> (r.fields ->> 'payments_made')::int
                or line.total <> a.total_cents or not line.is_undated or not coalesce(line.are_full, true)
            """
        ),
        {"batch": batch.id},
    ).all()
    assert untied == []


def test_the_standing_that_an_import_writes_is_the_one_that_restating_finds(session: Session) -> None:
    applied(session, opened(session, factories.portfolio(session), REPORT, REPORT.name))
    ids = session.scalars(select(Account.id)).all()
    assert len(ids) == 2056
    assert standing.restate(session, ids, today=TODAY) == 0


def test_a_second_import_of_the_same_file_skips_all_active_rows_as_duplicates(session: Session, expected: Values) -> None:
    book = factories.portfolio(session)
    applied(session, opened(session, book, REPORT, REPORT.name))
    before = contents(session)
    again = opened(session, book, REPORT, REPORT.name, may_repeat=True)
    wanted: Counter[str] = Counter(expected["outcomes"])
    wanted["skipped:duplicate"] += wanted.pop("imported") + wanted.pop("pending_review")
    # A faulty copy of a contract that came in is a duplicate before it is faulty.
    assert again.outcomes["skipped:duplicate"] >= wanted["skipped:duplicate"]
    assert not {"imported", "pending_review"} & set(again.outcomes)
    assert again.balance_cents == again.paid_cents == 0
    assert contents(session) == before


def test_undoing_the_sample_leaves_every_table_as_it_was_row_for_row(session: Session) -> None:
    book = factories.portfolio(session)
    factories.account(session, book)
    before = contents(session)
    batch = applied(session, opened(session, book, REPORT, REPORT.name))
    assert contents(session) != before
    undone(session, batch)
    assert contents(session) == before
    assert batch.state is BatchState.UNDONE


def test_a_header_on_line_7_and_shuffled_columns_give_the_same_accounts(
    session: Session, expected: Values, tmp_path: Path
) -> None:
    source = load_workbook(REPORT, read_only=True).worksheets[0]
    rows = list(source.iter_rows(values_only=True))
    order = list(range(len(rows[0])))
    Random(7).shuffle(order)
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Portfolio Detailed Report"])
    for _ in range(5):
        sheet.append([])
    for row in rows:
        sheet.append([row[place] for place in order])
    shuffled = tmp_path / "shuffled.xlsx"
    book.save(shuffled)
    batch = applied(session, opened(session, factories.portfolio(session), shuffled, shuffled.name))
    assert batch.mapping["header_row"] == 7
    assert batch.outcomes == expected["outcomes"]
    assert {account.approval_id: as_expected(account) for account in accounts(session)} == expected_accounts(expected)
