"""What each row of a Portfolio Detailed Report says and what becomes of it (domain.md part 14).

Order of the checks: not active, contract number, duplicate, start date, frequency, payment amount, payments made, total
paid, balance; what is left comes in, to Pending Review when its IMEI or its cost is missing. A row that is kept out lists
everything that is wrong with it, so that it needs mending once only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from app.domain.errors import Problem
from app.domain.portfolio.imports import ImportFormat, RowOutcome
from app.workbooks.cells import amount, count, frequency, identifier, text
from app.workbooks.contacts import phone
from app.workbooks.days import day
from app.workbooks.devices import device
from app.workbooks.formats.account_fields import account_fields
from app.workbooks.formats.shape import Format, ParsedRow
from app.workbooks.names import MAX_NAME, without_marks
from app.workbooks.portfolio_checks import is_flawless, judge
from app.workbooks.portfolio_columns import COLUMNS
from app.workbooks.portfolio_row import PortfolioRow
from app.workbooks.sheets import Row

__all__ = ["COLUMNS", "PORTFOLIO_REPORT", "PortfolioRow", "RowReader"]

ACTIVE = "active"

_SUFFIX = re.compile(r"-[0-9]{1,2}\Z")
_REQUIRED = tuple(column for column in COLUMNS if column.is_required)
_OPTIONAL = COLUMNS[len(_REQUIRED) :]
_NO_OPTIONAL = (None,) * len(_OPTIONAL)


class RowReader:
    """Reads the rows of one table, whatever the order of its columns."""

    def __init__(self, headers: Sequence[str], mapping: Mapping[str, str]) -> None:
        """`mapping` is {column key: header}, as `guess_mapping` or the mapping page made it; required ones are all in it."""
        self._mapping = mapping
        self._positions = {key: headers.index(header) for key, header in mapping.items()}
        self._pick = itemgetter(*(self._positions[column.key] for column in _REQUIRED))
        self._optional = [(column.parse, self._positions.get(column.key)) for column in _OPTIONAL]

    def read(self, row_number: int, row: Row) -> ParsedRow[PortfolioRow]:
        """One row and its fate, as far as the row alone decides it; `shape.fates` sees whether it repeats another."""
        values, is_clean = self._values(row)
        if not _is_active(values.status):
            problem = Problem(row_number, self._mapping["status"], f"Not active: {values.status or 'blank'}")
            return ParsedRow(row_number, row, values, RowOutcome.SKIPPED_NOT_ACTIVE, (problem,))
        if is_clean and is_flawless(values):
            return ParsedRow(row_number, row, values, RowOutcome.IMPORTED, ())
        values, outcome, wrong = judge(values, row, self._positions)
        problems = tuple(Problem(row_number, self._mapping[key], message, severity) for key, message, severity in wrong)
        return ParsedRow(row_number, row, values, outcome, problems)

    def _values(self, row: Row) -> tuple[PortfolioRow, bool]:
        """What the cells say, and whether their parsers had nothing to remark that the values themselves do not show."""
        (
            contract_cell, status, start_on, first_name, last_name, phone_number, description,
            cost, how_often, payment, made, paid, balance,
        ) = self._pick(row)  # fmt: skip
        contract = identifier(contract_cell)[0]
        raw_name = text(first_name)[0] or ""
        (model, imei), remark = device(description)
        is_clean = remark is None
        optional: list[Any] = [*_NO_OPTIONAL]
        for slot, (parse, position) in enumerate(self._optional):
            if position is not None and (cell := row[position]) != "":
                optional[slot], remark = parse(cell)
                is_clean = is_clean and remark is None
        values = PortfolioRow(
            (_SUFFIX.sub("", contract) or None) if contract else None,
            contract,
            text(status)[0],
            day(start_on)[0],
            without_marks(raw_name)[:MAX_NAME],
            raw_name,
            (text(last_name)[0] or "")[:MAX_NAME],
            phone(phone_number)[0],
            model,
            imei,
            amount(cost)[0],
            frequency(how_often)[0],
            amount(payment)[0],
            count(made)[0],
            amount(paid)[0],
            amount(balance)[0],
            *optional,
        )
        return values, is_clean


def identity(parsed: ParsedRow[PortfolioRow]) -> str | None:
    """The number under which a contract comes in once; a row that is skipped or has none is not compared."""
    if parsed.outcome is RowOutcome.SKIPPED_NOT_ACTIVE or parsed.outcome is RowOutcome.REJECTED_CONTRACT_NUMBER:
        return None
    return parsed.values.approval_id


PORTFOLIO_REPORT = Format(
    kind=ImportFormat.PORTFOLIO,
    columns=COLUMNS,
    reader=lambda headers, mapping: RowReader(headers, mapping).read,
    identity=identity,
    identity_column="approval_id",
    identity_word="Contract",
    fields=account_fields,
    owed_key="balance_remaining_cents",
    paid_key="total_paid_cents",
    about="Contracts whose billing status is Active become accounts; all others are skipped.",
)


def _is_active(status: str | None) -> bool:
    """Whether a billing status is Active, in any case and with any spaces."""
    return status is not None and (status == "Active" or "".join(status.split()).casefold() == ACTIVE)
