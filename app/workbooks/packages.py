"""The inside of an .xlsx or .ods file: a zip archive of XML parts, inspected before any parser sees it."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from app.workbooks.sheets import DAMAGED, ENCRYPTED, Kind, UnreadableFile


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a workbook may be.

    An honest portfolio report unpacks to about 760 bytes a row at 16 columns and 1,000 at 20 (73 and 96 MiB for 100,000
    rows, somewhat more when Excel itself saves it), and packs 7 to 1. So 256 MiB hold as many rows as an import takes,
    where 100 MiB would refuse honest files; what bombs do is caught by the ratio after their first megabyte, and parsing
    has its own limits of memory and time. The ratio is judged per part and only from `ratio_from_bytes` on, because small
    parts of honest files (empty styles, themes) pack better than that.
    """

    parts: int = 200
    unpacked_bytes: int = 256 * 1024 * 1024
    ratio: int = 100
    ratio_from_bytes: int = 1024 * 1024


DEFAULT_LIMITS = Limits()

MACROS = "The workbook holds macros. Save it as .xlsx, which leaves them out, and upload that."
BINARY = "This is a binary workbook (.xlsb). Open it in Excel, save it as .xlsx and upload that."
BOMB = "The file unpacks to far more than it is, which a report never does. Save it again from Excel and upload the new copy."
TRICKS = "The file is packed in a way that Excel does not use. Open it in Excel, save it as .xlsx and upload that."
TOO_MANY = "The workbook has too many parts. Copy the report's sheet into a new workbook, save it as .xlsx and upload that."
NOT_A_WORKBOOK = "The file is a zip archive, not an Excel workbook. Unpack it and upload the .xlsx or .csv inside."
OTHER_OFFICE = "The file is {what}, not an Excel workbook. Save the report as .xlsx and upload that."

_CHUNK = 1 << 20
_END_OF_ARCHIVE = b"PK\x05\x06"
_DIRECTORY_BYTES = 1 << 18
_SMALL_PART = 1 << 20
_FORBIDDEN = (b"<!DOCTYPE", b"<!ENTITY", b"_x0000_")
"""Document types and entities, and the escape for a NUL character, which no database takes."""
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_CONTENT_TYPES = "[Content_Types].xml"
_ODS_TYPES = (
    b"application/vnd.oasis.opendocument.spreadsheet",
    b"application/vnd.oasis.opendocument.spreadsheet-template",
)


def too_large(limits: Limits) -> str:
    """The sentence for a file that is honest perhaps, but too large."""
    megabytes = limits.unpacked_bytes // (1024 * 1024)
    return f"The file is larger than {megabytes} MB unpacked. Split it, or save the sheet as CSV, and upload that."


def inspect(stream: BinaryIO, limits: Limits) -> tuple[int, Kind]:
    """Refuse what no honest workbook has; returns how many bytes its parts really unpack to, and which kind it is."""
    _check_directory(stream)
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            _check_names(parts, limits)
            total = 0
            for part in parts:
                total += _check_part(stream, part, limits, limits.unpacked_bytes - total)
            if _is_open_document_spreadsheet(archive):
                return total, "ods"
            _check_content_types(archive)
            return total, "xlsx"
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, KeyError, ValueError, NotImplementedError) as error:
        raise UnreadableFile(DAMAGED) from error


def _check_directory(stream: BinaryIO) -> None:
    """Look at the size of the archive's table of contents before zipfile loads all of it."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 65_557))  # The end record is 22 bytes and may be followed by a comment of up to 65,535.
    tail = stream.read()
    at = tail.rfind(_END_OF_ARCHIVE)
    if at < 0 or len(tail) < at + 22:
        raise UnreadableFile(DAMAGED)
    if struct.unpack_from("<L", tail, at + 12)[0] > _DIRECTORY_BYTES:
        raise UnreadableFile(TOO_MANY)


def _check_names(parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Refuse too many parts, macros, passwords, odd compression, and names that point out of the archive."""
    names = [part.filename.replace("\\", "/") for part in parts]
    lowered = [name.lower() for name in names]
    if len(parts) > limits.parts:
        raise UnreadableFile(TOO_MANY)
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in lowered):
        raise UnreadableFile(MACROS)
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableFile(ENCRYPTED)
    if any(name.startswith("/") or ":" in name or ".." in name.split("/") for name in names):
        raise UnreadableFile(TRICKS)
    if len(set(lowered)) != len(lowered):
        raise UnreadableFile(TRICKS)
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise UnreadableFile(TRICKS)
    if _CONTENT_TYPES.lower() not in lowered and not {"mimetype", "content.xml"} <= set(names):
        raise UnreadableFile(OTHER_OFFICE.format(what="an OpenDocument") if "mimetype" in lowered else NOT_A_WORKBOOK)


def _is_open_document_spreadsheet(archive: zipfile.ZipFile) -> bool:
    """Whether it is a spreadsheet of LibreOffice; any other OpenDocument, and one with macros, is refused."""
    if _CONTENT_TYPES in archive.namelist():
        return False
    kind = archive.read("mimetype")[:100].strip()
    if kind not in _ODS_TYPES:
        raise UnreadableFile(OTHER_OFFICE.format(what="an OpenDocument"))
    if any(name.startswith(("Basic/", "Scripts/")) for name in archive.namelist()):
        raise UnreadableFile(MACROS)
    return True


def _check_part(stream: BinaryIO, part: zipfile.ZipInfo, limits: Limits, room: int) -> int:
    """Inflate one part and count; also refuse words that no honest part has."""
    count, carry = 0, b""
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    for chunk in _inflated(stream, part):
        window = carry + chunk
        if is_xml and (any(word in window for word in _FORBIDDEN) or (count == 0 and chunk.startswith(_UTF16_MARKS))):
            raise UnreadableFile(TRICKS)
        carry = chunk[-9:]  # A forbidden word may lie across two chunks.
        count += len(chunk)
        if count > limits.ratio_from_bytes and count > limits.ratio * max(part.compress_size, 1):
            raise UnreadableFile(BOMB)
        if count > room:
            raise UnreadableFile(too_large(limits))
    if count != part.file_size:
        raise UnreadableFile(DAMAGED)
    return count


def _inflated(stream: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The part's bytes as they come out of the archive.

    zipfile stops at the size that the header claims, and a bomb may claim little; this goes on to the true end.
    """
    stream.seek(part.header_offset)
    header = stream.read(30)
    if header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("A part does not begin where the directory says.")
    name_length, extra_length = struct.unpack_from("<HH", header, 26)
    stream.seek(name_length + extra_length, 1)
    left = part.compress_size
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if part.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0:
        packed = stream.read(min(left, _CHUNK))
        if not packed:
            raise EOFError
        left -= len(packed)
        if inflater is None:
            yield packed
            continue
        while packed:
            if chunk := inflater.decompress(packed, _CHUNK):
                yield chunk
            packed = inflater.unconsumed_tail
    if inflater is not None:
        if chunk := inflater.flush():
            yield chunk
        if not inflater.eof:
            raise EOFError


def _check_content_types(archive: zipfile.ZipFile) -> None:
    """Read the table of parts with a parser that refuses entities, and see whether this is a plain workbook at all."""
    from defusedxml.ElementTree import ParseError, fromstring

    small = [part for part in archive.infolist() if part.file_size <= _SMALL_PART]
    try:
        roots = {
            part.filename: fromstring(archive.read(part), forbid_dtd=True)
            for part in small
            if part.filename == _CONTENT_TYPES or part.filename.endswith(".rels") or part.filename == "xl/workbook.xml"
        }
    except (ParseError, ValueError) as error:
        raise UnreadableFile(DAMAGED) from error
    types = " ".join(node.get("ContentType", "") for node in roots[_CONTENT_TYPES].iter())
    if "macroEnabled" in types:
        raise UnreadableFile(MACROS)
    if "ms-excel.sheet.binary" in types:
        raise UnreadableFile(BINARY)
    for word, what in (("wordprocessingml", "a Word document"), ("presentationml", "a presentation")):
        if word in types:
            raise UnreadableFile(OTHER_OFFICE.format(what=what))
    if "spreadsheetml" not in types:
        raise UnreadableFile(NOT_A_WORKBOOK)
