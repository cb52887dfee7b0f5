"""How every process writes its log: one JSON object a line on stderr, in UTC, with what was bound to the work at hand."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
import structlog.typing


def configure() -> None:
    """Set up structlog for this process. Safe to call again."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )


def _to_stderr(*_: Any) -> structlog.PrintLogger:
    # Asked for at each line: a process that swaps its stderr, as a test does, would leave a closed file behind.
    return structlog.PrintLogger(sys.stderr)
