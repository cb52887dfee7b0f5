"""Getting a device back from somebody who does not pay: how a recovery ends, and what the account is then.

Source: domain.md part 9: default → recovery (attempts, agent) → returned, recovered, lost, settled, charged off.
"""

from collections.abc import Mapping
from types import MappingProxyType

from app.domain.servicing.status import AccountStatus
from app.domain.words import Word


class RecoveryState(Word):
    """Whether somebody is still after the device, and how it ended."""

    OPEN = "open", "Open"
    RECOVERED = "recovered", "Recovered"
    LOST = "lost", "Lost"
    SETTLED = "settled", "Settled"
    CHARGED_OFF = "charged_off", "Charged off"
    CALLED_OFF = "called_off", "Called off"


class AttemptKind(Word):
    """What was done to get the device."""

    CALL = "call", "Called"
    TEXT = "text", "Sent a text"
    LETTER = "letter", "Sent a letter"
    VISIT = "visit", "Went there"
    SKIP_TRACE = "skip_trace", "Looked for a new address"
    LOCK = "lock", "Locked the device"
    AGENT = "agent", "Handed to an agent"
    OTHER = "other", "Something else"


class AttemptOutcome(Word):
    """What came of an attempt."""

    NOBODY = "nobody", "Nobody there"
    SPOKE = "spoke", "Spoke to them"
    WILL_RETURN = "will_return", "Will bring it back"
    WILL_PAY = "will_pay", "Will pay"
    REFUSED = "refused", "Refused"
    MOVED = "moved", "Moved away"
    SEEN = "seen", "Device was seen"
    GONE = "gone", "Device is gone"
    WAITING = "waiting", "Waiting for an answer"


_R, _A, _O = RecoveryState, AccountStatus, AttemptOutcome

ANSWERED: frozenset[AttemptOutcome] = frozenset({_O.SPOKE, _O.WILL_RETURN, _O.WILL_PAY, _O.REFUSED})
"""Somebody spoke to the customer."""

UNANSWERED: frozenset[AttemptOutcome] = frozenset({_O.NOBODY, _O.MOVED, _O.SEEN, _O.GONE, _O.WAITING})
"""Nobody did."""

RECOVERY_TRANSITIONS: Mapping[RecoveryState, frozenset[RecoveryState]] = MappingProxyType(
    {
        _R.OPEN: frozenset({_R.RECOVERED, _R.LOST, _R.SETTLED, _R.CHARGED_OFF, _R.CALLED_OFF}),
        # Open again: it was the wrong device, a lost one turned up, the payment that settled it came back.
        _R.RECOVERED: frozenset({_R.OPEN}),
        _R.LOST: frozenset({_R.OPEN}),
        _R.SETTLED: frozenset({_R.OPEN}),
        _R.CHARGED_OFF: frozenset({_R.OPEN}),
        _R.CALLED_OFF: frozenset({_R.OPEN}),
    }
)
"""What each state may become."""

ACCOUNT_AFTER: Mapping[RecoveryState, AccountStatus] = MappingProxyType(
    {
        _R.OPEN: _A.RECOVERY,
        _R.RECOVERED: _A.RETURNED,
        # A lost device is owed all the same: the account is worked as a default until it is paid, settled or charged off.
        _R.LOST: _A.DEFAULT,
        _R.SETTLED: _A.CLOSED,
        _R.CHARGED_OFF: _A.CHARGED_OFF,
        _R.CALLED_OFF: _A.DEFAULT,
    }
)
"""The status of the account once its recovery stands like this."""

ENDED_BY: Mapping[AccountStatus, RecoveryState] = MappingProxyType(
    {
        _A.ACTIVE: _R.CALLED_OFF,
        _A.DEFAULT: _R.CALLED_OFF,
        _A.RETURNED: _R.RECOVERED,
        _A.PAID_OFF: _R.SETTLED,
        _A.CHARGED_OFF: _R.CHARGED_OFF,
        _A.CLOSED: _R.SETTLED,
    }
)
"""How a recovery ends that nobody ended: the account left it by another door (paid, caught up, charged off)."""

WRITE_OFFS: frozenset[RecoveryState] = frozenset({_R.CHARGED_OFF, _R.SETTLED})
"""Ends that give up money; they take a supervisor and the PIN."""


def may_step(state: RecoveryState, other: RecoveryState) -> bool:
    """Whether a recovery in one state may be given the other.

    >>> may_step(RecoveryState.OPEN, RecoveryState.LOST), may_step(RecoveryState.LOST, RecoveryState.SETTLED)
    (True, False)
    """
    return other in RECOVERY_TRANSITIONS[state]
