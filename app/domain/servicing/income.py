"""What payments take of an income (PTI, domain.md part 10)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from app.domain.servicing.frequency import Frequency

MONTHLY_TIMES = {
    Frequency.WEEKLY: Fraction(52, 12),
    Frequency.BIWEEKLY: Fraction(26, 12),
    Frequency.SEMIMONTHLY: Fraction(2),
    Frequency.MONTHLY: Fraction(1),
}
"""How often a payment of each rhythm comes in a month."""


def payment_to_income(payments: Iterable[tuple[Frequency, int]], monthly_income_cents: int | None) -> Decimal | None:
    """The part of a gross monthly income that payments take, to four places; None when no income is known.

    >>> payment_to_income([(Frequency.WEEKLY, 3_000), (Frequency.MONTHLY, 7_000)], 200_000)
    Decimal('0.1000')
    >>> payment_to_income([(Frequency.WEEKLY, 3_000)], None)
    """
    if not monthly_income_cents:
        return None
    monthly = sum((MONTHLY_TIMES[frequency] * cents for frequency, cents in payments), Fraction(0))
    share = monthly / monthly_income_cents
    return (Decimal(share.numerator) / Decimal(share.denominator)).quantize(Decimal("0.0001"))
