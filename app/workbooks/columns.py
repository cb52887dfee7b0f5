"""What a file format is made of: a table of columns, and the mapping from a file's own headers to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.workbooks.sheets import Cell

Parser = Callable[[Cell], tuple[Any, str | None]]
"""Reads one cell: (value, None), (None, None) for a blank cell, (None, what is wrong with it)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a format knows."""

    key: str
    """Name in a mapping and in stored fields: `start_date`."""

    name: str
    """The header as the source writes it: `CONTRACTORIGINATIONDATE`."""

    maps_to: str
    """What it becomes, as the Import page says it."""

    parse: Parser

    note: str = ""
    """The rule in a sentence, for the Import page."""

    example: str = ""

    is_required: bool = True

    synonyms: tuple[str, ...] = ()
    """Other headers under which the same thing is known."""


def fold(header: object) -> str:
    """A header without case, spaces and punctuation, so that `Contract #`, `CONTRACT_#` and `contract` meet.

    >>> fold(" Contract_Origination Date "), fold("CONTRACT#")
    ('contractoriginationdate', 'contract')
    """
    return re.sub(r"\W|_", "", str(header).casefold())


def guess_mapping(headers: Sequence[str], columns: Sequence[Column]) -> dict[str, str]:
    """Which header of a file is which column: {column key: header}. Columns that are not found are left out.

    A column's own name wins over its synonyms, and no header is given to two columns.
    """
    spelled: dict[str, str] = {}
    for header in headers:
        spelled.setdefault(fold(header), header)
    mapping: dict[str, str] = {}
    for names_of in (_own_name, _synonyms):
        for column in columns:
            for name in names_of(column):
                header = spelled.get(fold(name), "")
                if header and column.key not in mapping and header not in mapping.values():
                    mapping[column.key] = header
    return mapping


def missing(mapping: Mapping[str, str], columns: Sequence[Column]) -> list[Column]:
    """The required columns that a mapping leaves out."""
    return [column for column in columns if column.is_required and column.key not in mapping]


def distinct(headers: Sequence[object]) -> tuple[str, ...]:
    """A file's headers as text, each one once: a second `Amount` becomes `Amount (2)`, a blank one `Column 3`.

    >>> distinct(["Amount", "Amount", ""])
    ('Amount', 'Amount (2)', 'Column 3')
    """
    names: list[str] = []
    for position, header in enumerate(headers, 1):
        name = first = " ".join(str(header).split()) or f"Column {position}"
        count = 1
        while name in names:
            count += 1
            name = f"{first} ({count})"
        names.append(name)
    return tuple(names)


def _own_name(column: Column) -> tuple[str, ...]:
    return (column.name,)


def _synonyms(column: Column) -> tuple[str, ...]:
    return column.synonyms
