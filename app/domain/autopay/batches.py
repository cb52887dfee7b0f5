"""A batch: the charges of one kind of one business date, and why an account is not among them."""

from collections.abc import Mapping
from types import MappingProxyType

from app.domain.words import Word


class BatchKind(Word):
    """Which charges a batch makes."""

    DAILY = "daily", "Daily"
    PROMISES = "promises", "Promises"
    RETRY = "retry", "Retry failed"


class RunState(Word):
    """How far a batch is."""

    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"
    DONE = "done", "Done"


_S = RunState

RUN_TRANSITIONS: Mapping[RunState, frozenset[RunState]] = MappingProxyType(
    {
        _S.RUNNING: frozenset({_S.PAUSED, _S.STOPPED, _S.DONE}),
        _S.PAUSED: frozenset({_S.RUNNING, _S.STOPPED}),
        _S.STOPPED: frozenset(),
        _S.DONE: frozenset(),
    }
)
"""What each state may become. A stopped batch stays stopped: what it had planned is skipped."""

CONFIGURATION_ERRORS = 5
"""So many in a row pause a batch: the next charge would end the same way."""


class SkipReason(Word):
    """Why an account that owes something is not charged. The order is the order in which they are found."""

    NO_CONSENT = "no_consent", "No consent on file"
    HOLD = "hold", "AutoPay on hold"
    NO_CARD = "no_card", "No card on file"
    CARD_EXPIRED = "card_expired", "Card expired"
    OPEN_CHARGE = "open_charge", "A charge is still open"
    PROMISE = "promise", "Promise to pay"
    DISPUTE = "dispute", "In dispute"
    CARD_STOPPED = "card_stopped", "Card stopped by its issuer"
    CARD_TO_FIX = "card_to_fix", "Card has to be updated"
    RETRY_WAITS = "retry_waits", "Waits for its next try"
    TRIES_SPENT = "tries_spent", "No tries left"
    CARD_TODAY = "card_today", "Card charged today already"
    CARD_DECLINES = "card_declines", "Card declined too often"
    NOTHING_DUE = "nothing_due", "Nothing to charge"
    PAID_MEANWHILE = "paid_meanwhile", "Paid meanwhile"
    NOT_ACTIVE = "not_active", "Account not active"
    STOPPED = "stopped", "Batch stopped"
    SWITCHED_OFF = "switched_off", "AutoPay locked"
    NEVER_SENT = "never_sent", "Never sent"


def may_run(state: RunState, other: RunState) -> bool:
    """Whether a batch in one state may get the other.

    >>> may_run(RunState.PAUSED, RunState.RUNNING), may_run(RunState.STOPPED, RunState.RUNNING)
    (True, False)
    """
    return other in RUN_TRANSITIONS[state]
