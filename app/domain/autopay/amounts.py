"""How much a card is charged (domain.md part 15)."""

from dataclasses import dataclass

from app.domain.words import Word


class AmountRule(Word):
    """What of an account's debt is charged on a due date."""

    DUE = "due", "What falls due that day"
    PAST_DUE = "past_due", "All that is due, past due included"
    PAST_DUE_AND_FEES = "past_due_and_fees", "All that is due, and late fees"


@dataclass(frozen=True, slots=True)
class Owed:
    """What an account owes on the day of the charge, in cents."""

    due_today_cents: int
    past_due_cents: int
    """Unpaid of what fell due before today, without fees."""
    fees_cents: int
    payoff_cents: int
    """All that the account still owes."""
    payment_cents: int
    """The contract's payment."""
    fixed_cents: int | None = None
    """The amount that the customer agreed to, instead of what is due."""
    disputed_cents: int = 0


def amount_to_charge(owed: Owed, rule: AmountRule) -> int:
    """Cents to charge; 0 when nothing is.

    A fixed amount is charged when anything is due, and is never less than the payment. Never more than the payoff; what is in
    dispute is left alone.

    >>> late = Owed(due_today_cents=5_400, past_due_cents=5_400, fees_cents=500, payoff_cents=90_000, payment_cents=5_400)
    >>> [amount_to_charge(late, rule) for rule in AmountRule]
    [5400, 10800, 11300]
    """
    due = owed.due_today_cents
    if rule is not AmountRule.DUE:
        due += owed.past_due_cents
    if rule is AmountRule.PAST_DUE_AND_FEES:
        due += owed.fees_cents
    if owed.fixed_cents is not None and owed.due_today_cents + owed.past_due_cents > 0:
        due = max(owed.fixed_cents, owed.payment_cents)
    return max(0, min(due - owed.disputed_cents, owed.payoff_cents - owed.disputed_cents))
