"""Folders for the sockets of the embedded servers: private, and short enough for the kernel."""

import os
from hashlib import sha256
from pathlib import Path

from app.running.errors import ServersUnavailable
from app.running.system_user import SystemUser

LONGEST_SOCKET_PATH = 100
"""Bytes. The kernel's limit is 107 on Linux and 103 on macOS, ending zero excluded."""


def socket_folder(home: Path, name: str) -> Path:
    """A folder for a server's socket; a short one below /tmp when the home's path is too long for sockets."""
    folder = home / "run" / name
    if len(os.fsencode(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return folder
    return Path("/tmp") / f"leasedesk-{os.geteuid()}-{sha256(os.fsencode(folder)).hexdigest()[:12]}"


def made_private(folder: Path, user: SystemUser | None = None) -> None:
    """Make a folder that only its owner may enter, refusing one that somebody else put there before.

    Raises:
        ServersUnavailable: the folder belongs to another user or is a link.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owners = {os.geteuid()} | ({user.uid} if user else set())
    if folder.is_symlink() or folder.lstat().st_uid not in owners:
        raise ServersUnavailable(f"{folder} belongs to somebody else. Use another LEASEDESK_HOME.")
    folder.chmod(0o700)


def clear_away(home: Path, name: str) -> None:
    """Remove a socket folder that lies outside the home; the caller makes sure that nobody is about to use it."""
    folder = socket_folder(home, name)
    if folder.is_dir() and not folder.is_relative_to(home):
        try:
            folder.rmdir()
        except OSError:
            pass  # A killed server left its socket there; the next start clears it.
