"""`leasedesk end-of-day`: end business dates in this process."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

import click

from app.cli.product import answer, product_command, tell


@click.command("end-of-day")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="The business date to end; today when left out.")
@click.option(
    "--catch-up",
    is_flag=True,
    help="End every business date that has passed and was not ended, in order; with --date that one last.",
)
@product_command
def end_of_day(on: dt.datetime | None, catch_up: bool) -> None:
    """Age accounts, settle promises, declare defaults, order the worklist and keep snapshots of a business date.

    Doing it twice changes nothing. When the date has passed, today's figures are brought up to date afterwards.
    """
    from app.clock import today
    from app.services.collections import end_of_day as day
    from app.services.collections.end_of_day import Done
    from app.transaction import transaction
    from tasks import end_of_day as task

    business_on = on.date() if on else today()
    if business_on > today():
        raise click.UsageError(f"{business_on} has not come yet; the business date is {today()}.")
    started = time.perf_counter()
    with transaction() as session:
        days = day.missed_days(session, before=business_on) if catch_up else []
    # Today ends when somebody says so, not because a day before it was missed.
    if on is not None or not catch_up:
        days.append(business_on)

    def told(on: dt.date, done: Done) -> None:
        tell(f"{on} · {done.chunks_done} of {done.chunks}: {done.step.label}, {done.changed:,} changed")

    runs = task.catch_up(days, told)
    if business_on < today() or catch_up:
        task.open_today()
    with transaction() as session:
        ended = [{"business_on": one, **day.outcome(session, run_id)} for one, run_id in zip(days, runs, strict=True)]
    seconds = round(time.perf_counter() - started, 3)
    failed = sum(one["failed"] for one in ended)
    if catch_up:
        said = [f"{one['business_on']} has ended: {one['accounts']:,} accounts, {one['changed']:,} changes." for one in ended]
        whole = {"days": ended, "opened": today(), "changed": sum(one["changed"] for one in ended), "failed": failed}
        answer(whole | {"seconds": seconds}, *(said or ["No business date was missed."]), f"{today()} is open.")
    else:
        answer(ended[0] | {"seconds": seconds}, *_lines(ended[0]["steps"]), _sentence(ended[0], seconds))
    if failed:
        raise click.exceptions.Exit(1)


def _lines(steps: Sequence[dict[str, Any]]) -> list[str]:
    return [f"{step['step']:<12} {step['changed']:>10,} changed in {step['seconds']:.2f} s" for step in steps]


def _sentence(ended: dict[str, Any], seconds: float) -> str:
    aside = f" {ended['failed']:,} could not be done and were put aside." if ended["failed"] else ""
    return f"{ended['business_on']} has ended: {ended['accounts']:,} accounts in {seconds:.1f} s.{aside}"
