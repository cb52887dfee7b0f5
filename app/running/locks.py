"""File locks that the kernel releases when their holder ends, even when it is killed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock that one process at a time can have; wait for it as long as it takes."""
    descriptor = opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def opened(path: Path) -> int:
    """Open a lock file and return its descriptor; closing it gives the lock back."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def may_take(descriptor: int, kind: int) -> bool:
    """Try to take a lock (`fcntl.LOCK_SH` or `LOCK_EX`) without waiting, and say whether it worked."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether any process holds the lock of this file."""
    descriptor = opened(path)
    try:
        return not may_take(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)
