"""Files of accounts under other names: RTO Pro's fields, any spreadsheet, IMEIs that Excel shortened."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app.domain.portfolio.imports import ImportFormat, RowOutcome
from app.domain.servicing.frequency import Frequency
from app.services.portfolio.import_landings import LANDINGS
from app.workbooks.formats.any_accounts import ANY_ACCOUNTS
from app.workbooks.formats.registry import FORMATS
from app.workbooks.formats.rto_pro import RTO_PRO
from app.workbooks.formats.shape import Format, ParsedRow, fates
from app.workbooks.gate import admit
from app.workbooks.portfolio_row import PortfolioRow
from app.workbooks.reading import read_table


def parsed(form: Format, text: str) -> list[ParsedRow[PortfolioRow]]:
    with read_table(admit(text.encode(), "file.csv"), wanted=form.columns) as table:
        return list(fates(table, form))


def test_every_format_has_a_reader_a_landing_and_examples_that_it_can_read_itself() -> None:
    assert set(FORMATS) == set(LANDINGS) == set(ImportFormat)
    for form in FORMATS.values():
        for column in form.columns:
            value, message = column.parse(column.example)
            assert value is not None and message is None, f"{form.kind}: {column.name}: {message}"


def test_rto_pros_fields_make_an_account_whose_balance_is_the_contract_less_what_was_paid() -> None:
    header = (
        "ACCOUNT,FIRSTNAME,LASTNAME,CELL,HMPHONE,CONTRACT,DUEDATE,CONTRACTDATE,PMT,TERM,CONTRACTAMT,AMTPAID,OTHERDUE,MODEL,SERIAL"
    )
    line = "A17,Ana,Soto,,(614) 555-0148,C-2001,11/27/2026,06/05/2026,54.00,B,1404.00,486.00,12.00,IPHONE 12,356415207490483"
    (row,) = parsed(RTO_PRO, f"{header}\n{line}\n")
    said = row.values
    assert (said.approval_id, said.phone, said.device_imei) == ("C-2001", "+16145550148", "356415207490483")
    assert (said.frequency, said.payments_made, said.total_paid_cents) == (Frequency.BIWEEKLY, 9, 486_00)
    assert (said.balance_remaining_cents, said.next_due_on) == (918_00, dt.date(2026, 11, 27))
    assert row.outcome is RowOutcome.PENDING_REVIEW  # RTO Pro has no cost.
    assert any("$12.00 of other charges is not brought over" in problem.message for problem in row.problems)


def test_a_spreadsheet_of_ones_own_needs_few_columns() -> None:
    text = "Lessee;Contract No;Opened;How often;Rate;Total Contract;Paid\nSoto, Ana;77;2026-06-05;weekly;20;100;40\n"
    mapping = {"name": "Lessee", "approval_id": "Contract No", "start_on": "Opened", "frequency": "How often"}
    mapping |= {"payment_amount_cents": "Rate", "contract_cents": "Total Contract", "total_paid_cents": "Paid"}
    with read_table(admit(text.encode(), "own.csv"), wanted=ANY_ACCOUNTS.columns, mapping=mapping) as table:
        (row,) = fates(table, ANY_ACCOUNTS)
    said: PortfolioRow = row.values
    assert (said.first_name, said.last_name, said.payments_made, said.balance_remaining_cents) == ("Ana", "Soto", 2, 60_00)


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({"IMEI": "3.56E+14"}, RowOutcome.REJECTED_IMEI, "Excel shortened the IMEI to 3.56E+14"),
        ({"IMEI": "35641520749048"}, RowOutcome.PENDING_REVIEW, "is not an IMEI of 15 digits"),
        ({"IMEI": "356415207490484"}, RowOutcome.IMPORTED, "has a wrong check digit"),
        ({"Account Number": ""}, RowOutcome.REJECTED_CONTRACT_NUMBER, "Contract number is missing"),
        ({"Balance": ""}, RowOutcome.REJECTED_BALANCE, "balance is missing"),
        ({"Frequency": "daily"}, RowOutcome.REJECTED_FREQUENCY, "not a frequency we know"),
        ({"Payment Amount": "0"}, RowOutcome.REJECTED_PAYMENT_AMOUNT, "is not above $0.00"),
        ({"Start Date": "13/45/2026"}, RowOutcome.REJECTED_START_DATE, "is not a date"),
    ],
)
def test_a_faulty_row_is_told_what_is_wrong_with_it(changes: dict[str, str], outcome: RowOutcome, words: str) -> None:
    good: dict[str, Any] = {
        "Account Number": "R1",
        "First Name": "Ana",
        "Last Name": "Soto",
        "Phone": "6145550148",
        "Device": "IPHONE 12",
        "IMEI": "356415207490483",
        "Device Cost": "100",
        "Start Date": "2026-06-05",
        "Frequency": "weekly",
        "Payment Amount": "20",
        "Payments Made": "1",
        "Total Paid": "20",
        "Balance": "80",
    }
    row = good | changes
    form = FORMATS[ImportFormat.RTO_CONTRACTS]
    (found,) = parsed(form, ",".join(row) + "\n" + ",".join(row.values()) + "\n")
    assert found.outcome is outcome
    assert any(words in problem.message for problem in found.problems)
