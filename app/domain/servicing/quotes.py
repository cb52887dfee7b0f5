"""Which figure a quote is for."""

from app.domain.words import Word


class QuoteKind(Word):
    """Paying all that is open, or buying the device early at the price of the state's formula."""

    PAYOFF = "payoff", "Payoff"
    EARLY_PURCHASE = "early_purchase", "Early purchase"
