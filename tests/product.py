"""Starting the real product for tests, and finding out about it."""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app import ROOT

SECONDS_TO_START = 120
SECONDS_TO_STOP = 90


@dataclass
class RunningProduct:
    """`leasedesk up` in a process of its own."""

    home: Path
    environment: Mapping[str, str]
    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)
    greeted: threading.Event = field(default_factory=threading.Event)

    @property
    def record(self) -> dict[str, Any]:
        """What `run.json` says: address, process numbers."""
        found: dict[str, Any] = json.loads((self.home / "run.json").read_text(encoding="utf-8"))
        return found

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.environment['PORT']}"

    def staff(self, role: str) -> dict[str, str]:
        """The first member of the demonstration's staff with this role: username, name, role, pin."""
        found: list[dict[str, str]] = json.loads((self.home / "demo-staff.json").read_text(encoding="utf-8"))
        return next(member for member in found if member["role"] == role)

    def leasedesk(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run another command on the same home."""
        return leasedesk_process(*words, environment=self.environment)

    def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS_TO_STOP)

    def read_lines(self) -> None:
        """Keep what it prints, until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if "Stop it with Ctrl+C" in line:
                self.greeted.set()
        self.greeted.set()

    @property
    def output(self) -> str:
        """All that it has printed."""
        return "".join(self.lines)


def environment_for(home: Path, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which every setting has its default except the home, the port and those given."""
    from app.settings import Settings

    ours = {field.alias for field in Settings.model_fields.values()}
    others = {name: value for name, value in os.environ.items() if name not in ours}
    chosen = {"LEASEDESK_HOME": str(home), "PORT": str(free_port()), "LEASEDESK_DEMONSTRATION_ACCOUNTS": "60"}
    # One of each is enough for most tests and comes up in half the time.
    small = {"WEB_WORKERS": "1", "WORKERS": "1"}
    return others | chosen | small | dict(given or {})


def leasedesk_process(*words: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end in a process of its own; takes seconds, because it imports everything anew."""
    command = [sys.executable, "-m", "app", *words]
    return subprocess.run(command, env=dict(environment), cwd=ROOT, capture_output=True, text=True, check=False)


def leasedesk(*words: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end in this process, with this environment, and give back what a process would have given.

    What the program keeps for the whole process (environment, clock, pepper of the PINs) is as before afterwards.
    """
    from app import clock
    from app.cli import main
    from app.services.staff import pins

    # Bytes below, as a real stdout has them: an export writes those.
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True) for _ in range(2))
    kept, ticking, pepper = dict(os.environ), vars(clock._clock).copy(), pins._pepper.copy()
    os.environ.clear()
    os.environ.update(environment)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(words)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        os.environ.clear()
        os.environ.update(kept)
        vars(clock._clock).update(ticking)
        pins._pepper.clear()
        pins._pepper.update(pepper)
    written = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return subprocess.CompletedProcess(["leasedesk", *words], code, *written)


def launched(home: Path, given: Mapping[str, str] | None = None) -> RunningProduct:
    """Begin `leasedesk up` without waiting for it."""
    environment = environment_for(home, given)
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "up"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    product = RunningProduct(home, environment, process)
    threading.Thread(target=product.read_lines, daemon=True).start()
    return product


@contextmanager
def started_product(home: Path, given: Mapping[str, str] | None = None) -> Iterator[RunningProduct]:
    """The product from its greeting to its end."""
    product = launched(home, given)
    try:
        is_up = product.greeted.wait(SECONDS_TO_START) and product.process.poll() is None
        assert is_up, f"leasedesk up did not come up:\n{product.output}"
        yield product
    finally:
        product.stop()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        number: int = attempt.getsockname()[1]
        return number
