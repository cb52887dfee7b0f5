"""Which failures go away by themselves, so that the same work is worth another try."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

PASSING = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
"""SQLSTATEs that go away by themselves: serialization, deadlock, lock not available, the server shutting down or starting."""


def is_passing(error: Exception) -> bool:
    """Whether the same work may well succeed in a moment."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in PASSING
