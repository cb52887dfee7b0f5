"""When the end of day starts by itself: after midnight in every portfolio's zone, also when clocks change, with catch-up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.reporting.jobs import JobState
from app.models import DayRun, Job
from app.services.collections import end_of_day
from tasks import timetable
from tasks.perform import perform
from tests import factories

EAST, WEST, DESERT = "America/New_York", "America/Los_Angeles", "America/Phoenix"


@pytest.fixture(autouse=True)
def _clock(redis: object) -> Iterator[None]:
    yield
    clock.set_clock(pinned_on=None)


def starts(on: dt.date, hour: int, minute: int) -> bool:
    """Whether the timetable starts the end of day at a time of day in New York."""
    clock.set_clock(pinned_on=on, stopped_at=dt.time(hour, minute))
    return "end_of_day" in timetable.tick()


@pytest.mark.parametrize(
    ("zone", "on", "too_early", "due"),
    [
        (EAST, dt.date(2026, 11, 20), (0, 4), (0, 5)),
        (WEST, dt.date(2026, 11, 20), (3, 4), (3, 5)),
        # The night in which clocks go forward: New York's 3:05 EDT is half past eleven and more in Los Angeles still on PST.
        (WEST, dt.date(2026, 3, 8), (4, 4), (4, 5)),
        (WEST, dt.date(2026, 3, 9), (3, 4), (3, 5)),
        # The night in which clocks go back: New York is on EST from 2:00 on, Los Angeles three hours later.
        (WEST, dt.date(2026, 11, 1), (2, 4), (2, 5)),
        (WEST, dt.date(2026, 11, 2), (3, 4), (3, 5)),
        # Arizona keeps its clocks: two hours behind New York in winter, three in summer.
        (DESERT, dt.date(2026, 3, 7), (2, 4), (2, 5)),
        (DESERT, dt.date(2026, 3, 9), (3, 4), (3, 5)),
    ],
)
def test_a_business_date_ends_once_it_is_over_in_the_portfolios_zone(
    session: Session, zone: str, on: dt.date, too_early: tuple[int, int], due: tuple[int, int]
) -> None:
    factories.account(session, factories.portfolio(session, time_zone=zone))
    assert not starts(on, *too_early)
    assert starts(on, *due)
    assert not starts(on, 12, 0), "once a business date"


def test_the_last_zone_of_the_house_counts_and_a_portfolio_without_accounts_does_not(session: Session) -> None:
    factories.account(session, factories.portfolio(session, time_zone=EAST))
    factories.portfolio(session, time_zone=WEST)
    on = dt.date(2026, 11, 20)
    assert starts(on, 0, 5)
    factories.account(session, factories.portfolio(session, time_zone=WEST))
    assert not starts(on + dt.timedelta(days=1), 0, 5)
    assert starts(on + dt.timedelta(days=1), 3, 5)


def test_missed_days_are_caught_up_in_order_across_the_change_of_clocks(session: Session) -> None:
    account = factories.account(session, lines=[(dt.date(2026, 10, 30), 5_400)], today=dt.date(2026, 10, 31))
    run = end_of_day.open_run(session, on=dt.date(2026, 10, 30), now=clock.now())
    while end_of_day.do_next(session, run.id, now=clock.now()) is not None:
        pass
    end_of_day.close_run(session, run.id, now=clock.now())
    assert starts(dt.date(2026, 11, 3), 0, 5)
    job = session.scalars(select(Job).where(Job.kind == "end_of_day")).one()
    session.commit()
    perform(job.id)
    session.expire_all()
    assert job.state is JobState.DONE, job.error
    assert job.result is not None
    assert job.result["days"] == ["2026-10-31", "2026-11-01", "2026-11-02"]
    ended = session.scalars(select(DayRun.business_on).where(DayRun.state == JobState.DONE).order_by(DayRun.business_on))
    assert list(ended) == [dt.date(2026, 10, 30) + dt.timedelta(days=n) for n in range(4)]
    assert account.days_past_due == 4, "the new day is opened"
