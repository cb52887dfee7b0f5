"""A pinned business date, and people who collect."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from app import clock
from tests.factories import TODAY


@pytest.fixture
def friday() -> Iterator[None]:
    """It is ten o'clock on Friday, November 20, 2026: at night nobody may be called, whatever a test is about."""
    clock.set_clock(pinned_on=TODAY, stopped_at=dt.time(10))
    yield
    clock.set_clock(pinned_on=None)
