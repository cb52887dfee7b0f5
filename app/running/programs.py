"""The processes of the product and how each is started."""

import sys
from collections.abc import Sequence

from app.running.supervisor import Program
from app.running.web_server import graceful_timeout
from app.settings import Settings

QUEUES = ("payments", "imports", "default")
"""In the order in which workers look at them."""

SECONDS_TO_FINISH_A_JOB = 60

PREPARE = Program("prepare", (sys.executable, "-m", "app.cli.prepare"), patience=10)
"""Migrates and loads the demonstration in a process of its own, whose memory is free again afterwards."""


def programs(settings: Settings) -> list[Program]:
    """All lasting processes, the web server first."""
    web = Program("web", _python("gunicorn", *_gunicorn(settings)), patience=graceful_timeout + 5)
    workers = [
        Program(f"worker-{number}", _python("tasks.worker", *QUEUES), patience=SECONDS_TO_FINISH_A_JOB)
        for number in range(1, settings.workers + 1)
    ]
    started = [web, *workers, Program("tick", _python("tasks.tick"))]
    if settings.uses_square_simulator:
        simulator = _python("app.simulators.square", "--port", "0", "--home", str(settings.home), "--tells")
        started.append(Program("square", simulator, patience=5))
    if settings.uses_message_simulator:
        replies = f"{address(settings)}/webhooks/texts"
        texts = _python("app.simulators.messages", "--home", str(settings.home), "--reply-to", replies)
        started.append(Program("messages", texts, patience=5))
    if settings.uses_hexnode_simulator:
        portal = _python("app.simulators.hexnode", "--home", str(settings.home))
        started.append(Program("hexnode", portal, patience=5))
    return started


def in_stopping_order(names: Sequence[str]) -> list[list[str]]:
    """Those that take work first, then those that do it, then what they talk to."""
    workers = [name for name in names if name.startswith("worker")]
    return [["prepare"], ["web"], [*workers, "tick"], ["square", "messages", "hexnode"]]


def address(settings: Settings) -> str:
    """Where a browser on this machine finds the product."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(settings.host, settings.host)
    return f"http://{host}:{settings.port}"


def _gunicorn(settings: Settings) -> list[str]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    words = ["wsgi:app", "--config", "python:app.running.web_server"]
    return [*words, "--bind", f"{host}:{settings.port}", "--workers", str(settings.web_workers)]


def _python(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *words)
