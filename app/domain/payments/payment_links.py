"""Payment links: Square's hosted page on which a customer pays by themselves. Asking for one takes no money."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from app.domain.words import Word

LONGEST_NAME, LONGEST_NOTE = 255, 500
MOST_TRIES = 5
"""So often Square is asked for one link, each time with the same key."""


class PaymentLinkState(Word):
    """What is known of a link."""

    PLANNED = "planned", "Being made"
    OPEN = "open", "Open"
    PAID = "paid", "Paid"
    CLOSED = "closed", "Closed"
    FAILED = "failed", "Failed"


_S = PaymentLinkState

PAYMENT_LINK_TRANSITIONS: Mapping[PaymentLinkState, frozenset[PaymentLinkState]] = MappingProxyType(
    {
        _S.PLANNED: frozenset({_S.OPEN, _S.FAILED}),
        _S.OPEN: frozenset({_S.PAID, _S.CLOSED}),
        # Somebody may have paid in the moment in which it was closed.
        _S.CLOSED: frozenset({_S.PAID}),
        _S.PAID: frozenset(),
        _S.FAILED: frozenset(),
    }
)
"""What each state may become."""


def key_of(identity: UUID) -> str:
    """The idempotency key of a link, and the key of the ledger's row of what is paid by it.

    >>> key_of(UUID(int=17))
    'lp-00000000000000000000000000000011'
    """
    return f"lp-{identity.hex}"


def frozen_link(*, key: str, name: str, amount_cents: int, currency: str, location_id: str, note: str) -> str:
    """The request as it is sent each time, letter by letter: one amount, no tip, no coupon.

    >>> text = frozen_link(key="lp-1", name="Lease A-1", amount_cents=5400, currency="USD", location_id="L", note="A-1")
    >>> json.loads(text)["quick_pay"]["price_money"]
    {'amount': 5400, 'currency': 'USD'}
    """
    body: dict[str, Any] = {
        "idempotency_key": key,
        "quick_pay": {
            "name": name[:LONGEST_NAME],
            "price_money": {"amount": amount_cents, "currency": currency},
            "location_id": location_id,
        },
        "checkout_options": {"allow_tipping": False, "ask_for_shipping_address": False, "enable_coupon": False},
        "payment_note": note[:LONGEST_NOTE],
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
