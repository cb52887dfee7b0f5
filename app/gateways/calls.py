"""One call to the outside, as the API log keeps it: enough to find out what happened, and nothing that is secret."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SHOWN = frozenset(
    {
        "amount_money",
        "amount",
        "currency",
        "autocomplete",
        "begin_time",
        "cursor",
        "customer_details",
        "customer_id",
        "customer_initiated",
        "end_time",
        "exact",
        "filter",
        "idempotency_key",
        "include_disabled",
        "limit",
        "location_id",
        "location_ids",
        "note",
        "payment_id",
        "query",
        "reference_id",
        "seller_keyed_in",
        "sort_order",
        "source_id",
        "states",
        "device_id",
        "devices",
        "message",
        "page",
        "per_page",
    }
)
"""Fields of a request that may be written down; of all others only the name is."""

SHORTENED = frozenset({"source_id", "cursor"})
"""Of these the last four letters tell enough."""

LONGEST_ERROR = 300
_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){11,18}")


@dataclass(frozen=True, slots=True)
class ApiCall:
    """What was asked, for which account, and what came of it."""

    at: dt.datetime
    service: str
    """"square", "hexnode"."""
    endpoint: str
    """Method and path: "POST /v2/payments"."""
    request: Mapping[str, Any]
    """Redacted already."""
    status: int | None
    """HTTP status; None when no answer came."""
    error: str | None
    milliseconds: int
    account_id: int | None = None
    charge_id: int | None = None


Recorder = Callable[[ApiCall], None]
"""Where a gateway puts what it did. It is called from several threads at once and must not wait for a database."""


def unrecorded(call: ApiCall) -> None:
    """Nobody keeps it."""


def redacted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request as they may be written down: known ones only, card numbers never.

    >>> redacted({"source_id": "ccof:GNPkC4kbH3GE", "note": "A-1", "verification_token": "x"})
    {'source_id': '…H3GE', 'note': 'A-1', 'verification_token': '(not kept)'}
    """
    return {name: _redacted(name, value) for name, value in fields.items()}


def _redacted(name: str, value: Any) -> Any:
    if name not in SHOWN:
        return "(not kept)"
    if isinstance(value, Mapping):
        return redacted(value)
    if isinstance(value, str):
        return f"…{value[-4:]}" if name in SHORTENED else without_numbers(value)
    return value


def without_numbers(text: str) -> str:
    """A text whose long runs of digits, which might be a card number, are gone.

    >>> without_numbers("card 4111 1111 1111 1111 was declined")
    'card (number) was declined'
    """
    return _LONG_NUMBER.sub("(number)", text)


def error_text(text: str) -> str:
    """What went wrong, on one line, short, without card numbers."""
    return without_numbers(" ".join(text.split()))[:LONGEST_ERROR]
