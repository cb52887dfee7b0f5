"""How every process writes its log: one JSON object a line on stderr, in UTC, with what was bound to the work at hand."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
import structlog.typing

from app.gateways.calls import without_numbers

FREE_TEXT = ("path", "error", "exception", "event")
"""What may hold what somebody typed: long numbers are taken out of it, for they might be a card's."""


def configure() -> None:
    """Set up structlog for this process. Safe to call again."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _without_card_numbers,
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )


def _without_card_numbers(_: Any, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {**line, **{name: without_numbers(line[name]) for name in FREE_TEXT if isinstance(line.get(name), str)}}


def _to_stderr(*_: Any) -> structlog.PrintLogger:
    # Asked for at each line: a process that swaps its stderr, as a test does, would leave a closed file behind.
    return structlog.PrintLogger(sys.stderr)
