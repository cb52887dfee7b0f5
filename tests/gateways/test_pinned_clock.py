"""A business date that is pinned ahead of the real clock: Square's lists are asked for from as far back as is needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from app import clock
from app.gateways.square import SquareGateway
from app.gateways.square_directory import SquareDirectory
from app.simulators.square.remote import SquareSimulator
from tests.gateways.test_square import access, charged, refund_of, request_for, simulator, square

__all__ = ["simulator", "square"]


@pytest.fixture(params=[0, 40, -40])
def days(request: pytest.FixtureRequest) -> Iterator[int]:
    """How far the business date is pinned from the simulator's own clock, which nobody pins."""
    ahead = int(request.param)
    if ahead:
        clock.set_clock(pinned_on=clock.today() + dt.timedelta(days=ahead))
    yield ahead
    clock.set_clock(pinned_on=None)


def test_what_happened_now_is_in_every_list_whatever_day_is_pinned(square: SquareSimulator, days: int) -> None:
    gateway = SquareGateway(access(square))
    since = clock.now() - dt.timedelta(days=3)
    charged(square, request_for(square, key="ld-2"))
    gateway.give_back(refund_of(square))
    assert len(gateway.payments(since)) == 2  # type: ignore[arg-type]
    assert len(gateway.refunds(since)) == 1  # type: ignore[arg-type]
    events = SquareDirectory(gateway).events(since)
    assert getattr(events, "entries", [])


def test_the_clock_runs_ahead_only_when_it_is_pinned_later(days: int) -> None:
    assert clock.ahead() >= dt.timedelta(0)
    assert round(clock.ahead() / dt.timedelta(days=1)) == max(days, 0)
