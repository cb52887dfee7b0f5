"""Child processes that are started, watched, started again when they die, and stopped in order."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.running.keeper import dies_with_parent

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
CALM_AFTER = 60.0
"""Seconds of life after which a child counts as healthy and its next death begins with the first pause again."""

LARGEST_LOG = 10 * 1024 * 1024
SECONDS_BETWEEN_LOOKS = 0.05


@dataclass(frozen=True)
class Program:
    """One process of the product: what it is called, how it starts, how long it may take to stop."""

    name: str
    command: tuple[str, ...]
    patience: float = 20.0


@dataclass
class Child:
    """A program with its present process, if it has one."""

    program: Program
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """Looks after children on behalf of one foreground process.

    Every child gets a session of its own, so that Ctrl+C reaches only this process, and is asked to stop by the kernel
    should this process be killed. The descriptors in `kept` go to each child: they hold the locks that tell the next
    start, and the keepers of the servers, whether anything is still at work.
    """

    environment: Mapping[str, str]
    folder: Path
    logs: Path
    kept: tuple[int, ...]
    report: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    is_impatient: Callable[[], bool] = lambda: False

    def start(self, programs: Sequence[Program]) -> list[Child]:
        """Start programs and look after them from now on."""
        added = [Child(program) for program in programs]
        self.children += added
        for child in added:
            self._launch(child)
        return added

    def look_after(self) -> bool:
        """Start again what has died and has waited its pause; true when some process is another one than before."""
        changed = False
        for child in self.children:
            if child.is_running:
                continue
            now = time.monotonic()
            if child.process is not None:
                changed = True
                self._mourn(child, now)
            if now >= child.due:
                self._launch(child)
                changed = True
        return changed

    def stop(self, groups: Sequence[Sequence[str]]) -> None:
        """Stop group after group, those of one group together. Kills what does not stop within its patience."""
        for names in groups:
            group = [child for child in self.children if child.program.name in names]
            self.children = [child for child in self.children if child not in group]
            self._stop_together(group)

    def _launch(self, child: Child) -> None:
        log = self.log_of(child.program)
        _turn_over(log)
        with log.open("ab") as output:
            child.process = subprocess.Popen(
                child.program.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                cwd=self.folder,
                start_new_session=True,
                pass_fds=self.kept,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        child.started = time.monotonic()

    def _mourn(self, child: Child, now: float) -> None:
        assert child.process is not None
        if now - child.started > CALM_AFTER:
            child.pause = FIRST_PAUSE
        self.report(
            f"{child.program.name} {_ending(child.process.returncode)}; starting it again in {child.pause:.0f} s. "
            f"See {self.log_of(child.program)}."
        )
        child.process = None
        child.due = now + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)

    def _stop_together(self, group: Sequence[Child]) -> None:
        """Ask all of them, then wait for each as long as its patience allows."""
        living = [child for child in group if child.is_running]
        for child in living:
            assert child.process is not None
            child.process.terminate()
        asked = time.monotonic()
        for child in living:
            assert child.process is not None
            while child.process.poll() is None:
                if self.is_impatient() or time.monotonic() - asked > child.program.patience:
                    self.report(f"{child.program.name} does not stop and is ended.")
                    end_with_descendants(child.process.pid)
                    child.process.wait()
                time.sleep(SECONDS_BETWEEN_LOOKS)

    def log_of(self, program: Program) -> Path:
        """Where the program's output goes."""
        return self.logs / f"{program.name}.log"


def end_with_descendants(pid: int) -> None:
    """Kill a process and everything that it has started."""
    import psutil

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            pass  # It ended by itself in the meantime.


def end_of(log: Path, lines: int = 8) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _ending(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def _turn_over(log: Path) -> None:
    """Keep one older log beside the present one, so that logs never fill the disk."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        os.replace(log, log.with_suffix(".log.1"))
