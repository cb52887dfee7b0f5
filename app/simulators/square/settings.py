"""What can be turned while the simulator runs. Kept in its file, so a restart changes nothing."""

from __future__ import annotations

from typing import Any

from app.simulators.square.errors import WrongControl
from app.simulators.square.store import Store

DEFAULTS: dict[str, Any] = {
    # Seconds added to the machine's clock.
    "clock_offset_seconds": 0.0,
    # How long lists of payments and refunds stay behind, in seconds of the simulator's clock.
    "list_lag_seconds": 0.0,
    # How long every request to Square's API waits before it is looked at.
    "latency_ms": 0,
    # What becomes of a refund, which Square always answers as PENDING first.
    "refund_outcome": "COMPLETED",
    # Square finds by SearchEvents only what happened while this was on.
    "events_enabled": True,
    # Held notifications wait until they are released or sent one by one.
    "webhooks_held": False,
    # So many notifications from now on are never sent, as if they had been lost on the way.
    "webhooks_to_lose": 0,
    # So many notifications from now on are sent twice.
    "webhooks_to_double": 0,
    # How long each notification waits before it is sent for the first time, in seconds.
    "webhook_delay_seconds": 0,
    # Pauses before the second, third, ... attempt to deliver a notification.
    "webhook_retry_seconds": [1, 2, 4, 8, 16, 32, 60, 120, 300, 600],
}

REFUND_OUTCOMES = ("COMPLETED", "PENDING", "REJECTED", "FAILED")


class WrongSetting(WrongControl):
    """An unknown setting or a value that it cannot have; says which."""


def read(store: Store) -> dict[str, Any]:
    """All settings as they are now."""
    return {name: store.setting(name, default) for name, default in DEFAULTS.items()}


def change(store: Store, changes: dict[str, Any]) -> dict[str, Any]:
    """Check and store some settings; answers all of them."""
    for name, value in changes.items():
        _check(name, value)
    with store.transaction():
        for name, value in changes.items():
            store.keep_setting(name, value)
        return read(store)


def forget(store: Store) -> None:
    """Return to the defaults."""
    for name, default in DEFAULTS.items():
        store.keep_setting(name, default)


def _check(name: str, value: Any) -> None:
    if name not in DEFAULTS:
        raise WrongSetting(f"There is no setting `{name}`. Known: {', '.join(DEFAULTS)}.")
    if name == "refund_outcome":
        if value not in REFUND_OUTCOMES:
            raise WrongSetting(f"`refund_outcome` must be one of {', '.join(REFUND_OUTCOMES)}.")
    elif name in ("events_enabled", "webhooks_held"):
        if not isinstance(value, bool):
            raise WrongSetting(f"`{name}` must be true or false.")
    elif name == "webhook_retry_seconds":
        if not isinstance(value, list) or not all(_is_number(pause) and pause >= 0 for pause in value):
            raise WrongSetting("`webhook_retry_seconds` must be a list of seconds, none negative.")
    elif not _is_number(value) or (value < 0 and name != "clock_offset_seconds"):
        raise WrongSetting(f"`{name}` must be a number that is not negative (the clock's offset may be).")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
