"""The device on the Account page: what Hexnode says of it, what to do about that, its notices and locks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from admin_views.gate import viewer
from app.domain.servicing.device_locks import ENDED_LOCKS, HELD_LOCKS, LockState
from app.domain.servicing.enrollment import CHECKED_STATUSES, SILENT_DAYS, Verdict
from app.domain.servicing.status import OPEN_STATUSES
from app.models import Account, DeviceCheck
from app.queries.servicing import device_checks, lock_clauses

TONES: Mapping[Verdict, str] = {
    Verdict.TWO_ACCOUNTS: "bad",
    Verdict.NOT_FOUND: "bad",
    Verdict.NOT_ENROLLED: "bad",
    Verdict.WRONG_MODEL: "warn",
    Verdict.SILENT: "warn",
    Verdict.PAID_OFF: "warn",
    Verdict.ENROLLED: "good",
    Verdict.RELEASED: "mute",
}

LOCK_TONES: Mapping[LockState, str] = {
    LockState.LOCKING: "info",
    LockState.LOCKED: "bad",
    LockState.UNCERTAIN: "warn",
    LockState.REFUSED: "mute",
    LockState.TO_UNLOCK: "warn",
    LockState.UNLOCKING: "info",
    LockState.UNLOCKED: "good",
}

ADVICE: Mapping[Verdict, str] = {
    Verdict.TWO_ACCOUNTS: "Another open account has the same IMEI: correct the one that is wrong.",
    Verdict.NOT_FOUND: "Hexnode has no device with this IMEI or serial number: enroll it, or correct the number here.",
    Verdict.NOT_ENROLLED: "Hexnode knows this device and does not manage it: enroll it again.",
    Verdict.WRONG_MODEL: "Hexnode reports another model under this number: the number or the model is wrong here.",
    Verdict.SILENT: f"It has not reported for more than {SILENT_DAYS} days: off, reset or without a network.",
    Verdict.PAID_OFF: "The account is paid off: disenroll the device in Hexnode, it is the customer's own now.",
    Verdict.ENROLLED: "Hexnode manages this device, and it reports.",
    Verdict.RELEASED: "Paid off, and not managed any more.",
}


def device_section(session: Session, account: Account) -> dict[str, Any]:
    """`device_check`, `device_advice`, `device_lock` and what else the panel shows, by three questions."""
    check = device_checks.check_of(session, account.id)
    locks = lock_clauses.locks_of(session, account.id)
    notices = lock_clauses.notices_of(session, account.id)
    open_lock = next((lock for lock in locks if lock.state not in ENDED_LOCKS), None)
    is_late = account.status in OPEN_STATUSES and account.past_due_cents > 0
    shared = check is not None and check.verdict is Verdict.TWO_ACCOUNTS
    return {
        "device_check": check,
        "device_tone": TONES[check.verdict] if check else "",
        "device_advice": _advice(account, check),
        "device_lock": open_lock,
        "device_lock_tone": LOCK_TONES[open_lock.state] if open_lock else "",
        "device_locks": locks,
        "lock_tones": LOCK_TONES,
        "lock_notices": notices,
        "imei_on": device_checks.others_with_imei(session, account, viewer()) if shared else [],
        "may_check_device": account.device_id is not None and account.status in CHECKED_STATUSES,
        "may_lock_device": open_lock is None and is_late,
        "may_unlock_device": open_lock is not None and (open_lock.state in HELD_LOCKS or open_lock.state is LockState.TO_UNLOCK),
    }


def verdict_marks(session: Session, account_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Account → word and tone for its device: that it is locked, else how it stood when it was checked last."""
    marks: dict[int, tuple[str, str]] = {}
    for account_id, verdict, lock in device_checks.verdicts_of(session, account_ids):
        marks[account_id] = (lock.label, LOCK_TONES[lock]) if lock else (verdict.label, TONES[verdict])
    return marks


def _advice(account: Account, check: DeviceCheck | None) -> str:
    if account.device is None:
        return "This account has no device."
    if check is None:
        return (
            "Not checked yet." if account.status in CHECKED_STATUSES else "The device of this account is not looked for any more."
        )
    if check.verdict is Verdict.NOT_FOUND and not (account.device.imei or account.device.serial):
        return "No IMEI and no serial number is entered for this device; an IMEI is assigned under Settings."
    return ADVICE[check.verdict]
