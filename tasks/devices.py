"""Device management: all devices are asked for page by page, one on a click; locks are sent outside of transactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.servicing.device_locks import LockState
from app.domain.servicing.enrollment import MISMATCHES, Verdict
from app.gateways.devices import DeviceManager, DevicePage, Unanswered
from app.models import DeviceLock
from app.queries.servicing import device_checks as questions
from app.queries.servicing import lock_clauses
from app.services.servicing import device_checks, device_locks
from app.services.staff.audit import SYSTEM, Actor
from app.transaction import transaction
from tasks.gateways import devices
from tasks.registry import task
from tasks.work import Result, Work

KEY = "check_devices"
MOST_PAGES = 100_000
Told = Callable[[str, int], None]
"""(what is being done, how many of it are done)"""


@task()
def check_devices(work: Work) -> Result:
    """Ask Hexnode for all devices, and judge the device of every account by them."""
    found = check_all(lambda step, done: work.progress(step=step, done=done), actor=work.actor)
    return Result(found, url="/admin/mdm/?mismatch=1")


def check_all(told: Told = lambda step, done: None, *, actor: Actor) -> dict[str, int]:
    """The same, in this process. Safe to run again from the start. Raises RuleViolation when Hexnode does not answer."""
    seen: set[int] = set()
    with devices() as hexnode:
        total = _mirror(hexnode, seen, told)
    # Devices that come and go move the pages: only a list that was whole says who is not in it.
    gone = 0
    with transaction() as session:
        if len(seen) >= total:
            gone = device_checks.note_gone(session, seen=seen)
        device_checks.analyze(session)
        chunks = device_checks.ranges(session)
    counts: Counter[Verdict] = Counter()
    for first, last in chunks:
        with transaction() as session:
            counts += device_checks.judge(session, first=first, last=last, now=now())
        told("Accounts checked", counts.total())
    with transaction() as session:
        device_checks.note_run(session, counts, devices=len(seen), now=now(), actor=actor)
    mismatches = sum(counts[verdict] for verdict in MISMATCHES)
    return {"devices": len(seen), "gone": gone, "checked": counts.total(), "mismatches": mismatches}


def _mirror(hexnode: DeviceManager, seen: set[int], told: Told) -> int:
    """Keep all pages; returns how many devices Hexnode says there are."""
    page: int | None = 1
    total = 0
    for _ in range(MOST_PAGES):
        if page is None:
            break
        found = hexnode.devices(page)
        if isinstance(found, Unanswered):
            raise RuleViolation(_said(found))
        assert isinstance(found, DevicePage)
        with transaction() as session:
            device_checks.keep(session, found.entries, now=now())
        seen.update(device.id for device in found.entries)
        page, total = found.next_page, found.total
        told("Devices at Hexnode", len(seen))
    return total


def check_account(account_id: int, *, actor: Actor) -> Verdict | None:
    """Ask Hexnode anew about the device of one account, and judge it; None for an account whose device nobody looks for.

    A device that was enrolled since the last check of all is not in the mirror yet, and is not found. Raises RuleViolation when
    Hexnode does not answer; what was known stands.
    """
    with transaction() as session:
        known = questions.mirrored_for(session, account_id)
        is_empty = questions.last_mirrored_at(session) is None
    if is_empty:
        raise RuleViolation("Hexnode's devices were never fetched: check all devices once.")
    with devices() as hexnode:
        for hexnode_id in known:
            found = hexnode.device(hexnode_id, account_id=account_id)
            if isinstance(found, Unanswered) and not found.is_not_found:
                raise RuleViolation(_said(found))
            with transaction() as session:
                if isinstance(found, Unanswered):
                    device_checks.forget(session, hexnode_id)
                else:
                    device_checks.keep(session, [found], now=now())
    with transaction() as session:
        counts = device_checks.judge(session, first=account_id, last=account_id, now=now(), is_one=True)
    return next(iter(counts), None)


def lock(account_id: int, *, reason: str, message: str, actor: Actor) -> tuple[LockState, str | None]:
    """Lock the device of an account: what became of it, and why it did not come through.

    Raises RuleViolation with the sentence that says what stands in the way.
    """
    with transaction() as session:
        command = device_locks.ask_lock(
            session, account_id, reason=reason, message=message, today=today(), now=now(), actor=actor
        )
    with devices() as hexnode:
        outcome = hexnode.lock(command.hexnode_id, command.message, account_id=account_id)
    with transaction() as session:
        settled = device_locks.settle_lock(session, command, outcome, now=now(), actor=actor)
        return settled.state, settled.failure


def unlock(account_id: int, *, reason: str, actor: Actor) -> tuple[LockState, str | None]:
    """Unlock the device of an account now; what does not come through is tried again by itself.

    Raises RuleViolation when it is not locked.
    """
    with transaction() as session:
        lock_id = device_locks.ask_unlock(session, account_id, reason=reason, now=now(), actor=actor).id
    _try_unlock(lock_id, actor=actor)
    with transaction() as session:
        found = session.get_one(DeviceLock, lock_id, populate_existing=True)
        return found.state, found.failure


@task()
def unlock_device(work: Work) -> Result:
    """Unlock one device; arguments: {"lock_id": …}. Safe to run twice: only one worker can claim it."""
    _try_unlock(int(work.arguments["lock_id"]), actor=SYSTEM)
    return Result(url="/admin/mdm/?locked=1")


def _try_unlock(lock_id: int, *, actor: Actor) -> None:
    with transaction() as session:
        command = device_locks.claim_unlock(session, lock_id, now=now())
    if command is None:  # Another worker got there first, or it is unlocked by now.
        return
    with devices() as hexnode:
        outcome = hexnode.unlock(command.hexnode_id, account_id=command.account_id)
    with transaction() as session:
        device_locks.settle_unlock(session, command, outcome, now=now(), actor=actor)


def needed() -> list[tuple[int, str]]:
    """Unlock what was paid for and what lost its worker: jobs to ring for."""
    with transaction() as session:
        if not lock_clauses.any_open_lock(session):
            return []
        device_locks.give_up_abandoned(session)
        device_locks.release_paid(session, now=now())
        session.flush()
        return [(job.id, job.queue) for job in device_locks.plan_unlocks(session, now=now())]


def _said(unanswered: Unanswered) -> str:
    if unanswered.is_configuration:
        return unanswered.reason
    return f"Hexnode did not answer: {unanswered.reason} What is shown is from the last check; try again later."
