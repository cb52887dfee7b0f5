"""What may be opened at all, and what each refusal says."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from app.workbooks.gate import OLE2, admit
from app.workbooks.packages import DEFAULT_LIMITS, Limits
from app.workbooks.sheets import UnreadableFile
from tests.workbooks.making import CONTENT_TYPES, GOOD_ROW, HEADER, workbook_with, xlsx, zipped

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
MEBIBYTE = 1024 * 1024


def refusal(content: bytes, filename: str = "report.xlsx", limits: Limits = DEFAULT_LIMITS) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(UnreadableFile) as caught:
        admit(content, filename, limits=limits)
    return caught.value.sentence


def honest() -> bytes:
    """A small workbook that is what it says it is."""
    return xlsx([HEADER, GOOD_ROW])


def flagged_as_encrypted() -> bytes:
    """A zip whose entries claim a password."""
    content = bytearray(workbook_with({}))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        for part in archive.infolist():
            content[part.header_offset + 6] |= 1
    start = content.find(b"PK\x01\x02")
    while start >= 0:
        content[start + 8] |= 1
        start = content.find(b"PK\x01\x02", start + 4)
    return bytes(content)


def understated_bomb() -> bytes:
    """A part of 40 MiB whose headers claim 1,000 bytes: whoever trusts them sees a small file."""
    content = bytearray(workbook_with({"xl/worksheets/sheet1.xml": b"0" * (40 * MEBIBYTE)}))
    true_size, claim = struct.pack("<L", 40 * MEBIBYTE), struct.pack("<L", 1000)
    assert content.count(true_size) == 2
    return bytes(content.replace(true_size, claim))


def test_an_honest_workbook_comes_in_with_its_size_and_hash() -> None:
    content = honest()
    file = admit(content, "Portfolio Detailed Report.XLSX")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    assert (file.kind, file.size_bytes, file.unpacked_bytes) == ("xlsx", len(content), unpacked)
    assert file.sha256 == sha256(content).hexdigest()


def test_a_workbook_comes_in_from_a_path_as_from_bytes(tmp_path: Path) -> None:
    path = tmp_path / "upload.bin"
    path.write_bytes(honest())
    assert admit(path, "report.xlsx").sha256 == admit(honest_bytes := path.read_bytes(), "report.xlsx").sha256
    assert admit(honest_bytes, "report").kind == "xlsx"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_text_in_any_usual_encoding_comes_in(encoding: str) -> None:
    assert admit("CONTRACT#;NAME\r\n1-1;Muñoz\r\n".encode(encoding), "report.csv").kind == "csv"


REFUSED: list[tuple[str, Callable[[], bytes], str, str]] = [
    ("empty", lambda: b"", "report.xlsx", "is empty"),
    ("blank", lambda: b"\xef\xbb\xbf \r\n\r\n", "report.csv", "nothing but blanks"),
    ("old .xls", lambda: OLE2 + bytes(2000), "letter.doc", "save the table as .xlsx"),
    ("encrypted", lambda: OLE2 + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(99), "r.xlsx", "password"),
    ("encrypted zip", flagged_as_encrypted, "report.xlsx", "password"),
    ("PNG", lambda: PNG, "report.xlsx", "is a PNG picture"),
    ("PDF", lambda: b"%PDF-1.7\n" + bytes(range(200)), "report.xlsx", "is a PDF document"),
    ("binary", lambda: b"\x00\x01\x02\x03" * 100, "report.csv", "neither a workbook nor a text file"),
    ("web page", lambda: b"\xef\xbb\xbf<HTML><table><tr><td>1</td></tr></table></HTML>", "report.xls", "web page"),
    ("text named .xlsx", lambda: b"CONTRACT#,NAME\r\n1,Ana\r\n", "report.xlsx", "end in .csv"),
    ("workbook named .csv", honest, "report.csv", "ends in .xlsx"),
    ("truncated", lambda: honest()[:-300], "report.xlsx", "damaged or incomplete"),
    ("half of it", lambda: honest()[: len(honest()) // 2], "report.xlsx", "damaged or incomplete"),
    ("macro part", lambda: workbook_with({"xl/vbaProject.bin": b"x"}), "report.xlsx", "macros"),
    ("macro name", honest, "report.xlsm", "macros"),
    ("macro type", lambda: zipped({"[Content_Types].xml": CONTENT_TYPES.replace("openxmlformats-officedocument.spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main")}), "r.xlsx", "macros"),  # noqa: E501
    ("old macro sheet", lambda: workbook_with({"xl/macrosheets/sheet1.xml": "<a/>"}), "report.xlsx", "macros"),
    ("binary workbook", lambda: zipped({"[Content_Types].xml": CONTENT_TYPES.replace("openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "ms-excel.sheet.binary.macroless.main")}), "r.xlsb", ".xlsb"),  # noqa: E501
    ("traversal", lambda: workbook_with({"xl/../../evil.xml": "<a/>"}), "report.xlsx", "packed in a way"),
    ("traversal with backslashes", lambda: workbook_with({"xl\\..\\..\\evil.xml": "<a/>"}), "r.xlsx", "packed in a way"),
    ("absolute name", lambda: workbook_with({"/etc/passwd": "x"}), "report.xlsx", "packed in a way"),
    ("drive letter", lambda: workbook_with({"C:/evil.xml": "<a/>"}), "report.xlsx", "packed in a way"),
    ("two parts of one name", lambda: workbook_with({"XL/workbook.xml": "<a/>"}), "report.xlsx", "packed in a way"),
    ("odd compression", lambda: workbook_with({}, zipfile.ZIP_LZMA), "report.xlsx", "packed in a way"),
    ("entities", lambda: workbook_with({"xl/sharedStrings.xml": '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'}), "r.xlsx", "packed in a way"),  # noqa: E501
    ("entities in UTF-16", lambda: workbook_with({"xl/sharedStrings.xml": '<!DOCTYPE a><a/>'.encode("utf-16")}), "r.xlsx", "packed in a way"),  # noqa: E501
    ("a NUL in a cell", lambda: workbook_with({"xl/sharedStrings.xml": "<t>A_x0000_B</t>"}), "r.xlsx", "packed in a way"),
    ("broken XML", lambda: workbook_with({"_rels/.rels": "<a><b></a>"}), "report.xlsx", "damaged or incomplete"),
    ("Word document", lambda: zipped({"[Content_Types].xml": CONTENT_TYPES.replace("spreadsheetml.sheet", "wordprocessingml.document")}), "r.xlsx", "a Word document"),  # noqa: E501
    ("OpenDocument", lambda: zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "r.xlsx", "OpenDocument"),
    ("plain archive", lambda: zipped({"report.csv": "a,b"}), "report.xlsx", "zip archive, not an Excel workbook"),
    ("too many parts", lambda: workbook_with({f"xl/media/{n}.bin": "x" for n in range(200)}), "r.xlsx", "too many parts"),
    ("a directory of megabytes", lambda: zipped({f"{n:0>200}": "" for n in range(2000)}), "r.xlsx", "too many parts"),
    ("bomb", lambda: workbook_with({"xl/worksheets/sheet1.xml": b"0" * (20 * MEBIBYTE)}), "r.xlsx", "far more than it is"),
    ("bomb with a small claim", understated_bomb, "report.xlsx", "far more than it is"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "filename", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_wrong_file_is_refused_with_a_sentence_that_says_what_to_do(
    make: Callable[[], bytes], filename: str, words: str
) -> None:
    sentence = refusal(make(), filename)
    assert words in sentence
    assert sentence.endswith(".") and len(sentence) < 200


def test_a_part_that_unpacks_to_less_than_it_claims_is_damaged() -> None:
    content = workbook_with({"xl/media/picture.bin": b"0123456789" * 7}, zipfile.ZIP_DEFLATED)
    claimed = content.replace(struct.pack("<L", 70), struct.pack("<L", 71))
    assert content.count(struct.pack("<L", 70)) == 2
    assert "damaged" in refusal(claimed)


def test_the_size_limit_counts_all_parts_together() -> None:
    parts: dict[str, str | bytes] = {f"xl/media/{n}.bin": bytes(range(256)) * 2048 for n in range(3)}
    content = workbook_with(parts)
    admit(content, "report.xlsx", limits=Limits(unpacked_bytes=2 * MEBIBYTE))
    assert "larger than 1 MB" in refusal(content, limits=Limits(unpacked_bytes=MEBIBYTE))


def test_a_document_type_that_lies_across_two_chunks_is_seen() -> None:
    padded = " " * (MEBIBYTE - 4) + "<!DOCTYPE a><a/>"
    assert "packed in a way" in refusal(workbook_with({"xl/sharedStrings.xml": padded}, zipfile.ZIP_STORED))


def test_a_small_part_may_pack_as_well_as_it_likes() -> None:
    admit(workbook_with({"xl/empty.xml": " " * 1_000_000}), "report.xlsx")


def test_a_text_file_over_the_limit_is_refused() -> None:
    assert "larger than 1 MB" in refusal(b"a,b\r\n" * 300_000, "report.csv", Limits(unpacked_bytes=MEBIBYTE))


def test_a_path_without_a_file_is_a_sentence_too(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="There is no file at"):
        admit(tmp_path / "nothing.xlsx", "nothing.xlsx")
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        admit(tmp_path, "folder.xlsx")
