"""The words of the transaction reports: where a transaction comes from, and what became of it."""

from __future__ import annotations

from app.domain.words import Word


class Source(Word):
    """Which table a transaction stands in. The order is part of its number: new ones go last."""

    PAYMENT = "payment", "Payment"
    ADJUSTMENT = "adjustment", "Adjustment"
    FEE = "fee", "Fee"
    CHARGE = "charge", "Card charge"


class TransactionState(Word):
    """The four states of the UAS report set."""

    PENDING = "PENDING", "Pending"
    PROCESSING = "PROCESSING", "Processing"
    COMPLETE = "COMPLETE", "Complete"
    DECLINE = "DECLINE", "Declined"


class ContractStatus(Word):
    """The five states of a contract in the UAS report set."""

    PENDING = "Pending", "Pending"
    ACTIVE = "Active", "Active"
    CLOSED = "Closed", "Closed"
    CANCELLED = "Cancelled", "Cancelled"
    VOID = "VOID", "VOID"
