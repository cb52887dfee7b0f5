"""Keeps one embedded server for as long as somebody uses it. Run as a script; standard library only.

Whoever uses the server holds a shared lock on its users file. The keeper tries for an exclusive one: it gets it when
the last user has gone, for whatever reason, and then stops the server. New users wait at the same lock until the
stop is complete. Should the keeper itself be killed, the kernel sends the server its stop signal.
"""

import argparse
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
SECONDS_BETWEEN_LOOKS = 0.1


def dies_with_parent(stop_signal: int) -> Callable[[], None]:
    """Make a function for a new child that asks the kernel for a signal when its parent ends (Linux; see prctl(2))."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)
        if os.getppid() != parent:  # The parent ended before the request.
            os.kill(os.getpid(), stop_signal)

    return ask


def has_taken(descriptor: int) -> bool:
    """Try for the exclusive lock without waiting."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def start(options: argparse.Namespace, alive: int) -> "subprocess.Popen[bytes]":
    """Start the server. It inherits the `alive` lock, so the lock shows whether any of its processes still runs."""
    user = {} if options.uid is None else {"user": options.uid, "group": options.gid, "extra_groups": []}
    with open(options.log, "ab") as log:
        return subprocess.Popen(
            options.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,
            pass_fds=(alive,),
            preexec_fn=dies_with_parent(options.stop_signal),
            **user,
        )


def stop(server: "subprocess.Popen[bytes]", options: argparse.Namespace) -> None:
    """Ask the server to stop, and make it when it takes too long."""
    if server.poll() is None:
        server.send_signal(options.stop_signal)
        try:
            server.wait(options.stop_seconds)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def keep(options: argparse.Namespace) -> int:
    """Start the server, stay while it is used, stop it. Returns 3 when another one runs on the same data."""
    users = os.open(options.users, os.O_RDWR)
    alive = os.open(options.alive, os.O_RDWR | os.O_CREAT, 0o600)
    if not has_taken(alive):
        return 3
    server = start(options, alive)
    os.close(alive)
    draft = f"{options.record}.{os.getpid()}"
    with open(draft, "w", encoding="ascii") as file:
        json.dump({"keeper": os.getpid(), "server": server.pid}, file)
    os.replace(draft, options.record)
    while server.poll() is None and not has_taken(users):
        time.sleep(SECONDS_BETWEEN_LOOKS)
    stop(server, options)
    os.unlink(options.record)
    return 0


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Read the command line that `embedded.py` writes."""
    parser = argparse.ArgumentParser()
    for path in ("users", "alive", "record", "log"):
        parser.add_argument(f"--{path}", required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--stop-signal", type=int, default=signal.SIGTERM)
    parser.add_argument("--stop-seconds", type=float, default=60)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    options.command = [word for word in options.command if word != "--"]
    return options


if __name__ == "__main__":
    sys.exit(keep(parsed(sys.argv[1:])))
