"""`leasedesk up`: the whole product in one foreground process and its children."""

import json
import os
import select
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from app import ROOT
from app.running import home
from app.running.errors import CannotStart
from app.running.home import HomeFiles
from app.running.programs import PREPARE, address, in_stopping_order, programs
from app.running.servers import RunningServers, ensured
from app.running.supervisor import Child, Supervisor, end_of
from app.settings import Settings

SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_TO_ANSWER = 60.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass
class Stop:
    """Remembers stop signals and wakes the main loop."""

    count: int = 0
    _pipe: tuple[int, int] = field(default_factory=os.pipe)

    def listen(self) -> None:
        """Receive the stop signals from now on."""
        os.set_blocking(self._pipe[1], False)
        for number in STOP_SIGNALS:
            signal.signal(number, self._receive)

    def wait(self, seconds: float) -> bool:
        """Wait for a signal at most this long; true when one has come by now."""
        select.select([self._pipe[0]], [], [], 0 if self.count else seconds)
        return self.count > 0

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        os.write(self._pipe[1], b"!")


def up(settings: Settings, report: Callable[[str], None]) -> None:
    """Start everything, stay until SIGTERM or Ctrl+C, stop everything.

    Raises:
        CannotStart: the port is taken, the home is in use, or a server or process does not come up.
    """
    stop = Stop()
    stop.listen()
    with home.taken(settings.home, report) as children_lock:
        _demand_free_port(settings)
        with ensured(settings, report) as servers:
            logs = servers.settings.home / "log"
            logs.mkdir(parents=True, exist_ok=True)
            environment = servers.settings.as_environment()
            supervisor = Supervisor(environment, ROOT, logs, (children_lock, *servers.kept), report)
            try:
                if _prepare(supervisor, stop):
                    _run(servers, supervisor, stop)
            finally:
                _stop(supervisor, stop)
    report("Stopped.")


def _demand_free_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotStart(
                f"Port {settings.port} of {settings.host} cannot be used ({error.strerror}); "
                f"choose another one, such as PORT={settings.port + 1}."
            ) from error


def _prepare(supervisor: Supervisor, stop: Stop) -> bool:
    """Run the preparation and pass its sentences on; false when a stop signal came first."""
    log = supervisor.log_of(PREPARE)
    log.unlink(missing_ok=True)
    child = supervisor.start([PREPARE])[0]
    shown = 0
    while True:
        is_running = child.is_running
        sentences = log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        complete = [line.strip() for line in sentences if line.endswith("\n")]
        for sentence in complete[shown:]:
            supervisor.report(sentence)
        shown = len(complete)
        if not is_running:
            break
        if stop.wait(0.1):
            return False
    code = child.process.returncode if child.process else 0
    supervisor.children.remove(child)
    if code != 0:
        raise CannotStart(f"The database could not be prepared; {log} says the same as the lines above.")
    return True


def _run(servers: RunningServers, supervisor: Supervisor, stop: Stop) -> None:
    """Start the processes, greet, and look after them until a stop signal comes."""
    settings = servers.settings
    files = HomeFiles(settings.home)
    web, *others = programs(settings)
    child = supervisor.start([web])[0]
    _record(files, settings, supervisor)
    try:
        # The web server comes up alone: all at once, they would only take the processor from each other.
        if not _answers(child, supervisor, settings, stop):
            return
        supervisor.start(others)
        _record(files, settings, supervisor)
        supervisor.report(greeting(files, settings))
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            for name in servers.restart_missing():
                supervisor.report(f"{name} had ended and was started again.")
            if supervisor.look_after():
                _record(files, settings, supervisor)
    finally:
        files.record.unlink(missing_ok=True)


def _record(files: HomeFiles, settings: Settings, supervisor: Supervisor) -> None:
    pids = {child.program.name: child.process.pid for child in supervisor.children if child.process}
    files.write_record(address(settings), pids)


def _answers(web: Child, supervisor: Supervisor, settings: Settings, stop: Stop) -> bool:
    """Wait until the web server answers; false when a stop signal came first."""
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while not _is_healthy(settings):
        if not web.is_running or time.monotonic() > deadline:
            log = supervisor.log_of(web.program)
            raise CannotStart(f"The web server did not come up; {log} says why:\n{end_of(log)}")
        if stop.wait(0.1):
            return False
    return True


def _is_healthy(settings: Settings) -> bool:
    try:
        with urllib.request.urlopen(f"{address(settings)}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def greeting(files: HomeFiles, settings: Settings) -> str:
    """What a person needs to begin: the address, who may sign in, how to stop."""
    lines = ["", f"LeaseDesk is running at {address(settings)}"]
    if settings.is_demonstration and files.staff.exists():
        lines += ["", "  Sign in as      PIN       role"]
        for member in json.loads(files.staff.read_text(encoding="utf-8")):
            lines.append(f"  {member['username']:<15} {member['pin']:<9} {member['role']}, {member['name']}")
    return "\n".join([*lines, "", f"Logs: {settings.home / 'log'}", "Stop it with Ctrl+C.", ""])


def _stop(supervisor: Supervisor, stop: Stop) -> None:
    """Stop the children in order; one more signal from here on ends what is still running at once."""
    if supervisor.children:
        supervisor.report("Stopping …")
    enough = stop.count + 1
    supervisor.is_impatient = lambda: stop.count >= enough
    supervisor.stop(in_stopping_order([child.program.name for child in supervisor.children]))
