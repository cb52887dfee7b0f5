"""`leasedesk autopay` and `leasedesk reconcile`: charging cards by command, with the rules of the screens."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import click

from app.cli.product import answer, product_command, tell
from app.cli.registry import Entry, LazyGroup

SECONDS_BETWEEN_LOOKS = 0.5

autopay = LazyGroup(
    "autopay",
    entries={
        "enroll": Entry("app.cli.autopay:enroll", "Record consents to AutoPay."),
        "run": Entry("app.cli.autopay:run", "Charge what is due today."),
        "resolve": Entry("app.cli.autopay:resolve", "Find out what became of undecided charges."),
    },
    help="Charge cards on file.",
)

reconcile = LazyGroup(
    "reconcile",
    entries={
        "square": Entry("app.cli.autopay:reconcile_square", "Compare Square's books with the ledger."),
        "queue": Entry("app.cli.reconcile:queue", "List the payments that wait for their account."),
    },
    help="Compare somebody else's books with ours.",
)


@click.command()
@click.option("--all-with-card", is_flag=True, help="Every open account whose customer has a card on file and no consent yet.")
@click.option("--account", "number", help="One account, by its number.")
@click.option("--consent", required=True, help="The words that the customers agreed to.")
@click.option("--source", default="command line", show_default=True, help="Where they agreed, such as “signed lease”.")
@product_command
def enroll(all_with_card: bool, number: str | None, consent: str, source: str) -> None:
    """Record the customers' consent to AutoPay, word for word."""
    from app.cli.one_account import account_by_number
    from app.clock import now
    from app.services.autopay import enrollment
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction

    if all_with_card == (number is not None):
        raise click.UsageError("Choose either --all-with-card or --account NUMBER.")
    with transaction() as session:
        if number is not None:
            account = account_by_number(session, number)
            enrollment.enroll(session, account.id, consent=consent, source=source, now=now(), actor=SYSTEM)
            count = 1
        else:
            count = enrollment.enroll_all_with_card(session, consent=consent, source=source, now=now(), actor=SYSTEM)
    answer({"enrolled": count}, f"{count:,} accounts agreed to AutoPay.")


@click.command()
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="The business date; today when left out.")
@click.option(
    "--kind", type=click.Choice(["daily", "promises", "retry"]), default="daily", show_default=True, help="Which charges."
)
@click.option("--dry-run", is_flag=True, help="Only say who would be charged, and why the others not.")
@click.option("--wait", is_flag=True, help="Charge in this process and stay until all are decided or unknown.")
@product_command
def run(on: dt.datetime | None, kind: str, dry_run: bool, wait: bool) -> None:
    """Charge what is due. The same day and kind a second time charges nobody again."""
    from app.clock import today
    from app.domain.autopay.batches import BatchKind
    from app.extensions import db
    from app.services.autopay import batches
    from app.services.staff.audit import SYSTEM
    from tasks import autopay as doorway

    began = time.perf_counter()
    business_on, chosen = on.date() if on else today(), BatchKind(kind)
    if dry_run:
        found = batches.preview(db.session(), chosen, on=business_on)
        result: dict[str, Any] = {
            "dry_run": True,
            "business_on": business_on,
            "eligible": found.eligible,
            "skipped": found.skipped,
            "succeeded": 0,
            "declined": 0,
            "unknown": 0,
            "charged_cents": 0,
            "would_charge_cents": found.charged_cents,
            "seconds": round(time.perf_counter() - began, 3),
        }
        answer(result, *_lines(result))
        return
    if business_on != today():
        raise click.UsageError(
            f"Cards are charged for today only, which is {today()}: nobody agreed to be charged for another day. "
            "Use --dry-run to look at another day."
        )
    batch_id, is_new = doorway.start_batch(chosen, on=business_on, actor=SYSTEM, in_background=not wait)
    if wait:
        tell(f"Batch {batch_id}: charging …")
        _send_all(batch_id)
    result = _result(batch_id) | {"is_new": is_new, "seconds": round(time.perf_counter() - began, 3)}
    answer(result, *_lines(result))


def _send_all(batch_id: int) -> None:
    """Send, and wait for other workers that share the batch."""
    from app.domain.autopay.batches import RunState
    from app.models import AutopayBatch
    from app.transaction import transaction
    from tasks import autopay as doorway

    while True:
        doorway.send(batch_id)
        with transaction() as session:
            state = session.get_one(AutopayBatch, batch_id, populate_existing=True).state
        if state is not RunState.RUNNING:
            return
        doorway.look_after()
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _result(batch_id: int) -> dict[str, Any]:
    from app.models import AutopayBatch
    from app.services.autopay import batches
    from app.transaction import transaction

    with transaction() as session:
        batch = session.get_one(AutopayBatch, batch_id, populate_existing=True)
        states = batches.states(session, batch_id)
        return {
            "batch": batch.id,
            "business_on": batch.business_on,
            "kind": batch.kind.value,
            "state": batch.state.value,
            "reason": batch.reason,
            "eligible": batch.eligible,
            "skipped": batches.skipped_by_reason(session, batch_id),
            "succeeded": states.get("succeeded", 0),
            "declined": states.get("declined", 0),
            "rejected": states.get("rejected", 0),
            "unknown": sum(states.get(state, 0) for state in ("unknown", "pending", "needs_review", "sending")),
            "planned": states.get("planned", 0),
            "charged_cents": batch.charged_cents,
        }


def _lines(result: dict[str, Any]) -> list[str]:
    from app.domain.autopay.batches import SkipReason
    from app.domain.money import as_text

    lines = [f"{result['eligible']:,} eligible"]
    if result.get("dry_run"):
        lines.append(f"{as_text(result['would_charge_cents'])} would be charged")
    else:
        lines.append(f"{result['succeeded']:,} succeeded, {as_text(result['charged_cents'])}")
        lines.append(f"{result['declined']:,} declined, {result['unknown']:,} unknown")
    lines += [f"{count:,} not charged: {SkipReason(reason).label}" for reason, count in result["skipped"].items()]
    if result.get("reason"):
        lines.append(f"{result['state'].capitalize()}: {result['reason']}")
    return [*lines, f"{result['seconds']:.1f} s"]


@click.command()
@click.option("--all", "everything", is_flag=True, help="Look at every undecided charge now, whether or not its time has come.")
@product_command
def resolve(everything: bool) -> None:
    """Let the janitor look once: ask Square about undecided charges, and send again what it does not know."""
    from tasks import autopay as doorway

    found = doorway.look_after(everything=everything)
    states = ", ".join(f"{count} {state}" for state, count in found.items() if state not in ("expired", "looked", "sent_again"))
    answer(found, f"{found['looked']} looked at, {found['sent_again']} sent again" + (f": {states}" if states else "."))


@click.command("square")
@click.option("--days", type=click.IntRange(1, 365), default=3, show_default=True, help="How far back.")
@product_command
def reconcile_square(days: int) -> None:
    """Compare Square's payments with the ledger; ends with code 1 when something does not agree."""
    from app.services.staff.audit import SYSTEM
    from tasks import autopay as doorway

    found = doorway.reconcile(days, actor=SYSTEM)
    breaks = dict(found.breaks)
    lines = [f"{count} {kind.upper()}" for kind, count in breaks.items()] or ["Everything agrees."]
    answer({"matched": found.matched, "breaks": breaks, "resolved": found.resolved}, f"{found.matched} matched", *lines)
    if breaks:
        raise click.exceptions.Exit(1)
