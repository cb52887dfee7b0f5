"""Cells of the worklist: how a row says why it stands where it stands."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import g
from markupsafe import escape

from admin_views import formats
from app.clock import business_date, now, today
from app.domain.collections.contact import PromiseStatus
from app.domain.collections.weights import breakdown
from app.domain.collections.worklist import FOLLOW_UP_FIRST
from app.domain.money import as_text
from app.extensions import db
from app.queries.collections import weights
from app.queries.collections.weights import InUse

PROMISE_TONES = {
    PromiseStatus.OPEN: "info",
    PromiseStatus.KEPT: "good",
    PromiseStatus.PARTLY_KEPT: "warn",
    PromiseStatus.BROKEN: "bad",
    PromiseStatus.CANCELLED: "mute",
}
WEIGHT_NEEDS = (
    "account_number",
    "weight",
    "weight_points",
    "past_due_cents",
    "days_past_due",
    "balance_cents",
    "next_due_on",
    "start_on",
    "collection_code",
    "average_days_late",
)

WHY_NEEDS = (*WEIGHT_NEEDS, "promise_status", "has_crossed", "last_contact_at")
TODAY_NEEDS = ("handled_at", "promised_today_cents", "paid_today_cents")


def points(row: Any) -> int:
    """The weight without what a follow-up that is due puts on top."""
    return int(row.weight % FOLLOW_UP_FIRST)


def weight(row: Any) -> str:
    """The points, and of what they are made up."""
    used = table_in_use()
    facts = weights.facts_of(row, used=used, on=today())
    why_here = breakdown(used.table, facts, has_follow_up_due=row.weight >= FOLLOW_UP_FIRST, points=row.weight_points)
    return f'<b title="{escape(why_here.as_text())}">{points(row):,}</b>'


def table_in_use() -> InUse:
    """The Weighting Table, read once for all rows of an answer."""
    if "weights_in_use" not in g:
        g.weights_in_use = weights.in_use(db.session())
    used: InUse = g.weights_in_use
    return used


def bucket(row: Any) -> str:
    """The bar of the ramp and the label."""
    step = sum(row.days_past_due >= low for low in (1, 31, 61, 91))
    return f'<span class="bk b{step}">{formats.text(row.bucket)}</span>'


def why(row: Any) -> str:
    """Why the account stands where it stands, the most telling first."""
    reasons = []
    if row.weight >= FOLLOW_UP_FIRST:
        reasons.append("follow-up due")
    if row.promise_status in (PromiseStatus.BROKEN, PromiseStatus.PARTLY_KEPT):
        reasons.append("broken promise" if row.promise_status is PromiseStatus.BROKEN else "promise kept in part")
    if row.has_crossed:
        reasons.append(f"crossed {row.has_crossed} days this week")
    if row.last_contact_at is None:
        reasons.append("never contacted")
    if not reasons and row.days_past_due:
        reasons.append(f"{row.days_past_due} {'day' if row.days_past_due == 1 else 'days'}, {as_text(row.past_due_cents)}")
    sentence = ", ".join(reasons)
    return sentence[:1].upper() + sentence[1:]


def why_cell(row: Any) -> str:
    """What happened today with its marks, then the reasons; whole in the title where the column cuts them."""
    said = escape(why(row))
    whole = escape(", ".join([*(words for _, words in _today(row)), why(row)]))
    return f'<span title="{whole}">{"".join(f"{mark} " for mark in _marks(row))}{said}</span>'


def last_contact(row: Any) -> str:
    """Nov 12 over no answer: two lines, so that why an account stands here has room."""
    if row.last_contact_at is None:
        return '<span class="muted">Never</span>'
    said = row.last_disposition.label.lower() if row.last_disposition else "sent"
    return f'{short(business_date(row.last_contact_at))} <span class="sub under">{escape(said)}</span>'


def follow_up(row: Any) -> str:
    """Today 9:30 AM or Nov 24, in amber once its time has come."""
    if row.next_follow_up_at is None:
        return formats.DASH
    at: dt.datetime = row.next_follow_up_at
    on = business_date(at)
    said = f"Today {formats.time(at)}" if on == today() else short(on)
    return f'<span class="warn" title="{formats.moment(at)}">{said}</span>' if at <= now() else said


def promise(row: Any) -> str:
    """What was promised and until when, or how the last promise ended."""
    if row.promise_status is None:
        return formats.DASH
    said = row.promise_status.label
    if row.promise_status is PromiseStatus.OPEN:
        said = f"{as_text(row.promise_cents)} {short(row.promise_on)}"
    return f'<span class="st {PROMISE_TONES[row.promise_status]}">{escape(said)}</span>'


def _today(row: Any) -> list[tuple[str, str]]:
    """(tone, words) of each of the three facts that is one."""
    facts = []
    if row.handled_at is not None:
        facts.append(("mute", f"Handled {formats.time(row.handled_at)}"))
    if row.promised_today_cents:
        facts.append(("info", f"Promised {as_text(int(row.promised_today_cents))}"))
    if row.paid_today_cents:
        facts.append(("good", f"Paid {as_text(int(row.paid_today_cents))}"))
    return facts


def happened_today(row: Any) -> str:
    """Handled 10:12 AM, promised, paid: each with its mark."""
    return " ".join(_marks(row)) or formats.DASH


def _marks(row: Any) -> list[str]:
    return [f'<span class="st {tone}">{escape(words)}</span>' for tone, words in _today(row)]


def plain_today(row: Any) -> str | None:
    """The same for a file."""
    return ", ".join(words for _, words in _today(row)) or None


def assigned_to(row: Any) -> str:
    """Riley O., so that why an account stands here has room; the whole name is the title."""
    if row.assigned_to is None:
        return formats.DASH
    first, *others = row.assigned_to.split()
    said = " ".join([first, *(f"{others[-1][0]}." for _ in others[:1])])
    return f'<span title="{escape(row.assigned_to)}">{escape(said)}</span>'


def plain_promise(row: Any) -> str | None:
    """The same for a file."""
    if row.promise_status is None:
        return None
    return f"{row.promise_status.label} {as_text(row.promise_cents)} by {row.promise_on.isoformat()}"


def short(on: dt.date) -> str:
    """Nov 12, with the year where it is another."""
    return f"{formats.MONTHS[on.month - 1]} {on.day}" + ("" if on.year == today().year else f", {on.year}")
