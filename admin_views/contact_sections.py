"""Whether a customer may be called now, as the pages of an account say it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from admin_views import formats
from app.clock import zone
from app.domain.collections.contact_rules import Channel, said
from app.models import Account, ContactRestriction
from app.queries.collections import contactability

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LOOK_BACK = dt.timedelta(days=7)


def contact_state(session: Session, account: Account, *, now: dt.datetime) -> dict[str, Any]:
    """The verdict on a call now, a supervisor's word against it, and what stands in the way of other contacts.

    `may_dial` says whether the page offers to call; `texts` and `emails` are sentences, empty where those are free.
    """
    channels = (Channel.CALL, Channel.TEXT, Channel.EMAIL)
    verdicts = contactability.verdicts_by_channel(session, account.customer_id, channels, at=now)
    call = verdicts[Channel.CALL]
    override = None if call.is_allowed else contactability.standing_override(session, account.id, Channel.CALL, at=now)
    lately = contactability.attempts_lately(session, account.customer_id, since=now - LOOK_BACK)
    return {
        "is_allowed": call.is_allowed,
        "may": call.is_allowed or override is not None,
        "may_dial": call.is_allowed or override is not None,
        "sentence": said(call, zone()),
        "short": said(call, zone()).replace(f": {call.reason}", "") if call.reason else said(call, zone()),
        "facts": _facts(lately, [block.reason for block in call.blocks]),
        "override": override,
        "override_until": formats.time(override.until_at) if override else "",
        "others": [said(one, zone()) for one in verdicts.values() if one.channel is not Channel.CALL and not one.is_allowed],
        "restrictions": [_restriction(row) for row in contactability.restrictions(session, account.customer_id)],
        "opt_outs": [
            f"No {channel.label.lower()}s" + (f" to {formats.phone(phone.e164)}" if phone else "")
            for phone, channel in contactability.opt_outs(session, account.customer_id)
        ],
    }


def channel_state(
    session: Session, account: Account, channel: Channel, *, phone_id: int | None = None, now: dt.datetime
) -> dict[str, Any]:
    """The verdict on one channel now, at a number or at their first good one, and a supervisor's word against it."""
    verdict = contactability.verdict(session, account.customer_id, channel, at=now, phone_id=phone_id)
    override = None if verdict.is_allowed else contactability.standing_override(session, account.id, channel, at=now)
    return {
        "is_allowed": verdict.is_allowed,
        "may": verdict.is_allowed or override is not None,
        "sentence": said(verdict, zone()),
        "override": override,
        "override_until": formats.time(override.until_at) if override else "",
    }


def _facts(lately: int, reasons: list[str]) -> list[str]:
    said_of_calls = f"{lately} {'call' if lately == 1 else 'calls'} in 7 days"
    return [reason[:1].upper() + reason[1:] for reason in reasons] or [said_of_calls]


def _restriction(row: ContactRestriction) -> dict[str, Any]:
    """A restriction as one line, and where it is lifted."""
    parts = [", ".join(WEEKDAYS[day] for day in row.weekdays)] if row.weekdays else []
    if row.from_time is not None or row.until_time is not None:
        parts.append(f"{_time(row.from_time, '12:00 AM')} to {_time(row.until_time, 'midnight')}")
    if row.channel is not None:
        parts.append(f"{row.channel.label.lower()}s only")
    return {"id": row.id, "label": row.kind.label, "when": "; ".join(parts), "note": row.note}


def _time(time: dt.time | None, missing: str) -> str:
    return missing if time is None else f"{(time.hour + 11) % 12 + 1}:{time:%M} {'AM' if time.hour < 12 else 'PM'}"
