"""Sheets read by a child process that may use only so much memory and time.

A workbook of a few kilobytes can claim a cell in the last row and column of a sheet, or unfold otherwise once it is parsed.
The child that parses it has hard limits of the operating system; when it hits one, it dies and the parent says so in a
sentence. The child knows nothing of the database and its answers are plain cells: the unpickler below makes dates and
times and refuses everything else.
"""

from __future__ import annotations

import io
import pickle
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import IO, Any

from app.workbooks import sheets
from app.workbooks.sheets import DAMAGED, Kind, Row, UnreadableFile

HEAD_ROWS = 20
"""Rows that the child sends before it is told to go on: the ones among which the header is looked for."""

TOO_BIG = "The file needs more memory than an import may use. Delete unused rows, columns and sheets, or split it."
TOO_SLOW = "Reading the file takes longer than an import may wait. Split it into smaller files and upload them one by one."

_DATE_PARTS = {"date", "datetime", "time", "timedelta"}
_READ_BYTES = 1 << 20


class LimitedSheets:
    """The sheets of a file, parsed by a child process with limits. Same face as the sheets of `open_sheets`."""

    def __init__(self, source: Path | bytes, kind: Kind, *, memory_bytes: int, seconds: int) -> None:
        """Start the child and wait for the names of the sheets.

        `memory_bytes` limits its address space, `seconds` both its processor time and how long the parent waits for it in
        all; the time that the parent takes to work on rows does not count.
        """
        self._patience = float(seconds)
        self._buffer = bytearray()
        self._copy = _copy_of(source) if isinstance(source, bytes) else None
        path = self._copy.name if self._copy else str(source)
        # -I: the child sees neither PYTHON* variables nor the modules that lie beside its file.
        command = [sys.executable, "-I", sheets.__file__, path, kind, str(memory_bytes), str(seconds), str(HEAD_ROWS)]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        assert self._child.stdin is not None and self._child.stdout is not None
        self._stdin, self._stdout = self._child.stdin, self._child.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)
        try:
            self.names: Sequence[str] = self._receive()[1]
        except BaseException:
            self.close()
            raise

    def rows(self, index: int) -> Iterator[Row]:
        """Rows of one sheet; the child goes on past the head only when that has been used up."""
        self._tell(f"head {index}\n")
        yield from self._receive()[1]
        self._tell("rest\n")
        while (frame := self._receive())[0] == "rows":
            yield from frame[1]

    def close(self) -> None:
        """End the child, whatever it is doing, and let go of its pipes."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        self._selector.close()
        self._stdin.close()
        self._stdout.close()
        if self._copy:
            self._copy.close()

    def _tell(self, command: str) -> None:
        """Give the child its next command; a child that has died says why when it is listened to."""
        try:
            self._stdin.write(command.encode())
        except BrokenPipeError:
            pass

    def _receive(self) -> tuple[str, Any]:
        """The child's next frame."""
        length = int.from_bytes(self._take(4), "big")
        try:
            name, content = _Cells(io.BytesIO(self._take(length))).load()
        except (pickle.UnpicklingError, EOFError, ValueError, TypeError) as error:
            raise UnreadableFile(DAMAGED) from error
        if name == "unreadable":
            raise UnreadableFile(content)
        return name, content

    def _take(self, count: int) -> bytes:
        """The next bytes of the child's answer, or the sentence that fits its death."""
        while len(self._buffer) < count:
            started = monotonic()
            is_ready = self._selector.select(max(self._patience, 0))
            self._patience -= monotonic() - started
            if not is_ready:
                raise UnreadableFile(TOO_SLOW)
            part = self._stdout.read(_READ_BYTES)
            if not part:
                raise UnreadableFile(_obituary(self._child.wait()))
            self._buffer += part
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


class _Cells(pickle.Unpickler):
    """Reads what the child wrote: numbers, texts, lists, and dates and times. Anything else is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """Resolve the four types of the datetime module only."""
        if module == "datetime" and name in _DATE_PARTS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"The child sent a {module}.{name}.")


def _obituary(exit_code: int) -> str:
    """Why a child ended before its answer did: its exit code, negative for a signal."""
    if exit_code in (-signal.SIGXCPU, -signal.SIGKILL):
        return TOO_SLOW
    if exit_code in (99, -signal.SIGABRT, -signal.SIGSEGV):
        return TOO_BIG
    return DAMAGED


def _copy_of(content: bytes) -> IO[bytes]:
    """The bytes as a file that the child can open and that disappears when it is closed."""
    copy = tempfile.NamedTemporaryFile(prefix="workbook-")  # noqa: SIM115  # `close` of the sheets closes it.
    copy.write(content)
    copy.flush()
    return copy
