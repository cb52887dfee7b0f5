"""What kind of contract an account is, and what follows from it."""

from app.domain.words import Word


class ContractType(Word):
    """Lease to own, simple-interest installment contract, open-end credit line, or the open invoices of a customer."""

    LEASE = "lease", "Lease"
    INSTALLMENT = "installment", "Installment contract"
    CREDIT_LINE = "credit_line", "Credit line"
    INVOICES = "invoices", "Open invoices"


OPENED_HERE = (ContractType.LEASE, ContractType.INSTALLMENT, ContractType.CREDIT_LINE)
"""Kinds that somebody opens; invoices are written by a billing system and come in with its file."""

FINANCED = frozenset({ContractType.INSTALLMENT, ContractType.CREDIT_LINE})
"""Kinds with interest and principal; a lease has rent, and an invoice is owed as it is."""

OPEN_ENDED = frozenset({ContractType.CREDIT_LINE, ContractType.INVOICES})
"""Kinds that stay open at a balance of 0, as there may be charges to come."""
