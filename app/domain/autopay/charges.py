"""The states of a charge: what became of one attempt to charge one card, and what it may become.

Source: reliability.md part 1. The worst that can happen is a card charged twice; the next worst a payment lost. So a charge is
written down before it is sent, whatever is not certain is UNKNOWN, a charge that was sent is never PLANNED again, and a success
that comes late wins over everything.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from app.domain.words import Word


class ChargeKind(Word):
    """Why a card is charged."""

    DUE = "due", "AutoPay"
    RETRY = "retry", "Retry"
    PROMISE = "promise", "Promise"
    NOW = "now", "Charged now"


class ChargeState(Word):
    """What is known of a charge."""

    PLANNED = "planned", "Planned"
    SENDING = "sending", "Sending"
    SUCCEEDED = "succeeded", "Succeeded"
    DECLINED = "declined", "Declined"
    REJECTED = "rejected", "Rejected"
    PENDING = "pending", "Pending"
    UNKNOWN = "unknown", "Unknown"
    SKIPPED = "skipped", "Skipped"
    NEEDS_REVIEW = "needs_review", "Needs review"


_S = ChargeState

CHARGE_TRANSITIONS: Mapping[ChargeState, frozenset[ChargeState]] = MappingProxyType(
    {
        _S.PLANNED: frozenset({_S.SENDING, _S.SKIPPED, _S.SUCCEEDED, _S.NEEDS_REVIEW}),
        _S.SENDING: frozenset({_S.SUCCEEDED, _S.DECLINED, _S.REJECTED, _S.PENDING, _S.UNKNOWN, _S.NEEDS_REVIEW}),
        # Sending again: the same key and the same text, by the janitor.
        _S.UNKNOWN: frozenset({_S.SENDING, _S.SUCCEEDED, _S.DECLINED, _S.REJECTED, _S.PENDING, _S.NEEDS_REVIEW}),
        _S.PENDING: frozenset({_S.SUCCEEDED, _S.DECLINED, _S.UNKNOWN, _S.NEEDS_REVIEW}),
        _S.NEEDS_REVIEW: frozenset({_S.SUCCEEDED, _S.DECLINED, _S.REJECTED, _S.PENDING}),
        # A late success wins over everything.
        _S.DECLINED: frozenset({_S.SUCCEEDED, _S.NEEDS_REVIEW}),
        _S.REJECTED: frozenset({_S.SUCCEEDED, _S.NEEDS_REVIEW}),
        _S.SKIPPED: frozenset({_S.SUCCEEDED, _S.NEEDS_REVIEW}),
        _S.SUCCEEDED: frozenset(),
    }
)
"""What each state may become. None goes back to PLANNED: what may have been sent is never planned anew."""

OPEN_CHARGES: frozenset[ChargeState] = frozenset({_S.PLANNED, _S.SENDING, _S.PENDING, _S.UNKNOWN, _S.NEEDS_REVIEW})
"""Money may still be taken, or was and is not booked yet. An account has one of these at most; the database sees to it."""

ENDED_CHARGES: frozenset[ChargeState] = frozenset({_S.SUCCEEDED, _S.DECLINED, _S.REJECTED, _S.SKIPPED})
"""Decided. A new charge may be planned."""

LOOKED_AFTER: frozenset[ChargeState] = frozenset({_S.SENDING, _S.UNKNOWN, _S.PENDING})
"""The janitor asks the processor about these."""

FAILED_CHARGES: frozenset[ChargeState] = frozenset({_S.DECLINED, _S.REJECTED})
"""A certain no."""

SENDING_EXPIRES_AFTER = timedelta(seconds=60)
"""A call takes 18 seconds at most; who has not settled by then has died."""

LOOKS: tuple[timedelta, ...] = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=24),
)
"""When the janitor looks, counted from the first sending. After the last one a person decides."""

SENT_AGAIN_AFTER = timedelta(minutes=2)
"""The processor's list lags by seconds; what it does not show by now it does not have."""
SENT_AGAIN_UNTIL = timedelta(hours=6)
"""Keys have no published lifetime; beyond this one is not trusted any more."""


def may_turn(state: ChargeState, other: ChargeState) -> bool:
    """Whether a charge in one state may get the other.

    >>> may_turn(ChargeState.UNKNOWN, ChargeState.SENDING), may_turn(ChargeState.UNKNOWN, ChargeState.PLANNED)
    (True, False)
    """
    return other in CHARGE_TRANSITIONS[state]


def next_look(first_sent_at: datetime, now: datetime) -> datetime | None:
    """When the janitor looks next at a charge that was first sent at a moment; None once a person has to decide.

    >>> from datetime import UTC
    >>> sent = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    >>> next_look(sent, sent + timedelta(minutes=4)).minute, next_look(sent, sent + timedelta(hours=7)).day
    (5, 21)
    >>> next_look(sent, sent + timedelta(hours=24)) is None
    True
    """
    return next((first_sent_at + wait for wait in LOOKS if first_sent_at + wait > now), None)


def may_send_again(first_sent_at: datetime, now: datetime) -> bool:
    """Whether a charge that the processor does not show may be sent again, with the same key and the same text.

    >>> from datetime import UTC
    >>> sent = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    >>> [may_send_again(sent, sent + timedelta(minutes=minutes)) for minutes in (1, 5, 359, 360)]
    [False, True, True, False]
    """
    return SENT_AGAIN_AFTER < now - first_sent_at < SENT_AGAIN_UNTIL
