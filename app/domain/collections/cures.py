"""How late accounts became current again: by an extension, by AutoPay, after a collector's conversation, or by themselves."""

import datetime as dt
from dataclasses import dataclass

from app.domain.words import Word

CREDIT_DAYS = 7
"""Money that comes within so many days of a conversation counts as its fruit."""


class CureKind(Word):
    """What brought an account back."""

    COLLECTOR = "collector", "Collector"
    AUTOPAY = "autopay", "AutoPay"
    SELF = "self", "Self"
    EXTENSION = "extension", "Extension"


@dataclass(frozen=True, slots=True)
class Cure:
    """An account that was late and is not any more, and what happened before."""

    on: dt.date
    extended_on: dt.date | None = None
    """The last day on which due dates of it were moved."""
    card_paid_on: dt.date | None = None
    """The last card payment that nobody took by hand."""
    spoken_on: dt.date | None = None
    """The last conversation."""


def kind(cure: Cure) -> CureKind:
    """What brought it back. An extension comes first: it hides lateness rather than cures it.

    >>> day = dt.date(2026, 11, 20)
    >>> kind(Cure(day, spoken_on=day - dt.timedelta(days=7))).label, kind(Cure(day, spoken_on=day - dt.timedelta(days=8))).label
    ('Collector', 'Self')
    >>> kind(Cure(day, extended_on=day, card_paid_on=day, spoken_on=day)).label
    'Extension'
    """
    if cure.extended_on is not None and 0 <= (cure.on - cure.extended_on).days <= 1:
        return CureKind.EXTENSION
    if cure.card_paid_on is not None and 0 <= (cure.on - cure.card_paid_on).days <= 1:
        return CureKind.AUTOPAY
    if cure.spoken_on is not None and 0 <= (cure.on - cure.spoken_on).days <= CREDIT_DAYS:
        return CureKind.COLLECTOR
    return CureKind.SELF
