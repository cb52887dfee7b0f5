"""From an admitted file to a table: the right sheet, the header wherever it stands, and the rows that are rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from types import TracebackType
from typing import NamedTuple, Self

from app.workbooks.columns import Column, distinct, guess_mapping, missing
from app.workbooks.footers import rows_without_footer
from app.workbooks.gate import AdmittedFile
from app.workbooks.limited import HEAD_ROWS, LimitedSheets
from app.workbooks.sheets import Row, Sheets, UnreadableFile, open_sheets

HEADER_ROWS = HEAD_ROWS
"""The header may stand in any of the first 20 rows (domain.md part 14)."""

MAX_ROWS = 250_000

MEMORY_BYTES = 1 << 30
"""Address space of a reading child: a workbook of 250,000 rows and 16 columns was read in 380 MB of it."""

SECONDS = 120
"""Processor time of a reading child, and how long it may be waited for: 100,000 rows take about one second."""

NO_ROWS = "The sheet “{sheet}” has a header but no rows below it. Export the report again with its rows and upload that."
TOO_MANY_ROWS = "The file has more than {cap:,} rows. Split it into smaller files and upload them one by one."


class Heading(NamedTuple):
    """A row taken for the header of a sheet."""

    sheet: str
    row_number: int
    headers: tuple[str, ...]
    mapping: dict[str, str]
    """Column key to header, as guessed or as given."""
    missing: tuple[Column, ...]
    """Required columns without a header."""
    sheets: tuple[str, ...] = ()
    """All sheets of the file that may hold a table, for whoever wants another one."""


@dataclass
class Table:
    """An opened table. Use it in a `with` block: leaving the block ends whatever still reads the file."""

    heading: Heading
    rows: Iterator[tuple[int, Row]]
    """(row number as a spreadsheet shows it, cells in the order of the headers); raises UnreadableFile past the row cap."""
    _sheets: Sheets = field(repr=False)

    @property
    def headers(self) -> tuple[str, ...]:
        """The file's own column names, extra columns included."""
        return self.heading.headers

    @property
    def positions(self) -> dict[str, int]:
        """Where each mapped column stands in a row."""
        return {key: self.headers.index(header) for key, header in self.heading.mapping.items()}

    def close(self) -> None:
        """Stop reading."""
        self._sheets.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def read_table(
    file: AdmittedFile, *, wanted: Sequence[Column], mapping: Mapping[str, str] | None = None, max_rows: int = MAX_ROWS
) -> Table:
    """Open the table of a file in this process, without limits: for files that we wrote ourselves, and for tests.

    `mapping` ({column key: header}) is what somebody chose on the mapping page; without it headers are guessed by name.
    Raises UnreadableFile when no sheet has the required columns, or the one that has them has no rows.
    """
    return _table(open_sheets(file.source, file.kind), wanted, mapping, max_rows)


def read_in_child(
    file: AdmittedFile,
    *,
    wanted: Sequence[Column],
    mapping: Mapping[str, str] | None = None,
    sheet: str | None = None,
    max_rows: int = MAX_ROWS,
    memory_bytes: int = MEMORY_BYTES,
    seconds: int = SECONDS,
) -> Table:
    """Open the table of an uploaded file: like `read_table`, with the parsing in a child process that has limits.

    `sheet` is the one that somebody chose; without it the first one that has the required columns is read.
    """
    sheets = LimitedSheets(file.source, file.kind, memory_bytes=memory_bytes, seconds=seconds)
    return _table(sheets, wanted, mapping, max_rows, sheet)


def peek(
    file: AdmittedFile,
    *,
    wanted: Sequence[Column],
    sheet: str | None = None,
    memory_bytes: int = MEMORY_BYTES,
    seconds: int = SECONDS,
) -> Heading:
    """The heading that fits best, even if columns are missing: what the mapping page starts from."""
    sheets = LimitedSheets(file.source, file.kind, memory_bytes=memory_bytes, seconds=seconds)
    try:
        names = tuple(sheets.names)
        headings = [_heading(names[index], _head(sheets, index), wanted, None) for index in _chosen(names, sheet)]
    finally:
        sheets.close()
    best = max((heading for heading in headings if heading), key=lambda heading: len(heading.mapping), default=None)
    if best is None:
        raise UnreadableFile(_nothing_found(wanted))
    return best._replace(sheets=names)


def _chosen(names: Sequence[str], sheet: str | None) -> list[int]:
    """The sheets to look at: the one that was chosen, else all."""
    return [index for index, name in enumerate(names) if sheet is None or name == sheet]


def _table(
    sheets: Sheets, wanted: Sequence[Column], mapping: Mapping[str, str] | None, max_rows: int, sheet: str | None = None
) -> Table:
    """The first sheet that has every required column; when none has, the sentence about the one that comes nearest."""
    try:
        nearest: Heading | None = None
        for index in _chosen(sheets.names, sheet):
            name = sheets.names[index]
            rows = sheets.rows(index)
            head = list(islice(rows, HEADER_ROWS))
            heading = _heading(name, head, wanted, mapping)
            if heading and not heading.missing:
                below = _numbered(chain(head[heading.row_number :], rows), heading)
                data = rows_without_footer(below, _required_positions(heading, wanted))
                first = next(data, None)
                if first is None:
                    raise UnreadableFile(NO_ROWS.format(sheet=name))
                heading = heading._replace(sheets=tuple(sheets.names))
                return Table(heading, _capped(chain([first], data), max_rows), sheets)
            if heading and (nearest is None or len(heading.mapping) > len(nearest.mapping)):
                nearest = heading
        raise UnreadableFile(_what_is_missing(nearest) if nearest and nearest.mapping else _nothing_found(wanted))
    except BaseException:
        sheets.close()
        raise


def _head(sheets: Sheets, index: int) -> list[Row]:
    """The first rows of a sheet."""
    return list(islice(sheets.rows(index), HEADER_ROWS))


def _heading(sheet: str, head: Sequence[Row], wanted: Sequence[Column], mapping: Mapping[str, str] | None) -> Heading | None:
    """The row among the first ones that names most of the wanted columns; the upper one of two equals."""
    best: Heading | None = None
    for row_number, row in enumerate(head, 1):
        width = max((position for position, cell in enumerate(row, 1) if str(cell).strip()), default=0)
        if not width:
            continue
        headers = distinct(row[:width])
        found = guess_mapping(headers, wanted)
        if mapping is not None:
            found = {key: header for key, header in mapping.items() if header in headers}
        if best is None or len(found) > len(best.mapping):
            best = Heading(sheet, row_number, headers, found, tuple(missing(found, wanted)))
    return best


def _required_positions(heading: Heading, wanted: Sequence[Column]) -> list[int]:
    """Where the columns stand that every row should fill."""
    return [heading.headers.index(heading.mapping[column.key]) for column in wanted if column.is_required]


def _numbered(rows: Iterator[Row], heading: Heading) -> Iterator[tuple[int, Row]]:
    """Rows with their numbers in the file; short rows of text files are filled up to the width of the header."""
    width = len(heading.headers)
    blanks = [""] * width
    for row_number, row in enumerate(rows, heading.row_number + 1):
        yield row_number, row if len(row) >= width else [*row, *blanks[len(row) :]]


def _capped(rows: Iterator[tuple[int, Row]], max_rows: int) -> Iterator[tuple[int, Row]]:
    """The rows, until there are too many."""
    yield from islice(rows, max_rows)
    if next(rows, None) is not None:
        raise UnreadableFile(TOO_MANY_ROWS.format(cap=max_rows))


def _what_is_missing(heading: Heading) -> str:
    """The sentence for a sheet that has some of the columns."""
    names = ", ".join(column.name for column in heading.missing)
    found = ", ".join(heading.headers)
    plural = "s" if len(heading.missing) > 1 else ""
    return (
        f"The sheet “{heading.sheet}” lacks the column{plural} {names} (row {heading.row_number} has: {_short(found)})."
        " Add what is missing, or say on the mapping page which column it is."
    )


def _nothing_found(wanted: Sequence[Column]) -> str:
    """The sentence for a file in which no row looks like the header."""
    names = ", ".join(column.name for column in wanted if column.is_required)
    return f"None of the first {HEADER_ROWS} rows names the columns of this report. Its header must have: {names}."


def _short(text: str, length: int = 300) -> str:
    """A list that a page can show even if a file has hundreds of columns."""
    return text if len(text) <= length else text[:length].rsplit(",", 1)[0] + ", …"
