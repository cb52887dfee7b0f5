"""Breaks: where the processor's books and ours do not say the same (reliability.md part 1, rule 10)."""

from app.domain.words import Word


class BreakKind(Word):
    """What does not agree."""

    ORPHAN = "orphan", "At Square, not in the ledger"
    PHANTOM = "phantom", "In the ledger, not at Square"
    AMOUNT = "amount", "Amounts differ"
    STATUS = "status", "Status differs"
    REFUND = "refund", "Refunded at Square"
    DISPUTE = "dispute", "Disputed at the bank"


class BreakState(Word):
    """Whether somebody still has to look."""

    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"
