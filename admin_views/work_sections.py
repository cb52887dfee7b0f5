"""The Work account page's sections as its template lists them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from admin_views import account_forms as forms
from admin_views import formats
from admin_views.contact_sections import contact_state
from admin_views.device_section import verdict_marks
from app.clock import business_date, zone
from app.domain.collections.contact import CONVERSATIONS, ActivityKind, Disposition, PromiseStatus
from app.domain.collections.worklist import FOLLOW_UP_FIRST
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentState
from app.models import Account, Activity, AutopayEnrollment, FollowUp, Promise
from app.queries.collections import statuses, weights, work_page
from app.queries.collections.buckets import buckets
from app.queries.collections.work_page import Line
from app.queries.servicing.account_page import ICONS
from app.services.autopay import enrollment
from app.services.payments import posting

LATE_LINES_SHOWN = 8
"""Past-due lines of one account; what is more folds into one row."""
PROMISES_SHOWN = 4
HAPPENED_SHOWN = 8


def sections(
    session: Session, account: Account, together: Sequence[Account], *, today: dt.date, now: dt.datetime
) -> dict[str, Any]:
    """Everything below the name, by the names that the template uses."""
    ids = [each.id for each in together]
    lines = work_page.owed(session, ids, today=today)
    due_today_cents = sum(line.open_cents for line in lines if line.due_on == today)
    band = next(one for one in buckets(session, "report") if one.holds(account.days_past_due))
    own_due_today = sum(line.open_cents for line in lines if line.due_on == today and line.account_id == account.id)
    last_try = work_page.last_card_try(session, ids)
    cards = work_page.cards(session, account.customer_id)
    return {
        "contact": contact_state(session, account, now=now),
        "bucket": band.label,
        "bucket_step": sum(account.days_past_due >= low for low in (1, 31, 61, 91)),
        "weight": weights.breakdowns(session, [account.id], on=today)(
            account.id, (account.worklist_weight or 0) >= FOLLOW_UP_FIRST
        ),
        "collection_status": statuses.of_account(session, account.id),
        "figures": _figures(together, due_today_cents),
        "lines": list(_lines(lines, together, today=today)),
        "what_if": _what_if(session, account, own_due_today, today=today),
        "promises": [_promise(each) for each in work_page.promises(session, ids, limit=PROMISES_SHOWN)],
        "kept": _kept(work_page.promise_counts(session, ids)),
        "happened": [_happened(each, today) for each in work_page.happened(session, ids, limit=HAPPENED_SHOWN)],
        "follow_ups": [_follow_up(each, now) for each in work_page.open_follow_ups(session, ids)],
        "cards": cards,
        "autopay": _autopay(enrollment.current(session, account.id), has_card=bool(cards), today=today),
        "device_verdicts": verdict_marks(session, ids),
        "last_try": last_try,
        "last_try_tone": "good" if last_try and last_try.state is PaymentState.COMPLETE else "bad",
        "takes_payment": account.status not in posting.TAKES_NO_PAYMENT and account.balance_cents > 0,
    }


def _autopay(agreed: AutopayEnrollment | None, *, has_card: bool, today: dt.date) -> tuple[str, str]:
    """Whether the account is charged by itself, and the tone of that."""
    if agreed is None:
        return "Not set up", "open"
    if agreed.hold_until and agreed.hold_until > today:
        return f"On hold until {agreed.hold_until:%b %-d}", "warn"
    return ("On", "good") if has_card else ("On, but no card", "bad")


def _figures(together: Sequence[Account], due_today_cents: int) -> list[dict[str, Any]]:
    """The band over what is owed: of all accounts of the person together."""
    past_due_cents = sum(each.past_due_cents for each in together)
    of_all = {1: "", 2: ", both accounts"}.get(len(together), f", {len(together)} accounts")
    return [
        {
            "label": f"Past due{of_all}",
            "value": as_text(past_due_cents),
            "tone": "bad" if past_due_cents else "",
            "one": True,
        },
        {"label": "Days past due", "value": str(max(each.days_past_due for each in together)), "small": True},
        {"label": "Balance", "value": as_text(sum(each.balance_cents for each in together)), "small": True},
        {"label": "Due today", "value": as_text(due_today_cents) if due_today_cents else "—", "small": True},
    ]


def _lines(lines: Iterable[Line], together: Sequence[Account], *, today: dt.date) -> Iterator[dict[str, Any]]:
    """What is owed line by line; the number of each account leads on at its first line, the rhythm stands at its second."""
    by_account: dict[int, list[Line]] = {each.id: [] for each in together}
    for line in lines:
        by_account[line.account_id].append(line)
    for account in together:
        own = by_account[account.id]
        late = [line for line in own if line.due_on < today]
        folded = late[LATE_LINES_SHOWN - 1 :] if len(late) > LATE_LINES_SHOWN else []
        shown = [line for line in own if line not in folded]
        rows = [_line(line, today) for line in shown]
        if folded:
            rows.insert(LATE_LINES_SHOWN - 1, _folded(folded, today))
        for place, row in enumerate(rows):
            yield row | {
                "number": account.account_number,
                "url": f"/admin/accounts/{account.id}" if place == 0 else "",
                "rhythm": account.frequency.label.lower() if place == 1 else "",
                "row_class": "brk" if place == len(rows) - 1 else row["row_class"],
            }


def _line(line: Line, today: dt.date) -> dict[str, Any]:
    days = (today - line.due_on).days
    return {
        "due": formats.day(line.due_on),
        "amount_cents": line.amount_cents,
        "fee_cents": line.fee_cents,
        "paid_cents": line.paid_cents,
        "open_cents": line.open_cents,
        "days": str(days) if days > 0 else "today" if days == 0 else f"in {-days} d",
        "is_late": days > 0,
        "row_class": "fut" if days < 0 else "",
    }


def _folded(lines: Sequence[Line], today: dt.date) -> dict[str, Any]:
    return {
        "due": f"{len(lines)} more lines",
        "amount_cents": sum(line.amount_cents for line in lines),
        "fee_cents": sum(line.fee_cents for line in lines),
        "paid_cents": sum(line.paid_cents for line in lines),
        "open_cents": sum(line.open_cents for line in lines),
        "days": f"{(today - lines[-1].due_on).days}–{(today - lines[0].due_on).days}",
        "is_late": True,
        "row_class": "",
    }


def _what_if(session: Session, account: Account, due_today_cents: int, *, today: dt.date) -> dict[str, Any] | None:
    """The first amount with its effect, and the amounts to choose from; None where nothing is owed."""
    payoff_cents = max(0, account.balance_cents - account.credit_cents)
    amounts = [
        ("Past due", account.past_due_cents),
        ("+ today", account.past_due_cents + due_today_cents if account.past_due_cents and due_today_cents else 0),
        ("Next due", account.next_due_cents if not account.past_due_cents else 0),
        ("Payoff", payoff_cents),
    ]
    choices = [(label, cents) for label, cents in amounts if cents > 0]
    if not choices:
        return None
    first = choices[0][1]
    preview = posting.preview(session, account.id, amount_cents=first, effective_on=today, today=today)
    return {"cents": first, "choices": choices, "effect": forms.effect_of(preview, account)}


def _follow_up(follow_up: FollowUp, now: dt.datetime) -> dict[str, Any]:
    return {
        "id": follow_up.id,
        "at": follow_up.due_at.astimezone(zone()),
        "has_come": follow_up.due_at <= now,
        "kind": follow_up.kind.label,
        "note": follow_up.note,
    }


TONES = {
    PromiseStatus.OPEN: "info",
    PromiseStatus.KEPT: "good",
    PromiseStatus.PARTLY_KEPT: "warn",
    PromiseStatus.BROKEN: "bad",
    PromiseStatus.CANCELLED: "mute",
}


def _promise(promise: Promise) -> dict[str, Any]:
    return {
        "on": promise.due_on,
        "cents": promise.amount_cents,
        "method": promise.method.label if promise.method else "",
        "status": promise.status.label,
        "tone": TONES[promise.status],
    }


def _kept(counts: dict[PromiseStatus, int]) -> dict[str, Any]:
    """Shares of the promises whose day has come, for the bar beside the heading."""
    kept, partly, broken = (counts[one] for one in (PromiseStatus.KEPT, PromiseStatus.PARTLY_KEPT, PromiseStatus.BROKEN))
    matured = kept + partly + broken
    tones = (("good", kept), ("warn", partly), ("bad", broken))
    return {
        "kept": kept,
        "matured": matured,
        "segments": [{"share": count / matured, "tone": tone} for tone, count in tones if count] if matured else [],
    }


def _happened(activity: Activity, today: dt.date) -> dict[str, Any]:
    """A line of the stream: what it was, when, with whom and by whom."""
    details = [part for part in (_phone(activity), activity.staff.name if activity.staff else "") if part]
    return {
        "icon": _icon(activity),
        "tone": _tone(activity),
        "title": activity.disposition.label if activity.disposition else activity.summary,
        "when": _when(activity.at, today),
        "details": [" · ".join(details)] if details else [],
    }


def _phone(activity: Activity) -> str:
    return f"{activity.phone.kind.label} {formats.phone(activity.phone.e164)}" if activity.phone else ""


def _icon(activity: Activity) -> str:
    if activity.disposition in CONVERSATIONS:
        return "telephone-outbound"
    if activity.disposition in (Disposition.NO_ANSWER, Disposition.BUSY, Disposition.BAD_NUMBER):
        return "telephone-x"
    return ICONS[str(activity.kind)]


def _tone(activity: Activity) -> str:
    if activity.kind is ActivityKind.PAYMENT or activity.disposition in CONVERSATIONS:
        return "good"
    return "info" if activity.kind in (ActivityKind.TEXT, ActivityKind.EMAIL, ActivityKind.PROMISE) else ""


def _when(at: dt.datetime, today: dt.date) -> str:
    """5:41 PM today, Wed 5:41 PM this week, Nov 12 before."""
    on = business_date(at)
    local = at.astimezone(zone())
    if on == today:
        return formats.time(at)
    if (today - on).days < 7:
        return f"{formats.WEEKDAYS[on.weekday()]} {formats.time(at)}"
    year = "" if on.year == today.year else f", {on.year}"
    return f"{formats.MONTHS[local.month - 1]} {local.day}{year}"
