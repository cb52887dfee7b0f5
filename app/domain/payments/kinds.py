"""How money comes in, what became of it, and which sort of ledger row it is."""

from app.domain.words import Word


class PaymentMethod(Word):
    """How the customer paid."""

    CASH = "cash", "Cash"
    ZELLE = "zelle", "Zelle"
    CASH_APP = "cash_app", "Cash App"
    VENMO = "venmo", "Venmo"
    CHECK = "check", "Check"
    MONEY_ORDER = "money_order", "Money order"
    CARD = "card", "Card"
    ACH = "ach", "ACH"
    BANK_TRANSFER = "bank_transfer", "Bank transfer"
    PRIOR_SYSTEM = "prior_system", "Prior system"


class PaymentState(Word):
    """What became of a payment. Only a complete one touches balances (domain.md part 4)."""

    PENDING = "pending", "Pending"
    PROCESSING = "processing", "Processing"
    COMPLETE = "complete", "Complete"
    DECLINE = "decline", "Declined"
    REVERSED = "reversed", "Reversed"
    REFUNDED = "refunded", "Refunded"
    UNKNOWN = "unknown", "Unknown"


class PaymentKind(Word):
    """Which sort of ledger row it is: money in, or the entry that takes money in back out."""

    PAYMENT = "payment", "Payment"
    OPENING = "opening", "Collected before"
    REVERSAL = "reversal", "Reversal"
    REFUND = "refund", "Refund"
    CHARGEBACK = "chargeback", "Chargeback"


_M, _S, _K = PaymentMethod, PaymentState, PaymentKind

MANUAL_METHODS: frozenset[PaymentMethod] = frozenset(
    {_M.CASH, _M.ZELLE, _M.CASH_APP, _M.VENMO, _M.CHECK, _M.MONEY_ORDER, _M.BANK_TRANSFER}
)
"""Taken by a person and entered by hand; these stand on Cash & Manual Payments."""

PROCESSOR_METHODS: frozenset[PaymentMethod] = frozenset({_M.CARD, _M.ACH})
"""Run by a payment processor; nobody enters them by hand."""

RETURNABLE_METHODS: frozenset[PaymentMethod] = frozenset({_M.CHECK, _M.ACH})
"""The bank can return these unpaid, days later; a returned-payment fee exists for them only (domain.md part 5)."""

OPEN_STATES: frozenset[PaymentState] = frozenset({_S.PENDING, _S.PROCESSING, _S.UNKNOWN})
"""Not decided yet: money may still come."""

COUNTED_STATES: frozenset[PaymentState] = frozenset({_S.COMPLETE})
"""Money that is here and counts in balances."""

ENDED_STATES: frozenset[PaymentState] = frozenset({_S.DECLINE, _S.REVERSED, _S.REFUNDED})
"""Money that never came, or went back."""

MONEY_IN_KINDS: frozenset[PaymentKind] = frozenset({_K.PAYMENT, _K.OPENING})
"""Rows that bring money in; an opening row brings in what the prior system had collected."""

MONEY_OUT_KINDS: frozenset[PaymentKind] = frozenset({_K.REVERSAL, _K.REFUND, _K.CHARGEBACK})
"""Rows that point at an original and take its money back out."""
