"""Files that went wrong on their way: honest example files with something broken in them, the same for the same seed.

What is broken is what breaks in life and what somebody who means harm would break: cells, headers, rows, encodings,
separators, bytes, the parts of a workbook and the archive that holds them.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from app.workbooks.formats.registry import FORMATS
from app.workbooks.formats.shape import Format
from tests.workbooks.making import sheets_xlsx

Grid = list[list[Any]]

ROWS = 6

ODD_CELLS: tuple[Any, ...] = (
    "", " ", "\t", "\n", "0", "-1", "-0.00", "1e309", "1E+14", "3.56E+14", "NaN", "inf", "nan", "#REF!", "#N/A", "#DIV/0!",
    "TRUE", "=1+1", "=HYPERLINK(\"http://x\")", "+1", "@SUM(A1)", "'0012", "\\", "\\N", "\\.", "\\u0000", "{}", "[]", "null",
    "None", "%s", "{0}", "<b>x</b>", "<script>alert(1)</script>", "'; drop table account; --", "\N{ZERO WIDTH SPACE}", "\u202e",
    "\N{NO-BREAK SPACE}12.50", "１２３", "٣٤", "½", "é" * 200, "𝕏", "👩‍👩‍👧", "x" * 2_000, "9" * 40, "9" * 300, "0" * 16,
    "99999999999.99", "100000000000000", "-99999999999999", "1.005", "12,34,56.7", "$1,2", "(5.00)", "12/31/9999", "02/30/2026",
    "1/1/1", "00/00/0000", "9999-99-99", "2026-11-20T99:99", "44000.5", "99999", "60", "Feb 29, 2025", "weekly", "never", "W",
    "Active", "void", "total", "Grand Total", "-1-2-3", "7000000", "e@e", "a@b.c" * 60, "555", "+1 (614) 555-0148 x9",
)  # fmt: skip

ODD_NUMBERS: tuple[float, ...] = (0, -1, 0.1, 1e-320, 1.7e308, -1e18, 3.56e14, 2**53, 45_000, 45_000.75, 1e15, 123456789012345)


class Mutant(NamedTuple):
    """A broken file."""

    form: Format
    name: str
    content: bytes
    broken: str
    """What was done to it."""


def mutant(seed: int) -> Mutant:
    """The broken file of a seed: its format, whether it is a text file or a workbook, and one to three mutations."""
    chance = Random(seed)
    forms = list(FORMATS.values())
    form = forms[seed % len(forms)]
    rows = _rows(form, chance)
    done: list[str] = []
    for change in chance.choices(GRID_CHANGES, k=chance.choice((0, 1, 1, 2, 3))):
        if rows and rows[0]:
            change(rows, chance)
            done.append(change.__name__)
    is_text = chance.random() < 0.5
    make, changes, ending = (_text, TEXT_CHANGES, "csv") if is_text else (_workbook, BOOK_CHANGES, "xlsx")
    content = make(rows, chance)
    for change_bytes in chance.choices(changes, k=chance.choice((0, 0, 1, 1, 2) if done else (1, 1, 2))):
        content = change_bytes(content, chance)
        done.append(change_bytes.__name__)
    name = chance.choice(
        (f"file.{ending}",) * 8 + ("file.xls", "file.ods", "file", "file.CSV", "../../etc/pass wd.csv", "ü.xlsx")
    )
    return Mutant(form, name, content, ", ".join(done))


def _rows(form: Format, chance: Random) -> Grid:
    """The example of a format some times over, each row with a number of its own."""
    rows: Grid = [[column.name for column in form.columns]]
    identity = [column.key for column in form.columns].index(form.identity_column)
    for _ in range(ROWS):
        row: list[Any] = [column.example for column in form.columns]
        row[identity] = f"{row[identity]}{chance.randrange(10**6)}"
        rows.append(row)
    return rows


# ---- what people do to cells, rows and headers


def a_cell(rows: Grid, chance: Random) -> None:
    """Something odd in some cells."""
    for _ in range(chance.randint(1, 6)):
        row = chance.choice(rows)
        if row:
            row[chance.randrange(len(row))] = chance.choice(ODD_CELLS if chance.random() < 0.8 else ODD_NUMBERS)


def a_column(rows: Grid, chance: Random) -> None:
    """The same odd thing down a column."""
    place, odd = chance.randrange(max(map(len, rows), default=1) or 1), chance.choice(ODD_CELLS)
    for row in rows[1:]:
        if place < len(row):
            row[place] = odd


def a_header(rows: Grid, chance: Random) -> None:
    """Headers that are doubled, renamed, blank or gone."""
    header = rows[0]
    place = chance.randrange(len(header))
    header[place] = chance.choice((chance.choice(header), "", chance.choice(ODD_CELLS), str(header[place]).lower()))


def without_a_column(rows: Grid, chance: Random) -> None:
    """A column is missing, header and all."""
    place = chance.randrange(len(rows[0]))
    for row in rows:
        del row[place : place + 1]


def shuffled_columns(rows: Grid, chance: Random) -> None:
    """Columns in another order."""
    order = list(range(max(map(len, rows), default=0)))
    chance.shuffle(order)
    for row in rows:
        row[:] = [row[place] for place in order if place < len(row)]


def shifted(rows: Grid, chance: Random) -> None:
    """Some rows lost a cell, so that all others slip to the left, or got one too many."""
    for row in rows[1:]:
        if row and chance.random() < 0.5:
            row.insert(0, "x") if chance.random() < 0.5 else row.pop(0)


def titles(rows: Grid, chance: Random) -> None:
    """Lines above the header."""
    rows[:0] = [[chance.choice(ODD_CELLS)] for _ in range(chance.randint(1, 30))]


def a_foot(rows: Grid, chance: Random) -> None:
    """Blank lines and totals at the foot."""
    rows += [[], ["Total", "", 12.5], [chance.choice(ODD_CELLS)] * chance.randint(1, 9)]


def doubled(rows: Grid, chance: Random) -> None:
    """Rows that stand there twice, the header too."""
    rows += [list(chance.choice(rows)) for _ in range(chance.randint(1, 4))]


def nothing_below(rows: Grid, chance: Random) -> None:
    """No rows, or not even a header."""
    del rows[chance.randint(0, 1) :]


GRID_CHANGES: tuple[Callable[[Grid, Random], None], ...] = (
    a_cell, a_cell, a_cell, a_column, a_header, without_a_column, shuffled_columns, shifted, titles, a_foot, doubled,
    nothing_below,
)  # fmt: skip


# ---- what happens to bytes


def cut_off(content: bytes, chance: Random) -> bytes:
    """The end is missing."""
    return content[: chance.randrange(len(content) + 1)]


def flipped(content: bytes, chance: Random) -> bytes:
    """Some bytes are others."""
    broken = bytearray(content)
    for _ in range(chance.randint(1, 20)):
        if broken:
            broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken)


def stuffed(content: bytes, chance: Random) -> bytes:
    """Bytes that do not belong there."""
    at = chance.randrange(len(content) + 1)
    return (
        content[:at]
        + chance.choice((b"\0", b"\xff\xfe", b"\xed\xa0\x80", b'"', b"\r", b"\x1a", b"\x85", chance.randbytes(40)))
        + content[at:]
    )


def repeated(content: bytes, chance: Random) -> bytes:
    """A part stands there several times."""
    start = chance.randrange(len(content) + 1)
    part = content[start : start + chance.randint(1, 400)]
    return content[:start] + part * chance.randint(2, 50) + content[start:]


def in_another_encoding(content: bytes, chance: Random) -> bytes:
    """Text in another encoding, rightly or wrongly."""
    said = content.decode("utf-8", "replace")
    encoding = chance.choice(
        ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1", "cp437", "utf-7", "cp037", "shift-jis")
    )
    return said.encode(encoding, "replace")


def with_another_separator(content: bytes, chance: Random) -> bytes:
    """Another separator, declared or not."""
    separator = chance.choice((b";", b"\t", b"|", b"~", b":"))
    return chance.choice((b"", b"sep=" + separator + b"\r\n", b"sep=\n")) + content.replace(b",", separator)


def with_open_quotes(content: bytes, chance: Random) -> bytes:
    """Quotation marks that are never closed."""
    return content.replace(b",", b',"', chance.randint(1, 3))


def with_long_lines(content: bytes, chance: Random) -> bytes:
    """A cell of many kilobytes, or thousands of columns."""
    return content + chance.choice((b"x" * 200_000, b"," * 60_000, b'"' + b"a\n" * 80_000)) + b"\n"


def _part_of(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError, zlib.error):
        return {}


def _packed(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)  # At a fixed time, so that a seed always gives the same bytes.
            entry.compress_type = compression
            archive.writestr(entry, content)
    return out.getvalue()


def with_a_broken_part(content: bytes, chance: Random) -> bytes:
    """The archive is whole, but one of its parts is broken."""
    parts = _part_of(content)
    if not parts:
        return content
    name = chance.choice(list(parts))
    parts[name] = chance.choice((flipped, cut_off, repeated, stuffed))(parts[name], chance)
    return _packed(parts)


def without_a_part(content: bytes, chance: Random) -> bytes:
    """A part of the workbook is missing, or stands under another name."""
    parts = _part_of(content)
    if not parts:
        return content
    name = chance.choice(list(parts))
    held = parts.pop(name)
    if chance.random() < 0.5:
        parts[chance.choice(("../" + name, name.upper(), "/" + name, "C:" + name, name + "\0", "xl/vbaProject.bin"))] = held
    return _packed(parts)


def with_odd_xml(content: bytes, chance: Random) -> bytes:
    """XML that means something else: entities, huge positions, strings that are not there, dates beyond the end."""
    parts = _part_of(content)
    sheets = [name for name in parts if name.startswith("xl/worksheets/") and name.endswith(".xml")]
    if not sheets:
        return content
    old, new = chance.choice(
        (
            (b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>'),
            (b'r="A2"', b'r="XFD1048576"'),
            (b'r="A2"', b'r="A0"'),
            (b'r="A2"', b'r="ZZZZZZ99999999999"'),
            (b"<v>0</v>", b"<v>99999999</v>"),
            (b"<v>1</v>", b"<v>-1</v>"),
            (b't="s"', b't="d"'),
            (b't="s"', b't="e"'),
            (b't="s"', b""),
            (b"<sheetData>", b"<sheetData/><sheetData>"),
            (b"</row>", b""),
            (b'<row r="', b'<row r="9999999'),
            (b"<v>", b"<f>1/0</f><v>"),
            (b"UTF-8", b"UTF-16"),
        )
    )
    name = chance.choice(sheets)
    parts[name] = parts[name].replace(old, new, chance.choice((1, -1)))
    return _packed(parts)


def as_a_bomb(content: bytes, chance: Random) -> bytes:
    """A part that unpacks to far more than it is."""
    parts = _part_of(content)
    parts[chance.choice(("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "docProps/x.xml"))] = b" " * (2 << 20)
    return _packed(parts)


def _text(rows: Grid, chance: Random) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator=chance.choice(("\r\n", "\n", "\r"))).writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def _workbook(rows: Grid, chance: Random) -> bytes:
    pages: dict[str, Grid] = {"Data": rows}
    if chance.random() < 0.2:
        pages = {"Notes": [["See the other sheet"]], **pages}
    parts = _part_of(sheets_xlsx(pages))
    parts["docProps/core.xml"] = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2026-11-20T12:00:00Z", parts["docProps/core.xml"])
    return _packed(parts)


TEXT_CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    cut_off, flipped, stuffed, repeated, in_another_encoding, in_another_encoding, with_another_separator, with_open_quotes,
    with_long_lines,
)  # fmt: skip
BOOK_CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    cut_off, flipped, stuffed, repeated, with_a_broken_part, with_a_broken_part, without_a_part, with_odd_xml, with_odd_xml,
    as_a_bomb,
)  # fmt: skip
