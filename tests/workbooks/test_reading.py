"""Finding the table in a file: sheet, header, columns, rows."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import pytest

from app.workbooks.cells import amount, text
from app.workbooks.columns import Column, guess_mapping
from app.workbooks.days import day
from app.workbooks.gate import admit
from app.workbooks.portfolio_report import COLUMNS
from app.workbooks.reading import peek, read_in_child, read_table
from app.workbooks.sheets import UnreadableFile
from tests.workbooks.making import GOOD_ROW, HEADER, sheets_xlsx, xlsx, zipped
from tests.workbooks.old_workbook import old_xls

WANTED = (
    Column("number", "CONTRACT#", "number", text, synonyms=("Contract Number",)),
    Column("name", "CUSTOMERNAME", "name", text, synonyms=("Name",)),
    Column("amount_cents", "AMOUNT", "amount", amount),
    Column("memo", "MEMO", "memo", text, is_required=False),
)


def rows_of(content: bytes, filename: str = "file.xlsx", **options: Any) -> list[tuple[int, list[Any]]]:
    """Row numbers and cells of the table in a file."""
    with read_table(admit(content, filename), wanted=WANTED, **options) as table:
        return [(number, list(row)) for number, row in table.rows]


def named_rows(content: bytes, filename: str = "file.xlsx") -> list[dict[str, Any]]:
    """Each row as {column key: cell}."""
    with read_table(admit(content, filename), wanted=WANTED) as table:
        places = table.positions
        return [{key: row[place] for key, place in places.items()} for _, row in table.rows]


def refusal(content: bytes, filename: str = "file.xlsx", **options: Any) -> str:
    """The sentence with which the file is refused while it is read."""
    with pytest.raises(UnreadableFile) as caught:
        rows_of(content, filename, **options)
    return caught.value.sentence


def test_the_header_may_stand_in_row_20_under_titles_and_in_any_order() -> None:
    titles: list[Sequence[Any]] = [["Portfolio Detailed Report"], [], ["As of", "11/20/2026"], *[[] for _ in range(16)]]
    content = xlsx([*titles, ["Amount", "", "contract #", " Customer  Name "], [12.5, "x", "A-1", "Ana"]])
    with read_table(admit(content, "file.xlsx"), wanted=WANTED) as table:
        assert table.heading.row_number == 20
        assert table.headers == ("Amount", "Column 2", "contract #", "Customer Name")
        assert list(table.rows) == [(21, [12.5, "x", "A-1", "Ana"])]
        assert table.positions == {"number": 2, "name": 3, "amount_cents": 0}


def test_a_header_in_row_21_is_too_low() -> None:
    content = xlsx([*[["x"] for _ in range(20)], ["CONTRACT#", "NAME", "AMOUNT"], ["1", "Ana", 1]])
    assert "None of the first 20 rows" in refusal(content)


def test_a_sheet_that_starts_in_column_c_is_read_like_any_other() -> None:
    content = xlsx([[], ["", "", "CONTRACT#", "NAME", "AMOUNT"], ["", "", "1", "Ana", 5.0]])
    assert named_rows(content) == [{"number": "1", "name": "Ana", "amount_cents": 5.0}]


def test_blank_rows_keep_their_numbers_and_are_no_rows() -> None:
    content = xlsx([["CONTRACT#", "NAME", "AMOUNT"], ["1", "Ana", 1], [], ["  ", "\N{NO-BREAK SPACE}", ""], ["2", "Bo", 2]])
    assert [number for number, _ in rows_of(content)] == [2, 5]


@pytest.mark.parametrize(
    "foot",
    [
        [["Grand Total", "", 3]],
        [["TOTAL:", "", "$3.00"]],
        [[], ["", "Totals", 3]],
        [["", "", 3]],
        [["Subtotal", "", 3], ["Grand total", "", 3]],
        [["Records: 2"]],
        [[], ["Printed on 11/20/2026 by the billing system"]],
    ],
)
def test_totals_and_remarks_at_the_foot_are_no_rows(foot: list[list[Any]]) -> None:
    content = xlsx([["CONTRACT#", "NAME", "AMOUNT"], ["1", "Ana", 1], ["2", "Bo", 2], *foot])
    assert [row[0] for _, row in rows_of(content)] == ["1", "2"]


def test_a_row_that_lacks_its_number_in_the_middle_of_a_file_is_a_row() -> None:
    content = xlsx([["CONTRACT#", "NAME", "AMOUNT"], ["1", "Ana", 1], ["", "", 7], ["", "Cy", ""], ["2", "Bo", 2]])
    assert [number for number, _ in rows_of(content)] == [2, 3, 4, 5]


def test_a_last_row_of_numbers_that_is_mostly_full_is_a_row() -> None:
    assert len(rows_of(xlsx([["CONTRACT#", "NAME", "AMOUNT"], ["1", "Ana", 1], ["", 5, 7]]))) == 2


def test_a_customer_called_total_is_a_row_when_the_row_is_full() -> None:
    content = xlsx([["NAME", "CONTRACT#", "AMOUNT"], ["Total", "1", 1]])
    assert len(rows_of(content)) == 1


def test_of_several_sheets_the_one_whose_columns_fit_is_read() -> None:
    data: list[list[Any]] = [["CONTRACT#", "NAME", "AMOUNT"], ["2", "yes", 5]]
    content = sheets_xlsx({"Notes": [["CONTRACT#", "NAME"], ["1", "no"]], "Data": data})
    with read_table(admit(content, "file.xlsx"), wanted=WANTED) as table:
        assert table.heading.sheet == "Data"
        assert [row[1] for _, row in table.rows] == ["yes"]


def test_a_visible_sheet_goes_before_a_hidden_one() -> None:
    good: list[list[Any]] = [["CONTRACT#", "NAME", "AMOUNT"], ["1", "old", 5]]
    content = sheets_xlsx({"Old": good, "New": [good[0], ["1", "new", 5]]}, hidden=["Old"])
    assert [row[1] for _, row in rows_of(content)] == ["new"]


def test_missing_columns_are_named_together_with_what_was_found() -> None:
    sentence = refusal(xlsx([["Name", "Color"], ["Ana", "red"]]))
    assert "lacks the columns CONTRACT#, AMOUNT" in sentence
    assert "row 1 has: Name, Color" in sentence


def test_a_file_without_any_known_column_is_told_what_the_header_must_have() -> None:
    assert "Its header must have: CONTRACT#, CUSTOMERNAME, AMOUNT." in refusal(xlsx([["a", "b"], [1, 2]]))


@pytest.mark.parametrize("below", [[], [[], []], [["Grand Total", "", 0]]])
def test_a_header_without_rows_is_said(below: list[list[Any]]) -> None:
    assert "has a header but no rows below it" in refusal(xlsx([["CONTRACT#", "NAME", "AMOUNT"], *below]))


def test_a_workbook_with_an_empty_sheet_only_is_refused() -> None:
    assert "None of the first 20 rows" in refusal(xlsx([]))


def test_more_rows_than_the_cap_are_refused_and_the_cap_itself_is_not() -> None:
    content = xlsx([["CONTRACT#", "NAME", "AMOUNT"], *[[str(n), "Ana", n] for n in range(30)], ["Total", "", 1]])
    assert len(rows_of(content, max_rows=30)) == 30
    assert "more than 29 rows" in refusal(content, max_rows=29)


def test_a_mapping_that_somebody_chose_wins_over_names() -> None:
    content = xlsx([["Id", "Amount", "Name", "Fee"], ["7", 1.0, "Ana", 2.0]])
    chosen = {"number": "Id", "name": "Name", "amount_cents": "Fee"}
    with read_table(admit(content, "file.xlsx"), wanted=WANTED, mapping=chosen) as table:
        assert table.positions == {"number": 0, "name": 2, "amount_cents": 3}
    assert "lacks the column AMOUNT" in refusal(content, mapping={**chosen, "amount_cents": "Nothing"})


def test_two_headers_of_one_name_are_told_apart_and_the_first_is_taken() -> None:
    content = xlsx([["CONTRACT#", "NAME", "AMOUNT", "amount", "AMOUNT"], ["1", "Ana", 1.0, 2.0, 3.0]])
    with read_table(admit(content, "file.xlsx"), wanted=WANTED) as table:
        assert table.headers == ("CONTRACT#", "NAME", "AMOUNT", "amount", "AMOUNT (2)")
        assert table.positions["amount_cents"] == 2


def test_a_columns_own_name_wins_over_a_synonym() -> None:
    assert guess_mapping(["Contract Number", "CONTRACT#"], WANTED)["number"] == "CONTRACT#"


def test_one_header_is_not_given_to_two_columns() -> None:
    cost = Column("cost_cents", "COST", "cost", amount, synonyms=("Amount",))
    assert guess_mapping(["Amount"], [cost, *WANTED]) == {"amount_cents": "Amount"}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_text_files_are_read_whatever_separator_and_encoding_they_use(separator: str, encoding: str) -> None:
    lines = [["CONTRACT#", "NAME", "AMOUNT", "MEMO"], ["007", '"Muñoz, Ana; or | so"', "12.50"], [""], ["8", "Bo", "1", "hi"]]
    content = "\r\n".join(separator.join(line) for line in lines).encode(encoding)
    expected = [(2, ["007", "Muñoz, Ana; or | so", "12.50", ""]), (4, ["8", "Bo", "1", "hi"])]
    assert rows_of(content, "file.csv") == expected


def test_a_first_line_that_names_the_separator_is_believed() -> None:
    content = b"sep=;\r\nCONTRACT#;NAME;AMOUNT\r\n1;a,b,c,d,e;2\r\n"
    assert rows_of(content, "file.csv") == [(3, ["1", "a,b,c,d,e", "2"])]


def test_a_quoted_line_break_does_not_shift_row_numbers() -> None:
    content = b'CONTRACT#,NAME,AMOUNT\n1,"Ana\nMaria",2\n3,Bo,4\n'
    assert rows_of(content, "file.csv") == [(2, ["1", "Ana\nMaria", "2"]), (3, ["3", "Bo", "4"])]


def test_a_nul_far_down_in_a_text_file_does_not_reach_the_rows() -> None:
    content = b"CONTRACT#,NAME,AMOUNT\n" + b"1,Ana,2\n" * 9_000 + b"2,B\0o,3\n"
    assert rows_of(content, "file.csv")[-1] == (9002, ["2", "Bo", "3"])


def test_a_quotation_mark_that_is_never_closed_is_said() -> None:
    content = b'CONTRACT#,NAME,AMOUNT\n1,"Ana,2\n' + b"3,Bo,4\n" * 30_000
    assert "quotation mark" in refusal(content, "file.csv")


def test_the_mapping_page_sees_the_best_header_even_when_columns_are_missing() -> None:
    heading = peek(admit(xlsx([["Report"], ["Id", "Customer Name", "Amount"], ["1", "Ana", 2]]), "file.xlsx"), wanted=WANTED)
    assert (heading.row_number, heading.headers) == (2, ("Id", "Customer Name", "Amount"))
    assert heading.mapping == {"name": "Customer Name", "amount_cents": "Amount"}
    assert [column.key for column in heading.missing] == ["number"]


def test_the_mapping_page_of_a_file_without_known_names_still_gets_its_headers() -> None:
    heading = peek(admit(b"a;b\n1;2\n", "file.csv"), wanted=WANTED)
    assert (heading.headers, heading.mapping) == (("a", "b"), {})


ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def ods(rows: Sequence[Sequence[str]], kind: str = ODS_TYPE, **parts: str) -> bytes:
    """A spreadsheet as LibreOffice keeps it, of text cells."""
    cells = "".join(
        "<table:table-row>"
        + "".join(f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row)
        + "</table:table-row>"
        for row in rows
    )
    name = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{name}:office:1.0" xmlns:table="{name}:table:1.0" '
        f'xmlns:text="{name}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Detail">{cells}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{name}:manifest:1.0"/>'
    return zipped({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest, **parts})


def test_a_spreadsheet_of_libre_office_is_read_like_a_workbook_of_excel() -> None:
    content = ods([HEADER, [str(cell) for cell in GOOD_ROW]])
    with read_in_child(admit(content, "report.ods"), wanted=COLUMNS) as table:
        ((number, row),) = list(table.rows)
    assert (number, row[0], row[3]) == (2, "7655194-1", "Lori")


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (ods([HEADER]), "report.xlsx", "Rename it to end in .ods"),
        (xlsx([HEADER]), "report.ods", "Rename it to end in .xlsx"),
        (ods([HEADER], "application/vnd.oasis.opendocument.text"), "letter.ods", "an OpenDocument"),
        (ods([HEADER], **{"Basic/Standard/Module1.xml": "<x/>"}), "report.ods", "holds macros"),
    ],
)
def test_what_only_looks_like_a_spreadsheet_of_libre_office_is_refused(content: bytes, name: str, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        admit(content, name)


def test_dates_of_a_workbook_that_counts_from_1904_are_the_days_that_excel_shows() -> None:
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"date_1904": True}) as book:
        page = book.add_worksheet("Detail")
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, GOOD_ROW)
        page.write_datetime(1, 2, dt.date(2026, 4, 5), book.add_format({"num_format": "mm/dd/yyyy"}))
    with read_in_child(admit(target.getvalue(), "mac.xlsx"), wanted=COLUMNS) as table:
        ((_, row),) = list(table.rows)
    assert day(row[2])[0] == dt.date(2026, 4, 5)


def test_an_old_workbook_is_read_behind_the_same_gate() -> None:
    with read_in_child(admit(old_xls(), "report.xls"), wanted=COLUMNS) as table:
        ((number, row),) = list(table.rows)
    assert (table.heading.sheet, table.heading.row_number, number) == ("Detail", 3, 4)
    assert (row[0], day(row[2])[0], row[4], amount(row[12])[0]) == ("7655194-1", dt.date(2026, 4, 5), "Mu\xf1oz", 459_08)


@pytest.mark.parametrize(
    ("stream", "name", "words"),
    [
        ("_VBA_PROJECT", "report.xls", "holds macros"),
        ("EncryptedPackage", "report.xls", "protected by a password"),
        ("", "report.xlsx", "Rename it so that it ends in .xls"),
    ],
)
def test_an_old_workbook_with_something_else_in_it_is_refused(stream: str, name: str, words: str) -> None:
    content = old_xls() + (f"{stream}\0".encode("utf-16-le") if stream else b"")
    with pytest.raises(UnreadableFile, match=words):
        admit(content, name)


def test_an_old_workbook_that_is_cut_off_is_a_sentence() -> None:
    with pytest.raises(UnreadableFile, match="damaged"):
        read_in_child(admit(old_xls()[:3_000] + "Workbook\0".encode("utf-16-le"), "report.xls"), wanted=COLUMNS)


def test_merged_titles_above_and_hidden_rows_within_do_not_hide_a_row() -> None:
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet("Detail")
        page.merge_range(0, 0, 0, 12, "Portfolio Detailed Report")
        page.merge_range(1, 0, 1, 5, "CONTRACT#")  # A title that is named like a column.
        page.write_row(2, 0, HEADER)
        for number in range(3):
            page.write_row(3 + number, 0, [f"70000{number}", *GOOD_ROW[1:]])
        page.set_row(4, None, None, {"hidden": True})
    with read_in_child(admit(target.getvalue(), "report.xlsx"), wanted=COLUMNS) as table:
        assert [row[0] for _, row in table.rows] == ["700000", "700001", "700002"]
    assert table.heading.row_number == 3


def test_the_sheet_that_somebody_chose_is_read_even_if_another_one_comes_first() -> None:
    second = [f"8{GOOD_ROW[0]}", *GOOD_ROW[1:]]
    content = sheets_xlsx({"June": [HEADER, GOOD_ROW], "July": [HEADER, second]})
    with read_in_child(admit(content, "report.xlsx"), wanted=COLUMNS, sheet="July") as table:
        assert [row[0] for _, row in table.rows] == [second[0]]
    assert (table.heading.sheet, table.heading.sheets) == ("July", ("June", "July"))
    assert peek(admit(content, "report.xlsx"), wanted=COLUMNS, sheet="July").sheet == "July"
