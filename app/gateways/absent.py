"""No card processor: what the product works with while none is set up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from app.gateways.cards import (
    CardDispute,
    CardPayment,
    CardRefund,
    ChargeRequest,
    ConfigurationError,
    LinkOutcome,
    Location,
    Outcome,
    RefundOutcome,
    RefundRequest,
    Unanswered,
)

NOT_SET_UP = "NOT_SET_UP"


class NoCards:
    """Refuses everything with the sentence that says why."""

    location_id = ""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def charge(self, request: ChargeRequest) -> Outcome:
        """Nothing is charged."""
        return ConfigurationError(NOT_SET_UP, self.sentence)

    def payment(self, payment_id: str) -> CardPayment | Unanswered:
        """Nobody to ask."""
        return self._unanswered()

    def payments(self, begin_at: dt.datetime) -> Sequence[CardPayment] | Unanswered:
        """Nobody to ask."""
        return self._unanswered()

    def make_link(self, body: str, *, account_id: int | None = None) -> LinkOutcome:
        """No page is made."""
        return ConfigurationError(NOT_SET_UP, self.sentence)

    def close_link(self, link_id: str) -> Unanswered | None:
        """Nobody to ask."""
        return self._unanswered()

    def give_back(self, request: RefundRequest) -> RefundOutcome:
        """Nothing is given back."""
        return ConfigurationError(NOT_SET_UP, self.sentence)

    def refund(self, refund_id: str) -> CardRefund | Unanswered:
        """Nobody to ask."""
        return self._unanswered()

    def refunds(self, begin_at: dt.datetime) -> Sequence[CardRefund] | Unanswered:
        """Nobody to ask."""
        return self._unanswered()

    def disputes(self) -> Sequence[CardDispute] | Unanswered:
        """Nobody to ask."""
        return self._unanswered()

    def locations(self) -> Sequence[Location] | Unanswered:
        """Nobody to ask."""
        return self._unanswered()

    def _unanswered(self) -> Unanswered:
        return Unanswered(self.sentence, is_configuration=True)
