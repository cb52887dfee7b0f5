"""The Portfolio Detailed Report: what each row says and what becomes of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.domain.errors import Severity
from app.domain.portfolio.imports import RowOutcome
from app.domain.servicing.frequency import Frequency
from app.workbooks.formats.shape import ParsedRow, fates
from app.workbooks.gate import AdmittedFile, admit
from app.workbooks.portfolio_report import COLUMNS, PORTFOLIO_REPORT, PortfolioRow
from app.workbooks.reading import read_in_child, read_table
from app.workbooks.samples import HEADERS, sample_rows, write_sample
from tests.workbooks.making import GOOD_ROW, HEADER, altered, report, xlsx

BUSINESS_ON = date(2026, 11, 20)
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
SHARED_REPORTS = [SHARED] if (SHARED / "portfolio.expected.json").exists() else []
"""The workbook of the specification, where it lies beside the repository; the generated sample stands in everywhere else."""


def parsed(file: AdmittedFile, **options: Any) -> list[ParsedRow[PortfolioRow]]:
    """Every row of a file with its fate."""
    with read_table(file, wanted=COLUMNS) as table:
        return list(fates(table, PORTFOLIO_REPORT, **options))


def only(*row: Any) -> ParsedRow[PortfolioRow]:
    """The fate of a single row."""
    (one,) = parsed(report(row))
    return one


def spelled(row: ParsedRow[PortfolioRow]) -> dict[str, Any]:
    """A row as the expected file of the specification spells it."""

    def dollars(cents: int | None) -> str | None:
        return None if cents is None else f"{cents // 100}.{cents % 100:02d}"

    values = row.values
    return {
        "approval_id": values.approval_id,
        "start_date": values.start_on.isoformat() if values.start_on else None,
        "first_name": values.first_name,
        "last_name": values.last_name,
        "phone": values.phone,
        "device_model": values.device_model,
        "device_imei": values.device_imei,
        "device_cost": dollars(values.device_cost_cents),
        "frequency": values.frequency.value if values.frequency else None,
        "payment_amount": dollars(values.payment_amount_cents),
        "payments_made": values.payments_made,
        "total_paid": dollars(values.total_paid_cents),
        "balance_remaining": dollars(values.balance_remaining_cents),
        "outcome": row.outcome.value,
    }


SPOILED = {
    "rejected:contract_number": "approval_id",
    "rejected:start_date": "start_date",
    "rejected:frequency": "frequency",
    "rejected:payment_amount": "payment_amount",
}
"""Of a rejected row the expected file gives what the faulty cell should have been, which nobody can read from the cell."""


@pytest.mark.parametrize("folder", SHARED_REPORTS)
def test_the_report_of_the_specification_is_read_account_by_account_and_value_by_value(folder: Path) -> None:
    wanted = json.loads((folder / "portfolio.expected.json").read_text())
    path = folder / "Portfolio Detailed Report.xlsx"
    with read_in_child(admit(path, path.name), wanted=COLUMNS) as table:
        rows = list(fates(table, PORTFOLIO_REPORT))
    assert len(rows) == wanted["rows"]
    assert Counter(row.outcome.value for row in rows) == wanted["outcomes"]
    for row, account in zip(rows, wanted["accounts"], strict=True):
        differing = {key for key, value in spelled(row).items() if value != account[key]}
        assert differing <= {SPOILED.get(account["outcome"], "")}, (row.row_number, differing)
    coming_in = [row.values for row in rows if row.outcome.is_in]
    assert f"{sum(values.balance_remaining_cents or 0 for values in coming_in) / 100:.2f}" == wanted["balance_total"]
    assert f"{sum(values.total_paid_cents or 0 for values in coming_in) / 100:.2f}" == wanted["paid_total"]
    assert [row.row_number for row in rows] == list(range(2, len(rows) + 2))


@pytest.mark.parametrize("folder", SHARED_REPORTS)
def test_the_same_report_with_its_header_on_line_7_and_shuffled_columns_says_the_same(folder: Path) -> None:
    path = folder / "Portfolio Detailed Report.xlsx"
    original = admit(path, path.name)
    with read_table(original, wanted=COLUMNS) as table:
        headers, cells = list(table.headers), [list(row) for _, row in table.rows]
    assert_shuffling_changes_nothing(parsed(original), headers, cells)


def test_a_sample_with_its_header_on_line_7_and_shuffled_columns_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "sample.xlsx"
    write_sample(path, 600, business_on=BUSINESS_ON)
    cells = [list(row.cells) for row in sample_rows(600, business_on=BUSINESS_ON)]
    assert_shuffling_changes_nothing(parsed(admit(path, path.name)), list(HEADERS), cells)


def assert_shuffling_changes_nothing(rows: list[ParsedRow[PortfolioRow]], headers: list[str], cells: list[list[Any]]) -> None:
    """Write the cells again below five lines of titles, columns in another order among extra ones, and compare."""
    order = list(range(len(headers)))
    Random(7).shuffle(order)
    titles: list[list[Any]] = [["Portfolio Detailed Report"], [], ["Dealer", "all"], ["As of", BUSINESS_ON], [], []]
    content = xlsx(
        [
            *titles,
            ["Notes", *(headers[at].lower().replace("customer", "Customer ") for at in order), "Internal"],
            *(["-", *(row[at] for at in order), 1] for row in cells),
        ]
    )
    shuffled = parsed(admit(content, "shuffled.xlsx"))
    assert shuffled[0].row_number == 8
    assert [(row.values, row.outcome) for row in shuffled] == [(row.values, row.outcome) for row in rows]


def test_every_row_of_a_generated_report_gets_the_fate_and_the_values_that_were_planned_for_it(tmp_path: Path) -> None:
    path = tmp_path / "sample.xlsx"
    planned = write_sample(path, 4000, business_on=BUSINESS_ON, seed=5)
    with read_in_child(admit(path, path.name), wanted=COLUMNS) as table:
        rows = list(fates(table, PORTFOLIO_REPORT))
    assert len(rows) == len(planned) == 4000
    for row, plan in zip(rows, planned, strict=True):
        assert row.outcome == plan.outcome, row
        for key in set(plan._fields) - {"outcome", "fault", "next_due_on", plan.fault}:
            assert getattr(row.values, key) == getattr(plan, key), (row.row_number, key)


def test_a_good_row_has_nothing_to_remark() -> None:
    row = only(*GOOD_ROW)
    assert (row.outcome, row.problems, row.row_number) == (RowOutcome.IMPORTED, (), 2)
    assert row.values.frequency is Frequency.WEEKLY
    assert row.values.as_json() == {
        "approval_id": "7655194", "contract_number": "7655194-1", "status": "Active", "start_on": "2026-04-05",
        "first_name": "Lori", "first_name_raw": "Lori", "last_name": "Diaz", "phone": "+13055559628",
        "device_model": "SAMSUNG GALAXY S22", "device_imei": "355933250577007", "device_cost_cents": 16185,
        "frequency": "weekly", "payment_amount_cents": 1996, "payments_made": 29, "total_paid_cents": 57884,
        "balance_remaining_cents": 45908, "next_due_on": None, "email": None, "address": None, "city": None,
        "state": None, "zip_code": None, "dealer": None, "store": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "outcome", "said"),
    [
        ({"CONTRACTBILLINGSTATUS": "Paid Off"}, "skipped:not_active", "Not active: Paid Off"),
        ({"CONTRACTBILLINGSTATUS": ""}, "skipped:not_active", "Not active: blank"),
        ({"CONTRACTBILLINGSTATUS": "Inactive"}, "skipped:not_active", "Not active: Inactive"),
        ({"CONTRACT": "Closed", "CONTRACTBILLINGSTATUS": "Closed", "PAYMENTFREQUENCY": "?"}, "skipped:not_active", "Closed"),
        ({"CONTRACT": " "}, "rejected:contract_number", "Contract number is missing"),
        ({"CONTRACT": "-1"}, "rejected:contract_number", "Contract number is missing"),
        ({"CONTRACT": "9" * 41}, "rejected:contract_number", "longer than 40"),
        ({"CONTRACTORIGINATIONDATE": "13/45/2025"}, "rejected:start_date", "“13/45/2025” is not a date"),
        ({"CONTRACTORIGINATIONDATE": ""}, "rejected:start_date", "Start date is missing"),
        ({"PAYMENTFREQUENCY": "???"}, "rejected:frequency", "“???” is not a frequency we know"),
        ({"PAYMENTFREQUENCY": ""}, "rejected:frequency", "Payment frequency is missing"),
        ({"NEXTPAYMENTAMOUNT": "n/a"}, "rejected:payment_amount", "“n/a” is not an amount of money"),
        ({"NEXTPAYMENTAMOUNT": 0}, "rejected:payment_amount", "Payment amount $0.00 is not above $0.00"),
        ({"NEXTPAYMENTAMOUNT": "(12.50)"}, "rejected:payment_amount", "is not above $0.00"),
        ({"NEXTPAYMENTAMOUNT": ""}, "rejected:payment_amount", "Payment amount is missing"),
        ({"NEXTPAYMENTAMOUNT": 0.01}, "rejected:payment_amount", "45,937 installments"),
        ({"COUNTOFPAYMENTSCOLLECTED": "many"}, "rejected:payments_made", "“many” is not a whole number"),
        ({"COUNTOFPAYMENTSCOLLECTED": -3}, "rejected:payments_made", "“-3” is not a whole number"),
        ({"SUMOFPAYMENTSMADE": "x"}, "rejected:total_paid", "“x” is not an amount of money"),
        ({"SUMOFPAYMENTSMADE": -5}, "rejected:total_paid", "is below $0.00"),
        ({"OUTSTANDINGBALANCERENTAL": ""}, "rejected:balance_remaining", "Outstanding balance is missing"),
        ({"OUTSTANDINGBALANCERENTAL": "(4.00)"}, "rejected:balance_remaining", "is below $0.00"),
    ],
)  # fmt: skip
def test_a_row_that_stays_out_says_why(cells: dict[str, Any], outcome: str, said: str) -> None:
    row = only(*altered(**cells))
    assert row.outcome == outcome
    assert any(said in problem.message for problem in row.problems if problem.severity is Severity.ERROR)


@pytest.mark.parametrize(
    ("cells", "outcome", "said"),
    [
        ({"CUSTOMERPHONE1": "555-01"}, "imported", "“555-01” is not a phone number; left empty"),
        ({"CUSTOMERPHONE1": ""}, "imported", "Phone number is missing"),
        ({"MERCHDESCRIPTION": "GALAXY S22 355933250577008"}, "imported", "IMEI 355933250577008 has a wrong check digit"),
        ({"MERCHDESCRIPTION": "GALAXY S22"}, "pending_review", "No IMEI in the description"),
        ({"MERCHDESCRIPTION": ""}, "pending_review", "No IMEI in the description"),
        ({"CONTRACTCOST": ""}, "pending_review", "Device cost is missing"),
        ({"CONTRACTCOST": "tbd"}, "pending_review", "“tbd” is not an amount of money"),
        ({"CONTRACTCOST": -1}, "pending_review", "is below $0.00; left empty"),
        ({"COUNTOFPAYMENTSCOLLECTED": ""}, "imported", "taken as 0"),
        ({"SUMOFPAYMENTSMADE": ""}, "imported", "taken as payments made times the payment"),
        ({"CUSTOMERFIRSTNAME": "*PAST DUE*", "CUSTOMERLASTNAME": ""}, "imported", "Customer name is missing"),
        ({"CUSTOMERLASTNAME": "x" * 81}, "imported", "Longer than 80 characters; cut"),
    ],
)
def test_a_row_that_comes_in_with_something_missing_carries_a_warning(cells: dict[str, Any], outcome: str, said: str) -> None:
    row = only(*altered(**cells))
    assert row.outcome == outcome
    assert [problem.severity for problem in row.problems] == [Severity.WARNING] * len(row.problems)
    assert any(said in problem.message for problem in row.problems)


def test_what_cannot_be_kept_is_left_empty_and_blanks_get_their_defaults() -> None:
    assert only(*altered(CUSTOMERPHONE1="555-01")).values.phone is None
    assert only(*altered(CONTRACTCOST=-1)).values.device_cost_cents is None
    assert only(*altered(COUNTOFPAYMENTSCOLLECTED="")).values.payments_made == 0
    assert only(*altered(SUMOFPAYMENTSMADE="")).values.total_paid_cents == 29 * 1996
    assert only(*altered(CUSTOMERLASTNAME="x" * 81)).values.last_name == "x" * 80


def test_the_first_fault_in_the_stated_order_decides_and_all_are_listed() -> None:
    row = only(*altered(CONTRACTORIGINATIONDATE="TBD", PAYMENTFREQUENCY="?", NEXTPAYMENTAMOUNT="n/a", CUSTOMERPHONE1="1"))
    assert row.outcome is RowOutcome.REJECTED_START_DATE
    assert [problem.column for problem in row.problems] == [
        "CONTRACTORIGINATIONDATE", "CUSTOMERPHONE1", "PAYMENTFREQUENCY", "NEXTPAYMENTAMOUNT",
    ]  # fmt: skip
    assert {problem.row for problem in row.problems} == {2}


@pytest.mark.parametrize("status", ["Active", "ACTIVE", " active ", "A c t i v e", "\N{NO-BREAK SPACE}Active"])
def test_active_in_any_case_and_with_any_spaces_comes_in(status: str) -> None:
    assert only(*altered(CONTRACTBILLINGSTATUS=status)).outcome is RowOutcome.IMPORTED


@pytest.mark.parametrize(
    ("cell", "number"), [("55-1", "55"), ("55-12", "55"), ("55-123", "55-123"), (55.0, "55"), ("A-5-1", "A-5")]
)
def test_a_suffix_of_one_or_two_digits_is_cut_off(cell: Any, number: str) -> None:
    row = only(*altered(CONTRACT=cell))
    assert row.values.approval_id == number


def test_the_first_row_of_a_number_wins_whatever_its_suffix() -> None:
    rows = parsed(report(altered(CONTRACT="55-1"), altered(CONTRACT=55.0), altered(CONTRACT="55-2", PAYMENTFREQUENCY="?")))
    assert [row.outcome.value for row in rows] == ["imported", "skipped:duplicate", "skipped:duplicate"]
    assert [problem.message for problem in rows[2].problems] == ["Duplicate of row 2, the first wins"]


def test_a_pending_row_holds_its_number_and_a_skipped_or_rejected_one_does_not() -> None:
    rows = parsed(
        report(
            altered(CONTRACT="1-1", CONTRACTCOST=""),
            altered(CONTRACT="1-2"),
            altered(CONTRACT="2-1", CONTRACTBILLINGSTATUS="Closed"),
            altered(CONTRACT="2-2"),
            altered(CONTRACT="3-1", PAYMENTFREQUENCY="?"),
            altered(CONTRACT="3-1"),
            altered(CONTRACT="3-1", CONTRACTBILLINGSTATUS="Closed"),
            altered(CONTRACT=""),
            altered(CONTRACT=""),
        )
    )
    assert [row.outcome.value for row in rows] == [
        "pending_review", "skipped:duplicate", "skipped:not_active", "imported", "rejected:frequency", "imported",
        "skipped:not_active", "rejected:contract_number", "rejected:contract_number",
    ]  # fmt: skip


def test_a_number_that_exists_already_is_a_duplicate_before_anything_else_is_wrong_with_it() -> None:
    rows = parsed(
        report(altered(CONTRACT="1-1"), altered(CONTRACT="2-1", PAYMENTFREQUENCY="?"), altered(CONTRACT="3-1")), taken={"1", "2"}
    )
    assert [row.outcome.value for row in rows] == ["skipped:duplicate", "skipped:duplicate", "imported"]
    assert rows[0].problems[0].message == "Contract 1 exists already"


def test_optional_columns_are_read_where_the_file_has_them() -> None:
    extra = ["NEXTPAYMENTDATE", "Email", "ADDRESS1", "City", "STATE", "Zip Code", "Dealer Name", "STORE #"]
    cells = ["11/27/2026", "LORI@EXAMPLE.COM", "12 Main St", "Tampa", "fl", 2139.0, "MOBILE DEPOT", 101.0]
    (row,) = parsed(report([*GOOD_ROW, *cells], header=[*HEADER, *extra]))
    values = row.values
    assert row.problems == ()
    assert (values.next_due_on, values.email, values.address, values.city, values.state, values.zip_code) == (
        date(2026, 11, 27), "lori@example.com", "12 Main St", "Tampa", "FL", "02139",
    )  # fmt: skip
    assert (values.dealer, values.store) == ("MOBILE DEPOT", "101")


def test_an_unreadable_optional_cell_is_a_warning() -> None:
    (row,) = parsed(report([*GOOD_ROW, "soon", "Florida"], header=[*HEADER, "NEXTPAYMENTDATE", "CUSTOMERSTATE"]))
    assert row.outcome is RowOutcome.IMPORTED
    assert [problem.column for problem in row.problems] == ["NEXTPAYMENTDATE", "CUSTOMERSTATE"]
    assert (row.values.next_due_on, row.values.state) == (None, None)


def test_the_mark_before_a_name_is_kept_apart_from_the_name() -> None:
    values = only(*altered(CUSTOMERFIRSTNAME="**STOLEN** BK - Julio César ")).values
    assert (values.first_name, values.first_name_raw, values.mark) == (
        "Julio César", "**STOLEN** BK - Julio César", "**STOLEN** BK -",
    )  # fmt: skip


def test_a_csv_of_the_report_says_the_same_as_the_workbook(tmp_path: Path) -> None:
    rows = list(sample_rows(400, business_on=BUSINESS_ON))
    lines = [";".join(HEADERS), *(";".join(str(cell) for cell in row.cells) for row in rows), "Grand Total;;;;;;;;;;;;1,00;;;"]
    from_text = parsed(admit("\r\n".join(lines).encode("cp1252"), "report.csv"))
    path = tmp_path / "report.xlsx"
    write_sample(path, 400, business_on=BUSINESS_ON)
    assert [(row.values, row.outcome) for row in from_text] == [
        (row.values, row.outcome) for row in parsed(admit(path, "r.xlsx"))
    ]


def test_every_column_explains_itself_on_the_import_page() -> None:
    required = [column for column in COLUMNS if column.is_required]
    assert [column.name for column in required] == HEADER
    assert all(column.note for column in required)
    assert len({column.key for column in COLUMNS}) == len(COLUMNS)
    for column in COLUMNS:
        value, message = column.parse(column.example)
        assert value is not None and message is None, column.key
