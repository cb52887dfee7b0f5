"""What each row of a Portfolio Detailed Report says and what becomes of it (domain.md part 14).

Order of the checks: not active, contract number, duplicate, start date, frequency, payment amount, payments made, total
paid, balance; what is left comes in, to Pending Review when its IMEI or its cost is missing. A row that is kept out lists
everything that is wrong with it, so that it needs mending once only.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from operator import itemgetter

from app.domain.errors import Problem, Severity
from app.domain.portfolio.imports import RowOutcome
from app.workbooks import cells, contacts
from app.workbooks.devices import device
from app.workbooks.names import MAX_NAME, without_marks
from app.workbooks.portfolio_checks import is_flawless, judge
from app.workbooks.portfolio_columns import COLUMNS
from app.workbooks.portfolio_row import ParsedRow, PortfolioRow
from app.workbooks.reading import Table
from app.workbooks.sheets import Row

__all__ = ["COLUMNS", "ParsedRow", "PortfolioRow", "RowReader", "fates"]

ACTIVE = "active"

_SUFFIX = re.compile(r"-[0-9]{1,2}\Z")
_OPTIONAL_FROM = next(slot for slot, column in enumerate(COLUMNS) if not column.is_required)


class RowReader:
    """Reads the rows of one table, whatever the order of its columns."""

    def __init__(self, headers: Sequence[str], mapping: Mapping[str, str]) -> None:
        """`mapping` is {column key: header}, as `guess_mapping` or the mapping page made it."""
        self._mapping = mapping
        self._width = len(headers)
        # A column that the file lacks is read from the blank that `read` puts behind the row.
        self._pick = itemgetter(*(headers.index(mapping[c.key]) if c.key in mapping else len(headers) for c in COLUMNS))
        self._optional = [(slot, c.parse) for slot, c in enumerate(COLUMNS) if not c.is_required and c.key in mapping]

    def read(self, row_number: int, row: Row) -> ParsedRow:
        """One row and its fate, as far as the row alone decides it; whether it repeats another is seen by `fates`."""
        picked = self._pick([*row[: self._width], ""])
        values, is_clean = self._values(picked)
        if not _is_active(values.status):
            problem = Problem(row_number, self._mapping.get("status"), f"Not active: {values.status or 'blank'}")
            return ParsedRow(row_number, row, values, RowOutcome.SKIPPED_NOT_ACTIVE, (problem,))
        if is_clean and is_flawless(values):
            return ParsedRow(row_number, row, values, RowOutcome.IMPORTED, ())
        values, outcome, wrong = judge(values, picked, self._mapping)
        problems = tuple(Problem(row_number, self._mapping.get(key), message, severity) for key, message, severity in wrong)
        return ParsedRow(row_number, row, values, outcome, problems)

    def _values(self, picked: Sequence[cells.Cell]) -> tuple[PortfolioRow, bool]:
        """What the cells say, and whether their parsers had nothing to remark that the values themselves do not show."""
        contract = cells.identifier(picked[0])[0]
        raw_name = cells.text(picked[3])[0] or ""
        details, remark = device(picked[6])
        optional: list[object] = [None] * (len(COLUMNS) - _OPTIONAL_FROM)
        is_clean = remark is None
        for slot, parse in self._optional:
            if (cell := picked[slot]) != "":
                optional[slot - _OPTIONAL_FROM], remark = parse(cell)
                is_clean = is_clean and remark is None
        values = PortfolioRow._make(
            (
                (_SUFFIX.sub("", contract) or None) if contract else None,
                contract,
                cells.text(picked[1])[0],
                cells.day(picked[2])[0],
                without_marks(raw_name)[:MAX_NAME],
                raw_name,
                (cells.text(picked[4])[0] or "")[:MAX_NAME],
                contacts.phone(picked[5])[0],
                details.model,
                details.imei,
                cells.amount(picked[7])[0],
                cells.frequency(picked[8])[0],
                cells.amount(picked[9])[0],
                cells.count(picked[10])[0],
                cells.amount(picked[11])[0],
                cells.amount(picked[12])[0],
                *optional,
            )
        )
        return values, is_clean


def fates(table: Table, *, taken: Container[str] = frozenset()) -> Iterator[ParsedRow]:
    """Every row of a table with its fate, duplicates included; `taken` are contract numbers that exist already.

    The first row that comes in under a number wins. One that was skipped or rejected does not hold its number: a mended
    copy further down, or the active contract after a closed one, comes in.
    """
    reader = RowReader(table.headers, table.heading.mapping)
    header = table.heading.mapping.get("approval_id")
    first_rows: dict[str, int] = {}
    for row_number, row in table.rows:
        parsed = reader.read(row_number, row)
        number, outcome = parsed.values.approval_id, parsed.outcome
        if number is None or outcome is RowOutcome.SKIPPED_NOT_ACTIVE or outcome is RowOutcome.REJECTED_CONTRACT_NUMBER:
            yield parsed
        elif number in first_rows:
            yield _duplicate(parsed, header, f"Duplicate of row {first_rows[number]}, the first wins")
        elif number in taken:
            yield _duplicate(parsed, header, f"Contract {number} exists already")
        else:
            if outcome is RowOutcome.IMPORTED or outcome is RowOutcome.PENDING_REVIEW:
                first_rows[number] = row_number
            yield parsed


def _is_active(status: str | None) -> bool:
    """Whether a billing status is Active, in any case and with any spaces."""
    return status is not None and (status == "Active" or "".join(status.split()).casefold() == ACTIVE)


def _duplicate(parsed: ParsedRow, header: str | None, message: str) -> ParsedRow:
    """The row as one that repeats another; what else may be wrong with it no longer matters."""
    problem = Problem(parsed.row_number, header, message, Severity.ERROR)
    return parsed._replace(outcome=RowOutcome.SKIPPED_DUPLICATE, problems=(problem,))
