"""Which changes of status people make by hand, and who may (domain.md part 9).

What follows from something else is not here: paid off follows from money, pending review from an opening, returned and
recovery from what is done with the device.
"""

from collections.abc import Mapping
from types import MappingProxyType

from app.domain.servicing.status import TRANSITIONS, AccountStatus
from app.domain.staff.roles import Role

_S = AccountStatus

LEAST_ROLES: Mapping[AccountStatus, Role] = MappingProxyType(
    {
        _S.ACTIVE: Role.SUPERVISOR,
        _S.DEFAULT: Role.SUPERVISOR,
        _S.CANCELLED: Role.SUPERVISOR,
        _S.CLOSED: Role.SUPERVISOR,
        _S.CHARGED_OFF: Role.SUPERVISOR,
        _S.VOID: Role.MANAGER,
    }
)
"""Statuses that are given by hand, and the least role that may."""

BY_OTHER_MEANS: frozenset[AccountStatus] = frozenset({_S.PENDING_REVIEW, _S.PAID_OFF, _S.RECOVERY, _S.RETURNED})
"""Statuses that follow from something else."""

ENDED_STATUSES: frozenset[AccountStatus] = frozenset({_S.CANCELLED, _S.VOID, _S.CHARGED_OFF, _S.CLOSED})
"""An account that ends like this keeps what was unpaid then, split by what it is."""

_FROM_ELSEWHERE: frozenset[tuple[AccountStatus, AccountStatus]] = frozenset(
    {
        (_S.PENDING_REVIEW, _S.ACTIVE),  # By entering IMEI and cost.
        (_S.RETURNED, _S.DEFAULT),  # By taking the receipt of the device back.
        *((_S.PAID_OFF, other) for other in AccountStatus),  # By taking the last payment back.
    }
)


def by_hand(status: AccountStatus, role: Role) -> list[AccountStatus]:
    """What somebody of a role may make of an account by hand, in the order of the statuses.

    >>> [to.value for to in by_hand(AccountStatus.DEFAULT, Role.SUPERVISOR)]
    ['active', 'charged_off', 'closed']
    >>> [to.value for to in by_hand(AccountStatus.ACTIVE, Role.MANAGER)]
    ['default', 'cancelled', 'void', 'closed']
    >>> by_hand(AccountStatus.ACTIVE, Role.COLLECTOR), by_hand(AccountStatus.PAID_OFF, Role.ADMIN)
    ([], [])
    """
    return [
        to
        for to in AccountStatus
        if to in LEAST_ROLES
        and to in TRANSITIONS[status]
        and (status, to) not in _FROM_ELSEWHERE
        and role.includes(LEAST_ROLES[to])
    ]


def is_reopening(status: AccountStatus, to: AccountStatus) -> bool:
    """Whether an account that had ended comes back to life.

    >>> is_reopening(AccountStatus.CLOSED, AccountStatus.ACTIVE), is_reopening(AccountStatus.DEFAULT, AccountStatus.ACTIVE)
    (True, False)
    """
    return status in ENDED_STATUSES and to not in ENDED_STATUSES
