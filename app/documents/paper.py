"""What stands on a receipt, a statement or a quote: plain text in order, for the page and the PDF alike.

Both are made from the same value, so they cannot tell different figures.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; amounts stand right."""

    label: str
    is_numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heading. Each row has a text per column; the last row is set apart when `has_total`."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    has_total: bool = False
    empty: str = ""
    """What is said when there are no rows."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One document. `facts` are label and value; `figure` is the one that matters most."""

    title: str
    number: str
    issuer: str
    addressee: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    figure: tuple[str, str]
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    is_void: bool = False
    """What it is about was taken back; the paper says so across its head."""

    @property
    def file_name(self) -> str:
        """A name for the file: `receipt-1042.pdf`."""
        bare = "".join(sign if sign.isalnum() else "-" for sign in f"{self.title} {self.number}".lower())
        return "-".join(part for part in bare.split("-") if part) + ".pdf"
