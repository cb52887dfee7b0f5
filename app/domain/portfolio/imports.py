"""The life of an import batch and the fate of each of its rows (domain.md part 14)."""

from collections.abc import Mapping
from types import MappingProxyType

from app.domain.words import Word


class ImportFormat(Word):
    """Which sort of file is imported."""

    PORTFOLIO = "portfolio", "Portfolio Detailed Report"
    RTO_CONTRACTS = "rto_contracts", "RTO contracts"
    DEALER_RECONCILIATION = "dealer_reconciliation", "Dealer Contract Reconciliation"
    REMITTANCES = "remittances", "Remittances"
    PAYMENTS = "payments", "Payments list"
    RTO_PRO = "rto_pro", "RTO Pro export"
    ACCOUNTS = "accounts", "Any spreadsheet of accounts"
    INVOICES = "invoices", "Open invoices"


class BatchState(Word):
    """Where an import batch stands."""

    READING = "reading", "Reading"
    PREVIEW = "preview", "Preview"
    APPLYING = "applying", "Applying"
    APPLIED = "applied", "Applied"
    UNDOING = "undoing", "Undoing"
    UNDONE = "undone", "Undone"
    FAILED = "failed", "Failed"
    DISCARDED = "discarded", "Discarded"


_B = BatchState

BATCH_TRANSITIONS: Mapping[BatchState, frozenset[BatchState]] = MappingProxyType(
    {
        _B.READING: frozenset({_B.PREVIEW, _B.FAILED, _B.DISCARDED}),
        # Read again: somebody said on the mapping page which column is which.
        _B.PREVIEW: frozenset({_B.READING, _B.APPLYING, _B.DISCARDED, _B.FAILED}),
        # One transaction per batch: an apply that fails wrote nothing and can be looked at again.
        _B.APPLYING: frozenset({_B.APPLIED, _B.PREVIEW, _B.FAILED}),
        _B.APPLIED: frozenset({_B.UNDOING}),
        # An undo that is refused, because something later touched an account, leaves the batch applied.
        _B.UNDOING: frozenset({_B.UNDONE, _B.APPLIED}),
        _B.UNDONE: frozenset(),
        _B.FAILED: frozenset({_B.READING, _B.DISCARDED}),
        _B.DISCARDED: frozenset(),
    }
)
"""What each state may become."""


class RowOutcome(Word):
    """What becomes of one row of a file.

    >>> RowOutcome("rejected:frequency").is_rejected, RowOutcome.PENDING_REVIEW.is_in
    (True, True)
    """

    IMPORTED = "imported", "Imported"
    UPDATED = "updated", "Updated"
    POSTED = "posted", "Posted"
    QUEUED = "queued", "Waits in Reconciliation"
    PENDING_REVIEW = "pending_review", "Pending review"
    SKIPPED_NOT_ACTIVE = "skipped:not_active", "Skipped: not active"
    SKIPPED_NOT_INCOMING = "skipped:not_incoming", "Skipped: no money that came in"
    SKIPPED_NOT_OPEN = "skipped:not_open", "Skipped: nothing open"
    SKIPPED_DUPLICATE = "skipped:duplicate", "Skipped: duplicate"
    REJECTED_CONTRACT_NUMBER = "rejected:contract_number", "Rejected: contract number"
    REJECTED_START_DATE = "rejected:start_date", "Rejected: start date"
    REJECTED_FREQUENCY = "rejected:frequency", "Rejected: frequency"
    REJECTED_PAYMENT_AMOUNT = "rejected:payment_amount", "Rejected: payment amount"
    REJECTED_PAYMENTS_MADE = "rejected:payments_made", "Rejected: payments made"
    REJECTED_TOTAL_PAID = "rejected:total_paid", "Rejected: total paid"
    REJECTED_BALANCE = "rejected:balance_remaining", "Rejected: balance"
    REJECTED_IMEI = "rejected:imei", "Rejected: IMEI"
    REJECTED_DATE = "rejected:date", "Rejected: date"
    REJECTED_AMOUNT = "rejected:amount", "Rejected: amount"
    REJECTED_METHOD = "rejected:method", "Rejected: method"
    REJECTED_REFERENCE = "rejected:reference", "Rejected: reference"
    REJECTED_ACCOUNT = "rejected:account_number", "Rejected: account number"

    @property
    def is_in(self) -> bool:
        """Whether the row brings something."""
        return self in IN_OUTCOMES

    @property
    def is_skipped(self) -> bool:
        """Whether the row is left out although nothing is wrong with it."""
        return self.startswith("skipped:")

    @property
    def is_rejected(self) -> bool:
        """Whether the row is left out because something in it must be put right first."""
        return self.startswith("rejected:")


IN_OUTCOMES: frozenset[RowOutcome] = frozenset(
    {RowOutcome.IMPORTED, RowOutcome.PENDING_REVIEW, RowOutcome.UPDATED, RowOutcome.POSTED, RowOutcome.QUEUED}
)
"""Outcomes that bring something: an account, money, what a dealer was paid."""
