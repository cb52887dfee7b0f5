"""Evidence in the home folder: each content once, under its hash, readable by the program alone."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from app.domain.errors import RuleViolation
from app.domain.servicing.evidence import AdmittedEvidence
from app.models import DisputeEvidence

GONE = "The file is no longer in the home folder. Ask whoever keeps the backups for the evidence of that day."


def folder(home: Path) -> Path:
    """Where evidence is kept; only the program's own user may look into it."""
    place = home / "evidence"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


def place_of(home: Path, sha256: str) -> Path:
    """Where the content with this hash lies. The name holds nothing that somebody typed."""
    return folder(home) / sha256


def keep(home: Path, file: AdmittedEvidence) -> None:
    """Keep an admitted file; the same content is kept once. Raises RuleViolation when the disk does not take it."""
    place = place_of(home, file.sha256)
    if place.exists():
        return
    try:
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix="new-") as draft:  # Readable by its owner only.
            draft.write(file.content)
            draft.flush()
            os.fsync(draft.fileno())
            os.link(draft.name, place)
    except FileExistsError:  # Somebody uploaded the same content at the same time.
        pass
    except OSError as error:
        raise RuleViolation(f"The file could not be kept on the server: {error.strerror}.", field="files") from error


def content(home: Path, evidence: DisputeEvidence) -> bytes:
    """The content of a file, unchanged since it came. Raises RuleViolation when it is gone or was changed."""
    try:
        kept = place_of(home, evidence.sha256).read_bytes()
    except OSError as error:
        raise RuleViolation(GONE) from error
    if hashlib.sha256(kept).hexdigest() != evidence.sha256:
        raise RuleViolation("The file in the home folder is not the one that was uploaded; it is not given out.")
    return kept
