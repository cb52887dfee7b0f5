"""What stands before parsing: is this file what it says it is, and is it safe to open?

Source: reliability.md part 4. Nothing here trusts a header: parts of a workbook are really inflated and counted, which
costs 0.2 s for a workbook of 100,000 rows and 16 columns (74 MiB unpacked) and refuses a bomb after its first megabytes.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.workbooks import packages
from app.workbooks.packages import DEFAULT_LIMITS, Limits
from app.workbooks.sheets import ENCRYPTED, Kind, UnreadableFile

ZIP = b"PK\x03\x04"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHERS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
)
"""First bytes of what people upload by mistake."""

TEXT_SUFFIXES = {".csv", ".txt", ".tsv", ""}
OLD_SUFFIXES = {".xls", ".xlt", ""}
BOOK_SUFFIXES = {".xlsx", ".xltx", ".xlsb", ""}
OPEN_SUFFIXES = {".ods", ".ots"}
MACRO_SUFFIXES = {".xlsm", ".xltm", ".xlam"}

_TEXT_SAMPLE = 1 << 16
_CONTROL_BYTES = bytes(set(range(32)) - {0x09, 0x0A, 0x0C, 0x0D, 0x1A, 0x1B})
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class AdmittedFile:
    """A file that may be read: only `admit` makes one, and the readers take nothing else."""

    source: Path | bytes
    filename: str
    kind: Kind
    size_bytes: int
    unpacked_bytes: int
    sha256: str
    """Hex digest of the content: the same file again is refused by it."""


def admit(source: Path | bytes, filename: str, *, limits: Limits = DEFAULT_LIMITS) -> AdmittedFile:
    """Let a workbook or text file in, or raise `UnreadableFile` with the sentence for whoever sent it.

    `filename` is the name that its owner gave it; only its ending counts, and content and ending must agree.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
            size = stream.seek(0, io.SEEK_END)
            if size == 0:
                raise UnreadableFile("The file is empty. Export the report again and upload the new file.")
            if size > limits.unpacked_bytes:
                raise UnreadableFile(packages.too_large(limits))
            stream.seek(0)
            kind = _kind_of(stream, filename)
            unpacked = size
            if kind == "xlsx":
                unpacked, kind = packages.inspect(stream, limits)
                if (kind == "ods") != (Path(filename).suffix.lower() in OPEN_SUFFIXES):
                    ending = ".ods" if kind == "ods" else ".xlsx"
                    raise UnreadableFile(f"{filename} has the content of another kind of workbook. Rename it to end in {ending}.")
            return AdmittedFile(source, filename, kind, size, unpacked, _digest(stream))
    except FileNotFoundError as error:
        raise UnreadableFile(f"There is no file at {source!s}. Check the name.") from error
    except OSError as error:
        raise UnreadableFile(f"{filename} cannot be opened ({error.strerror}). Check that it is a file you may read.") from error


def _kind_of(stream: BinaryIO, filename: str) -> Kind:
    """What the content is; a name that says something else is refused, with what to do about it."""
    suffix = Path(filename).suffix.lower()
    start = stream.read(_TEXT_SAMPLE)
    if suffix in MACRO_SUFFIXES:
        raise UnreadableFile(packages.MACROS)
    if start.startswith(OLE2):
        _check_ole2(start + stream.read(), filename)
        return "xls"
    for magic, what in OTHERS:
        if start.startswith(magic):
            raise UnreadableFile(f"{filename} is {what}, not a workbook. Upload the report as .xlsx or .csv.")
    if start.startswith(ZIP):
        if suffix not in BOOK_SUFFIXES | OPEN_SUFFIXES:
            raise UnreadableFile(f"{filename} has the content of an Excel workbook. Rename it so that it ends in .xlsx.")
        return "xlsx"
    if not _is_text(start):
        raise UnreadableFile(f"{filename} is neither a workbook nor a text file. Upload the report as .xlsx or .csv.")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower().startswith((b"<html", b"<!doctype", b"<?xml", b"<table", b"<head")):
        raise UnreadableFile(f"{filename} is a web page under another name. Open it in Excel, save it as .xlsx and upload that.")
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise UnreadableFile("The file holds nothing but blanks. Export the report again and upload the new file.")
    if suffix not in TEXT_SUFFIXES:
        raise UnreadableFile(f"{filename} is a text file, not a workbook. Rename it to end in .csv, or save it as .xlsx.")
    return "csv"


def _check_ole2(content: bytes, filename: str) -> None:
    """Let nothing but an old .xls workbook through: its container also holds protected .xlsx files, letters and macros.

    The names of a container's streams stand in it as UTF-16. Nothing in it is packed, so it cannot unfold either.
    """
    if _has_stream(content, "EncryptedPackage"):
        raise UnreadableFile(ENCRYPTED)
    if _has_stream(content, "_VBA_PROJECT"):
        raise UnreadableFile(packages.MACROS)
    if not (_has_stream(content, "Workbook") or _has_stream(content, "Book")):
        raise UnreadableFile(f"{filename} is not a workbook. Open it in the program it came from and save the table as .xlsx.")
    if Path(filename).suffix.lower() not in OLD_SUFFIXES:
        raise UnreadableFile(f"{filename} has the content of an old Excel workbook. Rename it so that it ends in .xls.")


def _has_stream(content: bytes, name: str) -> bool:
    """Whether a container names such a stream."""
    return name.encode("utf-16-le") in content


def _is_text(start: bytes) -> bool:
    """Whether the first bytes can be text: no control bytes, unless they are UTF-16 with its mark."""
    return start.startswith(_UTF16_MARKS) or start.translate(None, _CONTROL_BYTES) == start


def _digest(stream: BinaryIO) -> str:
    """SHA-256 of the whole file."""
    stream.seek(0)
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
