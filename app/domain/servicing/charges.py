"""What is owed: the kinds of charge, of fee, and of adjustment."""

from collections.abc import Mapping
from types import MappingProxyType

from app.domain.words import Word


class ChargeKind(Word):
    """What sort of thing is owed; a payment's money is allocated to these."""

    FEE = "fee", "Fee"
    INSTALLMENT = "installment", "Installment"


class FeeKind(Word):
    """Why a fee was charged."""

    LATE = "late", "Late fee"
    RETURNED_PAYMENT = "returned_payment", "Returned payment fee"
    OTHER = "other", "Other fee"


class AdjustmentKind(Word):
    """Why a balance moved without money moving."""

    OPENING = "opening", "Opening adjustment"
    CREDIT = "credit", "Credit"
    DEBIT = "debit", "Debit"
    WAIVER = "waiver", "Waiver"


ADJUSTMENT_SIGNS: Mapping[AdjustmentKind, int | None] = MappingProxyType(
    {AdjustmentKind.OPENING: None, AdjustmentKind.CREDIT: -1, AdjustmentKind.DEBIT: 1, AdjustmentKind.WAIVER: -1}
)
"""Which way each kind moves the balance: -1 lowers it, 1 raises it, None may do either (it ties old books to new)."""
