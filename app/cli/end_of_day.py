"""`leasedesk end-of-day`: end a business date in this process."""

import datetime as dt
import time

import click

from app.cli.product import answer, product_command, tell


@click.command("end-of-day")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="The business date to end; today when left out.")
@product_command
def end_of_day(on: dt.datetime | None) -> None:
    """Age accounts, settle promises, declare defaults, order the worklist and keep snapshots of a business date.

    Doing it twice changes nothing. When the date has passed, today's figures are brought up to date afterwards.
    """
    from app.clock import now, today
    from app.services.collections import end_of_day as day
    from app.services.collections.end_of_day import Done
    from app.transaction import transaction
    from tasks.end_of_day import end

    business_on = on.date() if on else today()
    if business_on > today():
        raise click.UsageError(f"{business_on} has not come yet; the business date is {today()}.")

    def told(done: Done) -> None:
        tell(f"{done.chunks_done} of {done.chunks}: {done.step.label}, {done.changed:,} changed")

    started = time.perf_counter()
    run_id = end(business_on, told)
    with transaction() as session:
        if business_on < today():
            day.open_day(session, on=today(), now=now())
        run = day.close_run(session, run_id, now=now())
        steps = day.report(session, run_id)
        accounts = run.accounts
    seconds = round(time.perf_counter() - started, 3)
    lines = [f"{step['step']:<12} {step['changed']:>10,} changed in {step['seconds']:.2f} s" for step in steps]
    failed = sum(int(str(step["failed"])) for step in steps)
    result = {
        "business_on": business_on,
        "accounts": accounts,
        "changed": sum(int(str(step["changed"])) for step in steps),
        "failed": failed,
        "steps": steps,
        "seconds": seconds,
    }
    answer(result, *lines, f"{business_on} has ended: {accounts:,} accounts in {seconds:.1f} s.")
    if failed:
        raise click.exceptions.Exit(1)
