"""What is let in as evidence: by its first bytes, its ending and its size, under a name that cannot do harm."""

from __future__ import annotations

import pytest

from app.domain.errors import RuleViolation
from app.domain.servicing.evidence import LARGEST_BYTES, LONGEST_NAME, MEDIA_TYPES, SUFFIXES, EvidenceKind, admit, safe_name

MAIL = b"Received: from mx\r\nFrom: a@example.com\r\nTo: b@example.com\r\nSubject: Paid\r\n\r\nSee attached.\r\n"
K = EvidenceKind


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"%PDF-1.4\n", "receipt.PDF", K.PDF),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "shot.png", K.PNG),
        (b"\xff\xd8\xff\xe0\x00\x10", "photo.jpeg", K.JPG),
        ("Ich zahlte für Müller".encode(), "note.txt", K.TXT),
        (MAIL, "mail.eml", K.EML),
        (MAIL, "mail.txt", K.TXT),
    ],
)
def test_what_it_says_it_is_comes_in(content: bytes, name: str, kind: EvidenceKind) -> None:
    file = admit(content, name)
    assert (file.kind, file.size_bytes, len(file.sha256)) == (kind, len(content), 64)


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "empty.pdf", "empty.pdf is empty"),
        (b"%PDF-1.4\n" + bytes(LARGEST_BYTES), "big.pdf", "larger than 10 MB"),
        (b"MZ\x90\x00\x03", "receipt.pdf", "cannot be taken"),
        (b"PK\x03\x04\x14\x00", "book.docx", "cannot be taken"),
        (b"GIF89a\x01\x00", "moving.gif", "cannot be taken"),
        (b"%PDF-1.4\n", "receipt.exe", r"ends in \.pdf"),
        (b"%PDF-1.4\n", "receipt", r"ends in \.pdf"),
        (b"\xff\xd8\xff\xe0", "photo.png", r"ends in \.jpg"),
        (b"<html><script>", "page.html", r"ends in \.txt"),
        (b"Just words", "mail.eml", r"ends in \.txt"),
        (b"Text with \x00 inside", "note.txt", "cannot be taken"),
    ],
)
def test_what_is_not_is_refused_with_a_sentence(content: bytes, name: str, sentence: str) -> None:
    with pytest.raises(RuleViolation, match=sentence) as refusal:
        admit(content, name)
    assert refusal.value.field == "files"


def test_exactly_ten_megabytes_come_in() -> None:
    assert admit(b"%PDF-".ljust(LARGEST_BYTES, b" "), "full.pdf").size_bytes == LARGEST_BYTES


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\scans\\a.pdf", "a.pdf"),
        ("fine name (2).pdf", "fine name (2).pdf"),
        ("in\u202evoice\r\n\x00.pdf", "invoice.pdf"),
        ('a"b<c>.png', "a b c .png"),
        ("....", "file"),
        ("e\u0301tat.pdf", "état.pdf"),
    ],
)
def test_a_name_can_do_no_harm(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_a_long_name_keeps_its_ending() -> None:
    name = safe_name("x" * 400 + ".jpeg")
    assert len(name) == LONGEST_NAME and name.endswith("x.jpeg")


def test_every_kind_says_how_it_ends_and_how_it_is_served() -> None:
    assert set(SUFFIXES) == set(MEDIA_TYPES) == set(EvidenceKind)
