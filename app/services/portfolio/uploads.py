"""Uploaded files, kept in the home folder under the hash of their content, and the rejects made from them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from app.domain.errors import RuleViolation
from app.models import ImportBatch
from app.workbooks.gate import AdmittedFile, admit

GONE = "The uploaded file is no longer in the home folder, so it cannot be read again. Upload it once more."


def folder(home: Path) -> Path:
    """Where uploads are kept; only the program's own user may look into it."""
    place = home / "uploads"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


def rejects_path(home: Path, batch_id: int) -> Path:
    """Where the rejects of a batch are written."""
    place = home / "rejects"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place / f"import-{batch_id}-rejects.xlsx"


def keep(home: Path, file: AdmittedFile) -> Path:
    """Keep an admitted file; the same content is kept once. Raises RuleViolation when the disk does not take it."""
    place = folder(home) / _name(file.sha256, file.filename)
    if place.exists():
        return place
    try:
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix="new-") as draft:
            if isinstance(file.source, bytes):
                draft.write(file.source)
            else:
                with file.source.open("rb") as source:
                    shutil.copyfileobj(source, draft)
            draft.flush()
            os.link(draft.name, place)
    except FileExistsError:  # Somebody uploaded the same content at the same time.
        pass
    except OSError as error:
        raise RuleViolation(f"The file could not be kept on the server: {error.strerror}.", field="file") from error
    return place


def kept(home: Path, batch: ImportBatch) -> AdmittedFile:
    """The file of a batch, let in again. Raises RuleViolation when it is gone, UnreadableFile when it was changed."""
    place = folder(home) / _name(batch.file_hash, batch.file_name)
    if not place.exists():
        raise RuleViolation(GONE)
    file = admit(place, batch.file_name)
    if file.sha256 != batch.file_hash:
        raise RuleViolation(GONE)
    return file


def _name(digest: str, filename: str) -> str:
    suffix = Path(filename).suffix.lower()
    return digest + (suffix if suffix.isascii() and suffix[1:].isalnum() and len(suffix) <= 6 else "")
