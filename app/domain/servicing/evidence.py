"""What is let in as evidence: documents, pictures, texts and mails that are what they say they are, and not too large.

Nothing here trusts a name or a header: the first bytes decide, and content and ending must agree.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.domain.errors import RuleViolation
from app.domain.words import Word

LARGEST_BYTES = 10 * 1024 * 1024
MOST_FILES = 6
"""Files of one upload."""
LONGEST_NAME = 120


class EvidenceKind(Word):
    """What a file is."""

    PDF = "pdf", "PDF"
    PNG = "png", "PNG picture"
    JPG = "jpg", "JPEG picture"
    TXT = "txt", "Text"
    EML = "eml", "Mail"


_K = EvidenceKind

MEDIA_TYPES: Mapping[EvidenceKind, str] = MappingProxyType(
    {
        _K.PDF: "application/pdf",
        _K.PNG: "image/png",
        _K.JPG: "image/jpeg",
        _K.TXT: "text/plain; charset=utf-8",
        _K.EML: "message/rfc822",
    }
)
"""How each kind is served."""

SUFFIXES: Mapping[EvidenceKind, tuple[str, ...]] = MappingProxyType(
    {
        _K.PDF: ("pdf",),
        _K.PNG: ("png",),
        _K.JPG: ("jpg", "jpeg"),
        _K.TXT: ("txt",),
        _K.EML: ("eml",),
    }
)
"""Endings that go with each kind; the first is the usual one."""

ACCEPT = ",".join(f".{suffix}" for kind in SUFFIXES.values() for suffix in kind)
"""For the file field of a form."""

_MAGIC = ((b"%PDF-", _K.PDF), (b"\x89PNG\r\n\x1a\n", _K.PNG), (b"\xff\xd8\xff", _K.JPG))
_CONTROL_BYTES = bytes(set(range(32)) - {0x09, 0x0A, 0x0C, 0x0D})
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*:\s?\S")
_MAIL_HEADERS = frozenset({"from", "to", "date", "subject", "received", "message-id", "return-path", "delivered-to"})
_WHAT_FITS = "Evidence is a PDF, a PNG or JPEG picture, a text (.txt) or a mail (.eml)."


@dataclass(frozen=True, slots=True)
class AdmittedEvidence:
    """A file that may be kept: only `admit` makes one."""

    content: bytes
    file_name: str
    """Without folders and control characters, ending as its kind does."""
    kind: EvidenceKind
    sha256: str

    @property
    def size_bytes(self) -> int:
        """Length of the content."""
        return len(self.content)


def admit(content: bytes, file_name: str) -> AdmittedEvidence:
    r"""Let a file in, or raise RuleViolation with the sentence for whoever sent it.

    >>> admit(b"%PDF-1.7 ...", r"C:\scans\receipt.pdf").file_name
    'receipt.pdf'
    """
    name = safe_name(file_name)
    if not content:
        raise RuleViolation(f"{name} is empty.", field="files")
    if len(content) > LARGEST_BYTES:
        raise RuleViolation(f"{name} is larger than {LARGEST_BYTES // 1024 // 1024} MB.", field="files")
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    kind = _kind_of(content, suffix)
    if kind is None:
        raise RuleViolation(f"{name} cannot be taken. {_WHAT_FITS}", field="files")
    if suffix not in SUFFIXES[kind]:
        raise RuleViolation(
            f"{name} has the content of a {kind.label if kind in (_K.PDF, _K.PNG, _K.JPG) else kind.label.lower()} "
            f"but not its ending; rename it so that it ends in .{SUFFIXES[kind][0]}.",
            field="files",
        )
    return AdmittedEvidence(content, name, kind, hashlib.sha256(content).hexdigest())


def safe_name(file_name: str) -> str:
    r"""The name without folders, control and direction characters, and not too long; its ending stays.

    >>> safe_name("../../etc/pass\u202ewd.txt"), safe_name("  "), len(safe_name("x" * 300 + ".pdf"))
    ('passwd.txt', 'file', 120)
    """
    bare = re.split(r"[\\/]", file_name)[-1]
    kept = "".join(letter for letter in unicodedata.normalize("NFC", bare) if unicodedata.category(letter)[0] != "C")
    name = re.sub(r'[<>:"|?*\s]+', " ", kept).strip(" .")
    if not name:
        return "file"
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 8:
        return name[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(suffix) - 1]}.{suffix}"


def _kind_of(content: bytes, suffix: str) -> EvidenceKind | None:
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if not _is_text(content):
        return None
    # A mail may lie in a .txt as well as in an .eml; the other way round it must have the headers of one.
    if suffix == "eml":
        return _K.EML if _is_mail(content) else _K.TXT
    return _K.TXT


def _is_text(content: bytes) -> bool:
    """Whether it is text of eight bits: no control characters anywhere."""
    return content.translate(None, _CONTROL_BYTES) == content


def _is_mail(content: bytes) -> bool:
    """Whether it begins with the headers of a mail, two of the usual ones among them."""
    names: set[str] = set()
    for line in content[:65_536].decode("utf-8", "replace").lstrip("\ufeff\r\n").splitlines():
        if not line.strip():
            break
        if line[0] in " \t" and names:
            continue
        if not _HEADER.match(line) and not line.endswith(":"):
            return False
        names.add(line.partition(":")[0].lower())
    return len(names & _MAIL_HEADERS) >= 2
