"""A pinned business date."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app import clock
from tests.factories import TODAY


@pytest.fixture
def friday() -> Iterator[None]:
    """The business date is Friday, November 20, 2026."""
    clock.set_clock(pinned_on=TODAY)
    yield
    clock.set_clock(pinned_on=None)
