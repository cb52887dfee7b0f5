"""What the staff list says of a person: whether they can sign in, and what about their PIN."""

from datetime import datetime

from app.domain.words import Word


class StaffStatus(Word):
    """Whether somebody can sign in at this moment."""

    ACTIVE = "active", "Active"
    LOCKED = "locked", "Locked"
    DEACTIVATED = "deactivated", "Deactivated"


class PinState(Word):
    """What can be said of a PIN, which itself is never shown."""

    SET = "set", "Set"
    MUST_CHANGE = "must_change", "Must be changed"
    NONE = "none", "None"


def staff_status(is_active: bool, locked_until_at: datetime | None, now: datetime) -> StaffStatus:
    """Deactivated comes before locked: an unlocked PIN would not let them in.

    >>> from datetime import UTC
    >>> nine = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    >>> staff_status(True, nine, nine).label, staff_status(True, nine.replace(minute=30), nine).label
    ('Active', 'Locked')
    """
    if not is_active:
        return StaffStatus.DEACTIVATED
    if locked_until_at is not None and now < locked_until_at:
        return StaffStatus.LOCKED
    return StaffStatus.ACTIVE


def pin_state(has_pin: bool, must_change_pin: bool) -> PinState:
    """Whether there is a PIN and whether it is the person's own.

    >>> pin_state(True, True).label
    'Must be changed'
    """
    if not has_pin:
        return PinState.NONE
    return PinState.MUST_CHANGE if must_change_pin else PinState.SET
