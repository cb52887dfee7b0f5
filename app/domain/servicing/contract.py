"""What kind of contract an account is."""

from app.domain.words import Word


class ContractType(Word):
    """Lease to own, simple-interest installment contract, or open-end credit line."""

    LEASE = "lease", "Lease"
    INSTALLMENT = "installment", "Installment contract"
    CREDIT_LINE = "credit_line", "Credit line"
