"""How often a contract is paid."""

from collections.abc import Mapping
from types import MappingProxyType

from app.domain.words import Word


class Frequency(Word):
    """The rhythm of a schedule.

    >>> Frequency.WEEKLY.default_payments, Frequency.SEMIMONTHLY.suffix
    (52, '½ mo')
    """

    WEEKLY = "weekly", "Weekly"
    BIWEEKLY = "biweekly", "Biweekly"
    SEMIMONTHLY = "semimonthly", "Semimonthly"
    MONTHLY = "monthly", "Monthly"

    @property
    def default_payments(self) -> int:
        """Number of payments when nobody gave one: a year's worth (domain.md part 3)."""
        return DEFAULT_PAYMENTS[self]

    @property
    def suffix(self) -> str:
        """Short form that stands behind an amount: `$54.00 2 wk`."""
        return SUFFIXES[self]


DEFAULT_PAYMENTS: Mapping[Frequency, int] = MappingProxyType(
    {Frequency.WEEKLY: 52, Frequency.BIWEEKLY: 26, Frequency.SEMIMONTHLY: 24, Frequency.MONTHLY: 12}
)
"""Payments in a year, which is what a blank number of payments means."""

SUFFIXES: Mapping[Frequency, str] = MappingProxyType(
    {Frequency.WEEKLY: "wk", Frequency.BIWEEKLY: "2 wk", Frequency.SEMIMONTHLY: "½ mo", Frequency.MONTHLY: "mo"}
)
"""What stands behind a payment amount on screens (design.md part 5)."""
