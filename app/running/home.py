"""One running product a home: who holds the home, and what a killed start has left behind."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.running import locks
from app.running.errors import CannotStart
from app.running.supervisor import end_with_descendants

SECONDS_FOR_ORPHANS = 60.0


@dataclass(frozen=True)
class HomeFiles:
    """What `leasedesk up` writes into the home folder."""

    home: Path

    @property
    def launcher_lock(self) -> Path:
        """Held by `leasedesk up` alone."""
        return self.home / "run" / "up.lock"

    @property
    def children_lock(self) -> Path:
        """Held by `leasedesk up` and by every process that it starts."""
        return self.home / "run" / "children.lock"

    @property
    def record(self) -> Path:
        """Address and process numbers of the running product."""
        return self.home / "run.json"

    @property
    def staff(self) -> Path:
        """Staff of the demonstration: user names, roles, PINs."""
        return self.home / "demo-staff.json"

    def recorded(self) -> dict[str, Any]:
        """The record; empty when nothing runs."""
        try:
            found: dict[str, Any] = json.loads(self.record.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found

    def write_record(self, url: str, children: Mapping[str, int]) -> None:
        """Say where the product is and which processes it has."""
        draft = self.record.with_suffix(".new")
        draft.write_text(json.dumps({"url": url, "pid": os.getpid(), "children": dict(children)}), encoding="utf-8")
        draft.replace(self.record)


@contextmanager
def taken(home: Path, report: Callable[[str], None]) -> Iterator[int]:
    """Take the home for one `leasedesk up`. Gives the descriptor of the children's lock, for them to inherit.

    Raises:
        CannotStart: another `leasedesk up` runs on this home.
    """
    files = HomeFiles(home)
    home.mkdir(parents=True, exist_ok=True, mode=0o711)
    files.launcher_lock.parent.mkdir(exist_ok=True)
    launcher, children = locks.opened(files.launcher_lock), locks.opened(files.children_lock)
    try:
        if not locks.may_take(launcher, fcntl.LOCK_EX):
            where = files.recorded().get("url", "and is just starting")
            raise CannotStart(f"LeaseDesk already runs on {home} ({where}); stop it first or use another LEASEDESK_HOME.")
        _outlast_orphans(children, files, report)
        yield children
    finally:
        os.close(children)
        os.close(launcher)


def _outlast_orphans(lock: int, files: HomeFiles, report: Callable[[str], None]) -> None:
    """Wait for the processes of a killed start to finish what they do, and end them when that takes too long.

    The kernel has asked them to stop. A worker in the middle of a job may need its time; a second request would make
    it drop the job, so none is sent.
    """
    deadline = time.monotonic() + SECONDS_FOR_ORPHANS
    if not locks.may_take(lock, fcntl.LOCK_EX):
        report("The last start was killed; waiting for its processes to finish what they do …")
    while not locks.may_take(lock, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            for pid in files.recorded().get("children", {}).values():
                end_with_descendants(int(pid))
            deadline += SECONDS_FOR_ORPHANS
        time.sleep(0.1)
    files.record.unlink(missing_ok=True)
