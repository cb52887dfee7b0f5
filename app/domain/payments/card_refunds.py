"""Card refunds: the states of one attempt to give money back at the processor, and its frozen request.

The discipline is that of charges (reliability.md part 1): the key and the whole request are written down before anything is sent,
whatever is not certain is UNKNOWN and found out by asking, and the ledger has a refund only when the processor has made it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from app.domain.autopay.charges import LOOKS
from app.domain.money import as_text
from app.domain.words import Word

LONGEST_REASON = 192
"""Square keeps so many characters of a reason."""
LOOKS_DAILY = timedelta(days=1)
"""How often a refund is asked about that the processor has and does not decide."""


class CardRefundState(Word):
    """What is known of a refund."""

    PLANNED = "planned", "Planned"
    SENDING = "sending", "Sending"
    COMPLETED = "completed", "Refunded"
    REFUSED = "refused", "Refused"
    PENDING = "pending", "Pending"
    UNKNOWN = "unknown", "Unknown"
    NEEDS_REVIEW = "needs_review", "Needs review"


_S = CardRefundState

CARD_REFUND_TRANSITIONS: Mapping[CardRefundState, frozenset[CardRefundState]] = MappingProxyType(
    {
        _S.PLANNED: frozenset({_S.SENDING, _S.REFUSED, _S.COMPLETED, _S.NEEDS_REVIEW}),
        _S.SENDING: frozenset({_S.COMPLETED, _S.REFUSED, _S.PENDING, _S.UNKNOWN, _S.NEEDS_REVIEW}),
        # Sending again: the same key and the same text.
        _S.UNKNOWN: frozenset({_S.SENDING, _S.COMPLETED, _S.REFUSED, _S.PENDING, _S.NEEDS_REVIEW}),
        _S.PENDING: frozenset({_S.COMPLETED, _S.REFUSED, _S.NEEDS_REVIEW}),
        _S.NEEDS_REVIEW: frozenset({_S.COMPLETED, _S.REFUSED, _S.PENDING}),
        # Money that went back after all is booked, whatever was thought of it before.
        _S.REFUSED: frozenset({_S.COMPLETED, _S.NEEDS_REVIEW}),
        _S.COMPLETED: frozenset(),
    }
)
"""What each state may become. None goes back to PLANNED: what may have been sent is never planned anew."""

OPEN_CARD_REFUNDS: frozenset[CardRefundState] = frozenset({_S.PLANNED, _S.SENDING, _S.PENDING, _S.UNKNOWN, _S.NEEDS_REVIEW})
"""Money may still go back, or went and is not booked yet. A payment has one of these at most; the database sees to it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the processor."""

    key: str
    square_payment_id: str
    amount_cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the processor tells of a refund."""

    refund_id: str
    reference: str | None
    square_payment_id: str
    amount_cents: int
    currency: str | None


def key_of(identity: UUID) -> str:
    """The idempotency key of a refund, and what it is found again by. Random: no backup brings an old one back.

    >>> key_of(UUID(int=17))
    'lr-00000000000000000000000000000011'
    """
    return f"lr-{identity.hex}"


def frozen_refund(*, key: str, square_payment_id: str, amount_cents: int, currency: str, reason: str) -> str:
    """The request as it is sent each time, letter by letter. Square's list shows no key, so the reason ends with it.

    >>> text = frozen_refund(key=key_of(UUID(int=17)), square_payment_id="P", amount_cents=9, currency="USD", reason="Paid twice")
    >>> json.loads(text)["reason"]
    'Paid twice [lr-00000000000000000000000000000011]'
    """
    mark = f" [{key}]"
    body: dict[str, Any] = {
        "idempotency_key": key,
        "payment_id": square_payment_id,
        "amount_money": {"amount": amount_cents, "currency": currency},
        "reason": f"{reason[: LONGEST_REASON - len(mark)]}{mark}",
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def reference_in(reason: str | None) -> str | None:
    """Our key at the end of a reason that the processor shows; None for a refund that somebody made elsewhere.

    >>> reference_in("Paid twice [lr-00000000000000000000000000000011]"), reference_in("Paid twice"), reference_in(None)
    ('lr-00000000000000000000000000000011', None, None)
    """
    found = re.search(r"\[(lr-[0-9a-f]{32})\]$", reason or "")
    return found.group(1) if found else None


def mismatches(asked: Asked, told: Told, known_refund_id: str | None = None) -> list[str]:
    """What does not agree between what was asked and what came back; empty when it is the refund that was asked for.

    >>> mismatches(Asked("lr-1", "P", 900, "USD"), Told("R", "lr-1", "P", 901, "USD"))
    ['amount $9.01 instead of $9.00']
    """
    found = []
    if known_refund_id is not None and told.refund_id != known_refund_id:
        found.append(f"refund {told.refund_id} instead of {known_refund_id}")
    if told.square_payment_id != asked.square_payment_id:
        found.append(f"payment {told.square_payment_id} instead of {asked.square_payment_id}")
    if told.amount_cents != asked.amount_cents:
        found.append(f"amount {as_text(told.amount_cents)} instead of {as_text(asked.amount_cents)}")
    if told.currency is not None and told.currency != asked.currency:
        found.append(f"currency {told.currency} instead of {asked.currency}")
    if told.reference is not None and told.reference != asked.key:
        found.append(f"reference {told.reference} instead of {asked.key}")
    return found


def looks_next(first_sent_at: datetime, now: datetime) -> datetime:
    """When a refund that is not decided is asked about again: soon at first, later once a day.

    >>> from datetime import UTC
    >>> sent = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    >>> looks_next(sent, sent + timedelta(minutes=4)).minute, looks_next(sent, sent + timedelta(days=2)).day
    (5, 23)
    """
    return next((first_sent_at + wait for wait in LOOKS if first_sent_at + wait > now), now + LOOKS_DAILY)
