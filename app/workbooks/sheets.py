"""The raw cells of a file, sheet by sheet.

Imports nothing of ours: `limited` runs this very file as a child process with little memory, so it must start in a few
milliseconds and must not bring the application with it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

Cell = str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta
"""One cell as the reader gives it. An empty cell is the empty string."""

Row = Sequence[Cell]

Kind = Literal["xlsx", "xls", "ods", "csv"]

SEPARATORS = (",", ";", "\t", "|")

MAX_COLUMNS = 1_000
"""Columns further to the right are not looked at: a stray cell in the last one would make every row 16,384 cells long."""

LINES_TO_JUDGE = 20
"""How many lines decide which separator a text file uses."""

DAMAGED = "The file is damaged or incomplete. Download or save it again and upload the new copy."
ENCRYPTED = "The workbook is protected by a password. Remove the password in Excel, save it as .xlsx and upload that."


class UnreadableFile(Exception):
    """A file that cannot be taken in, said in one sentence that tells its owner what to do."""

    def __init__(self, sentence: str) -> None:
        """Keep the sentence for the page or the command that shows it."""
        super().__init__(sentence)
        self.sentence = sentence


class Sheets(Protocol):
    """An opened file: names of its sheets, and the rows of each."""

    @property
    def names(self) -> Sequence[str]:
        """The sheets that may hold a table, the visible ones first."""

    def rows(self, index: int) -> Iterator[Row]:
        """Every row of a sheet from its first line on, blank ones too, so that counting them gives row numbers."""

    def close(self) -> None:
        """Let go of the file."""


class XlsxSheets:
    """The worksheets of an Excel (new or old) or LibreOffice workbook, read with calamine, which tells them apart itself."""

    def __init__(self, source: Path | bytes) -> None:
        """Open the workbook; its sheets are parsed only when their rows are asked for."""
        from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

        with _said_plainly():
            if isinstance(source, bytes):
                self._workbook = CalamineWorkbook.from_filelike(io.BytesIO(source))
            else:
                self._workbook = CalamineWorkbook.from_path(source)
        sheets = [sheet for sheet in self._workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        sheets.sort(key=lambda sheet: sheet.visible != SheetVisibleEnum.Visible)
        self.names = [sheet.name for sheet in sheets]

    def rows(self, index: int) -> Iterator[Row]:
        """Rows of one sheet; calamine leaves out empty columns on the left, which nobody misses."""
        with _said_plainly():
            sheet = self._workbook.get_sheet_by_name(self.names[index])
            if sheet.width > MAX_COLUMNS:
                yield from (row[:MAX_COLUMNS] for row in sheet.iter_rows())
            elif sheet.start is not None:
                yield from sheet.iter_rows()

    def close(self) -> None:
        """Let go of the file."""
        self._workbook.close()


class CsvSheets:
    """A text file as the one sheet it is: any usual separator and encoding."""

    def __init__(self, source: Path | bytes) -> None:
        """Find out encoding and separator."""
        self._source = source
        self.names = ["CSV"]
        with self._binary() as stream:
            self._encoding = _encoding_of(stream)
        with self._text() as stream:
            self._separator, self._is_declared = _separator_of(stream)

    def rows(self, index: int) -> Iterator[Row]:
        """Every record as text cells; a quoted cell may hold line breaks and is still one row."""
        with self._text() as stream, _said_plainly():
            if self._is_declared:
                stream.readline()
                yield []
            # No database takes a NUL character.
            yield from csv.reader((line.replace("\0", "") for line in stream), delimiter=self._separator)

    def close(self) -> None:
        """Nothing stays open between calls."""

    def _binary(self) -> BinaryIO:
        return io.BytesIO(self._source) if isinstance(self._source, bytes) else self._source.open("rb")

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self._binary(), encoding=self._encoding, errors="replace", newline="")


def open_sheets(source: Path | bytes, kind: Kind) -> Sheets:
    """Open a file of a known kind in this process, without limits: for files that we wrote ourselves."""
    return CsvSheets(source) if kind == "csv" else XlsxSheets(source)


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Turn what the readers raise about bad content into sentences."""
    from python_calamine import CalamineError, PasswordError, WorksheetNotFound, XmlError, ZipError

    try:
        yield
    except PasswordError as error:
        raise UnreadableFile(ENCRYPTED) from error
    except csv.Error as error:
        raise UnreadableFile(
            "A cell of the file is longer than 128 KB, most likely because of a quotation mark that is never closed."
            " Save it again as CSV, or as .xlsx."
        ) from error
    except (CalamineError, XmlError, ZipError, WorksheetNotFound, OSError) as error:
        raise UnreadableFile(DAMAGED) from error


def _encoding_of(stream: BinaryIO) -> str:
    """UTF-16 and UTF-8 by their marks, UTF-8 if every byte fits, else what Windows writes in the Americas."""
    start = stream.read(4)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        while text.read(1 << 20):
            pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _separator_of(stream: io.TextIOWrapper) -> tuple[str, bool]:
    """The separator that cuts the first lines into most cells, and whether a first line `sep=;` says it."""
    lines = [line for _, line in zip(range(LINES_TO_JUDGE), stream, strict=False)]
    declared = re.fullmatch(r"sep=(.)\s*", lines[0], re.IGNORECASE) if lines else None
    if declared:
        return declared.group(1), True

    def widest(separator: str) -> int:
        try:
            return max((len(row) for row in csv.reader(lines, delimiter=separator)), default=0)
        except csv.Error:
            return 0

    return max(SEPARATORS, key=widest), False


def _serve() -> None:
    """The child's life: limit itself, open the file, answer `head N` and `rest` on stdin with frames on stdout.

    A frame is four bytes of length and a pickle of (kind, content): ("names", [...]), ("rows", [row, ...]), ("end", None)
    or ("unreadable", sentence). Arguments: path, kind, bytes of memory, seconds of processor time, rows in a head.
    """
    import pickle
    import resource
    import sys
    from itertools import islice

    path, kind, memory, seconds, head = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer

    def send(name: str, content: object) -> None:
        frame = pickle.dumps((name, content), 5)
        out.write(len(frame).to_bytes(4, "big"))
        out.write(frame)
        out.flush()

    try:
        sheets = open_sheets(Path(path), "csv" if kind == "csv" else "xlsx")
        send("names", list(sheets.names))
        rows: Iterator[Row] = iter(())
        for line in sys.stdin:
            if line.startswith("head"):
                rows = sheets.rows(int(line.split()[1]))
                send("rows", list(islice(rows, head)))
            else:
                while chunk := list(islice(rows, 500)):
                    send("rows", chunk)
                send("end", None)
    except UnreadableFile as error:
        send("unreadable", error.sentence)
    except MemoryError:
        sys.exit(99)


if __name__ == "__main__":
    _serve()
