"""Servers that live in the home folder: used together, started by the first user, stopped after the last.

Any number of commands may use a home at once. Each holds a shared lock for as long as it needs the server and hands
it to its child processes; `keeper.py` owns the server and stops it when nobody holds the lock any more. A killed
command therefore leaves nothing behind that the next one has to understand.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app.running import keeper, locks, sockets
from app.running.errors import ServersUnavailable
from app.running.supervisor import end_of
from app.running.system_user import SystemUser

SECONDS_TO_LEAVE = 60
SECONDS_TO_STOP = 90
"""More than the keeper gives its server, which is killed after that."""

SECONDS_BETWEEN_LOOKS = 0.03

Report = Callable[[str], None]


@dataclass(frozen=True)
class Launch:
    """How to start one server."""

    command: tuple[str, ...]
    stop_signal: signal.Signals
    user: SystemUser | None = None


class Server(Protocol):
    """One kind of server: how to prepare and start it, and how to see that it is ready."""

    name: str

    def prepare(self) -> Launch:
        """Make folders and files, with no server running on them."""

    def is_ready(self) -> bool:
        """Whether the server takes connections."""

    def complete(self) -> None:
        """Make what must be inside the server before it is used; called after each start."""


@dataclass(frozen=True)
class Files:
    """Where a server keeps its locks, its record and its log below the home folder."""

    home: Path
    name: str
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", self.home / "run")

    def __getitem__(self, suffix: str) -> Path:
        return self.folder / f"{self.name}.{suffix}"

    @property
    def log(self) -> Path:
        """The server's log, among the logs of all processes."""
        return self.home / "log" / f"{self.name}.log"


@contextmanager
def in_use(server: Server, home: Path) -> Iterator[int]:
    """Use a server, starting it when it does not run. Gives the lock's descriptor, to be passed on to children.

    Waits for the server's end when this was its last user.

    Raises:
        ServersUnavailable: the server could not be started; the sentence names its log.
    """
    files = Files(home, server.name)
    files.folder.mkdir(parents=True, exist_ok=True)
    files.log.parent.mkdir(parents=True, exist_ok=True)
    started = None
    users = locks.opened(files["users"])
    try:
        fcntl.flock(users, fcntl.LOCK_SH)  # Waits here while the keeper stops the server after its last user.
        started = ensure_running(server, home)
        yield users
    finally:
        os.close(users)
        if wait_until_left(server, home) and started is not None:
            started.wait()


def ensure_running(server: Server, home: Path) -> "subprocess.Popen[bytes] | None":
    """Start the server unless it runs, and return its keeper if so; the caller holds the users lock."""
    files = Files(home, server.name)
    with locks.alone(files["start"]):
        if locks.is_held(files["alive"]) and server.is_ready():
            return None
        _end_leftover(files)
        process = _keeper(files, server.prepare())
        _wait_until_ready(server, process, files)
        server.complete()
        return process


def wait_until_left(server: Server, home: Path) -> bool:
    """Wait for the stop after the last user has gone. False when somebody still uses the server, or it does not stop."""
    files = Files(home, server.name)
    deadline = time.monotonic() + SECONDS_TO_STOP
    while files.folder.is_dir():
        descriptor = locks.opened(files["users"])
        try:
            if locks.may_take(descriptor, fcntl.LOCK_EX):
                if not locks.is_held(files["alive"]):
                    sockets.clear_away(home, server.name)
                    return True  # The keeper, which would hold this lock, has gone as well.
            elif locks.may_take(descriptor, fcntl.LOCK_SH):
                return False
            if time.monotonic() > deadline:
                return False
        finally:
            os.close(descriptor)
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return True


def _keeper(files: Files, launch: Launch) -> "subprocess.Popen[bytes]":
    words = [f"--{name}={files[name]}" for name in ("users", "alive", "record")]
    words += [f"--log={files.log}", f"--stop-signal={int(launch.stop_signal)}"]
    words += [f"--uid={launch.user.uid}", f"--gid={launch.user.gid}"] if launch.user else []
    return subprocess.Popen(
        [sys.executable, "-I", "-S", keeper.__file__, *words, "--", *launch.command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=files.log.open("ab"),
        start_new_session=True,
        cwd="/",
    )


def _wait_until_ready(server: Server, process: "subprocess.Popen[bytes]", files: Files) -> None:
    """Wait for as long as the server lives: recovery after a crash may take it minutes."""
    while not server.is_ready():
        if process.poll() is not None:
            raise ServersUnavailable(f"{server.name} did not start; {files.log} says why:\n{end_of(files.log)}")
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _end_leftover(files: Files) -> None:
    """Wait for a server whose keeper was killed to end, and end it when it does not."""
    deadline = time.monotonic() + SECONDS_TO_LEAVE
    asked = False
    while locks.is_held(files["alive"]):
        pid = _recorded_server(files)
        if pid is not None and not asked:
            _signal(pid, signal.SIGINT)
            asked = True
        if time.monotonic() > deadline:
            raise ServersUnavailable(
                f"{files.name} of an earlier start still runs on {files.home} (process {pid}) and does not stop."
            )
        time.sleep(SECONDS_BETWEEN_LOOKS)
    files["record"].unlink(missing_ok=True)


def _recorded_server(files: Files) -> int | None:
    try:
        return int(json.loads(files["record"].read_text(encoding="ascii"))["server"])
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # It ended by itself in the meantime.
