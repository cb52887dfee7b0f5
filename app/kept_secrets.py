"""Secrets that the program makes for itself and keeps in its home folder."""

import os
import secrets
from pathlib import Path


def kept_secret(home: Path, name: str) -> str:
    """Return the secret of this name, making it the first time: 64 hexadecimal characters.

    Several processes may ask at once on the first start. Each writes a file of its own and tries to link it to
    the final name; exactly one link succeeds, and all read that one.
    """
    folder = home / "secrets"
    final = folder / name
    if not final.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, final)
        except FileExistsError:
            pass  # Another process was first; its secret is the one.
        finally:
            draft.unlink()
    return final.read_text(encoding="ascii")
