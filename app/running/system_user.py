"""The system user of the embedded PostgreSQL when root starts the program: the server refuses to run as root.

The user must be able to pass through the folders above the data and above the server's own files. Where a folder is
closed to others, such as root's home, this one user gets the right to pass through it (an access control list entry
that allows neither listing nor reading); nobody else gets anything.
"""

import os
import pwd
import shutil
import stat
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from app.running.errors import ServersUnavailable

NAME = "leasedesk-db"
ACL = "system.posix_acl_access"
OWNER, USER, GROUP, NAMED_GROUP, MASK, OTHERS = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
PASS = 0x01
NO_ID = 0xFFFFFFFF

Entry = tuple[int, int, int]
"""Kind, permission bits, user or group id: one entry of a POSIX access control list."""


@dataclass(frozen=True)
class SystemUser:
    """Numbers of the user that runs the server."""

    uid: int
    gid: int


def needed() -> bool:
    """Whether this process is root, so that the server needs another user."""
    return os.geteuid() == 0


def ensured() -> SystemUser:
    """Find the system user, making it the first time.

    Raises:
        ServersUnavailable: the user is missing and cannot be made here.
    """
    if not sys.platform.startswith("linux"):
        raise ServersUnavailable("PostgreSQL does not run as root. Start LeaseDesk as another user, or set DATABASE_URL.")
    if (found := _found()) is not None:
        return found
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is not None:
        command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", NAME], capture_output=True, check=False)
    if (found := _found()) is None:
        raise ServersUnavailable(
            f"PostgreSQL does not run as root, and its system user {NAME} could not be made. "
            "Start LeaseDesk as another user, or set DATABASE_URL."
        )
    return found


def _found() -> SystemUser | None:
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        return None
    return SystemUser(uid=entry.pw_uid, gid=entry.pw_gid)


def give(path: Path, user: SystemUser) -> None:
    """Make a folder or file the user's own."""
    try:
        os.chown(path, user.uid, user.gid)
    except OSError as error:
        raise ServersUnavailable(
            f"{path} cannot be given to the system user {NAME} ({error.strerror}). "
            "Use another LEASEDESK_HOME, or set DATABASE_URL."
        ) from error


def let_read(folder: Path) -> None:
    """Let others read a folder of program files, as they may not after an installation under a closed umask."""
    for path in [folder, *folder.rglob("*")]:
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode and not path.is_symlink():
            path.chmod(wanted)


def let_pass(targets: Iterable[Path], user: SystemUser, report: Callable[[str], None]) -> None:
    """Let the user pass through every folder above the targets, and say which ones were closed.

    Raises:
        ServersUnavailable: a folder is closed and its file system has no access control lists.
    """
    above = {folder for target in targets for folder in target.resolve().parents}
    opened = [folder for folder in sorted(above) if _open_for(folder, user)]
    if opened:
        names = ", ".join(map(str, opened))
        report(f"The database's system user {NAME} may now pass through these folders, without reading them: {names}")


def _open_for(folder: Path, user: SystemUser) -> bool:
    """Let the user pass through one folder; false when it may already."""
    entries = _entries(folder)
    if _passes(entries, user, folder):
        return False
    try:
        os.setxattr(folder, ACL, _packed(_with_passage(entries, user)))
    except OSError as error:
        raise ServersUnavailable(
            f"PostgreSQL runs as the system user {NAME}, which may not pass through {folder}, a private folder. "
            "Use another LEASEDESK_HOME, install LeaseDesk in another folder, or set DATABASE_URL."
        ) from error
    return True


def _entries(folder: Path) -> list[Entry]:
    """The access control list of a folder; the plain permission bits when it has none."""
    try:
        packed = os.getxattr(folder, ACL)
    except OSError:
        mode = folder.stat().st_mode
        return [(OWNER, mode >> 6 & 7, NO_ID), (GROUP, mode >> 3 & 7, NO_ID), (OTHERS, mode & 7, NO_ID)]
    return list(struct.iter_unpack("<HHI", packed[4:]))


def _passes(entries: list[Entry], user: SystemUser, folder: Path) -> bool:
    """Whether the user may pass; the kernel looks at the first kind that fits: owner, named user, then others."""
    if folder.stat().st_uid == user.uid:
        return True
    mask = next((bits for kind, bits, _ in entries if kind == MASK), 7)
    named = next((bits & mask for kind, bits, number in entries if (kind, number) == (USER, user.uid)), None)
    others = next(bits for kind, bits, _ in entries if kind == OTHERS)
    return bool((others if named is None else named) & PASS)


def _with_passage(entries: list[Entry], user: SystemUser) -> list[Entry]:
    """The same list with an entry for the user, and the mask that such a list must have."""
    kept = [entry for entry in entries if entry[0] != MASK and (entry[0], entry[2]) != (USER, user.uid)]
    masks = [bits for kind, bits, _ in entries if kind == MASK]
    # Without a mask so far the group's own bits were the limit; they stay the limit of the group entry itself.
    mask = masks[0] if masks else next(bits for kind, bits, _ in entries if kind == GROUP)
    return sorted([*kept, (USER, PASS, user.uid), (MASK, mask | PASS, NO_ID)])


def _packed(entries: list[Entry]) -> bytes:
    """The list in the kernel's form: version 2, then kind, permission bits, id (linux/posix_acl_xattr.h)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
