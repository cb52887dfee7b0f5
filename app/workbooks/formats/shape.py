"""What a file format is: a table of columns, how a row is read, and what makes two rows the same.

A format knows cells and their fates, nothing of the database. Where its rows land is said in
`app/services/portfolio/import_landings.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from app.domain.errors import Problem, Severity
from app.domain.portfolio.imports import ImportFormat, RowOutcome
from app.workbooks.columns import Column
from app.workbooks.reading import Table
from app.workbooks.sheets import Row

V = TypeVar("V")


class ParsedRow(NamedTuple, Generic[V]):
    """A row of the file, what it says, and its fate."""

    row_number: int
    """As a spreadsheet shows it."""
    cells: Row
    """In the order of the file's headers."""
    values: V
    outcome: RowOutcome
    problems: tuple[Problem, ...]
    """Errors say why the row stays out, warnings what is missing or was left empty in a row that comes in."""


ReadRow = Callable[[int, Row], ParsedRow[Any]]


@dataclass(frozen=True)
class Format:
    """One sort of file."""

    kind: ImportFormat
    columns: tuple[Column, ...]
    """Every column that the format knows, in the order of the Import page."""
    reader: Callable[[Sequence[str], Mapping[str, str]], ReadRow]
    """(headers of the file, {column key: header}) → what reads one row, as far as the row alone decides its fate."""
    identity: Callable[[ParsedRow[Any]], str | None]
    """What no two rows that come in may share; None for a row that is not compared."""
    identity_column: str
    """Key of the column that holds it."""
    identity_word: str
    """What it is called in a sentence: Contract."""
    fields: Callable[[ParsedRow[Any]], dict[str, Any]]
    """What is kept of a row as JSON: money in cents, dates ISO, nothing that is blank."""
    owed_key: str
    """The field whose sum is shown as what comes in."""
    paid_key: str | None = None
    """The field whose sum is shown as what was paid before."""
    nouns: tuple[str, str] = ("account", "accounts")
    """What a row brings: one, several."""
    about: str = ""
    """What such a file is and what becomes of it, in a sentence for the Import page."""


def fates(table: Table, form: Format, *, taken: Container[str] = frozenset()) -> Iterator[ParsedRow[Any]]:
    """Every row of a table with its fate, duplicates included; `taken` are identities that exist already.

    The first row that comes in under an identity wins. One that was skipped or rejected does not hold it: a mended copy
    further down comes in.
    """
    read = form.reader(table.headers, table.heading.mapping)
    header = table.heading.mapping.get(form.identity_column)
    first_rows: dict[str, int] = {}
    for row_number, row in table.rows:
        parsed = read(row_number, row)
        identity = form.identity(parsed)
        if identity is None:
            yield parsed
        elif identity in first_rows:
            yield _duplicate(parsed, header, f"Duplicate of row {first_rows[identity]}, the first wins")
        elif identity in taken:
            yield _duplicate(parsed, header, f"{form.identity_word} {identity} exists already")
        else:
            if parsed.outcome.is_in:
                first_rows[identity] = row_number
            yield parsed


def _duplicate(parsed: ParsedRow[Any], header: str | None, message: str) -> ParsedRow[Any]:
    """The row as one that repeats another; what else may be wrong with it no longer matters."""
    problem = Problem(parsed.row_number, header, message, Severity.ERROR)
    return parsed._replace(outcome=RowOutcome.SKIPPED_DUPLICATE, problems=(problem,))
