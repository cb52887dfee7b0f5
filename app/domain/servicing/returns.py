"""A device comes back: which steps a return takes, which one is next, and which can be taken back.

Source: domain.md part 9: initiated, label and tracking, received, inspected (grade), restocked.
"""

from collections.abc import Mapping
from types import MappingProxyType

from app.domain.servicing.status import AccountStatus
from app.domain.words import Word


class ReturnState(Word):
    """How far a device has come on its way back to the shelf."""

    INITIATED = "initiated", "Initiated"
    LABEL = "label", "Label sent"
    RECEIVED = "received", "Received"
    INSPECTED = "inspected", "Inspected"
    RESTOCKED = "restocked", "Restocked"
    CANCELLED = "cancelled", "Cancelled"


class Grade(Word):
    """What an inspection found."""

    A = "a", "A: like new"
    B = "b", "B: light wear"
    C = "c", "C: heavy wear or small damage"
    D = "d", "D: for parts"


_S = ReturnState

RETURN_TRANSITIONS: Mapping[ReturnState, frozenset[ReturnState]] = MappingProxyType(
    {
        # A device that is brought to the counter needs no label.
        _S.INITIATED: frozenset({_S.LABEL, _S.RECEIVED, _S.CANCELLED}),
        # Back to initiated: the label went to somebody else.
        _S.LABEL: frozenset({_S.RECEIVED, _S.INITIATED, _S.CANCELLED}),
        # Back: another device was in the box.
        _S.RECEIVED: frozenset({_S.INSPECTED, _S.LABEL, _S.INITIATED}),
        _S.INSPECTED: frozenset({_S.RESTOCKED, _S.RECEIVED}),
        _S.RESTOCKED: frozenset({_S.INSPECTED}),
        _S.CANCELLED: frozenset(),
    }
)
"""What each state may become, forward and, where people slip, one step back."""

NEXT: Mapping[ReturnState, ReturnState | None] = MappingProxyType(
    {
        _S.INITIATED: _S.LABEL,
        _S.LABEL: _S.RECEIVED,
        _S.RECEIVED: _S.INSPECTED,
        _S.INSPECTED: _S.RESTOCKED,
        _S.RESTOCKED: None,
        _S.CANCELLED: None,
    }
)
"""The step that is usually taken next."""

ON_ITS_WAY: frozenset[ReturnState] = frozenset({_S.INITIATED, _S.LABEL})
"""The customer still has the device, or a carrier does."""

IN_HOUSE: frozenset[ReturnState] = frozenset({_S.RECEIVED, _S.INSPECTED, _S.RESTOCKED})
"""The device is here."""

OPEN_RETURNS: frozenset[ReturnState] = frozenset({_S.INITIATED, _S.LABEL, _S.RECEIVED, _S.INSPECTED})
"""Something is still to be done; an account has one of these at a time."""

MAY_BE_RETURNED: frozenset[AccountStatus] = frozenset(
    {
        AccountStatus.PENDING_REVIEW,
        AccountStatus.ACTIVE,
        AccountStatus.DEFAULT,
        AccountStatus.RECOVERY,
        AccountStatus.RETURNED,
        AccountStatus.CHARGED_OFF,
        AccountStatus.CANCELLED,
    }
)
"""Accounts whose device is still the company's. A paid-off one belongs to the customer, a void contract has none."""

ENDS_THE_LEASE: frozenset[AccountStatus] = frozenset({AccountStatus.ACTIVE, AccountStatus.DEFAULT, AccountStatus.RECOVERY})
"""Receiving the device of such an account makes it returned; on the others it changes nothing but the device's place."""


def may_step(state: ReturnState, other: ReturnState) -> bool:
    """Whether a return in one state may be given the other.

    >>> may_step(ReturnState.INITIATED, ReturnState.RECEIVED), may_step(ReturnState.LABEL, ReturnState.RESTOCKED)
    (True, False)
    """
    return other in RETURN_TRANSITIONS[state]


def step_before(state: ReturnState, *, has_label: bool) -> ReturnState | None:
    """The state that a slip leads back to; None where there is none.

    >>> step_before(ReturnState.RECEIVED, has_label=False).label, step_before(ReturnState.RECEIVED, has_label=True).label
    ('Initiated', 'Label sent')
    """
    if state is _S.RECEIVED:
        return _S.LABEL if has_label else _S.INITIATED
    return {_S.LABEL: _S.INITIATED, _S.INSPECTED: _S.RECEIVED, _S.RESTOCKED: _S.INSPECTED}.get(state)
