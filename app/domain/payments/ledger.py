"""The ledger of one contract as plain values: what was charged, what came in, and what follows from both."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from app.domain.payments.allocation import Charge, Part, unpaid_after
from app.domain.servicing.charges import ChargeKind
from app.domain.servicing.delinquency import DueLine
from app.domain.servicing.fees import FeeRule
from app.domain.servicing.interest import Assessment

PUT_OFF = "put off"
"""Reason of a late fee of 0 cents whose installment is due later by what was paid of it."""


@dataclass(frozen=True, slots=True)
class Received:
    """A complete payment that was not reversed, with whatever it covers at the moment."""

    sequence: int
    effective_on: date
    amount_cents: int
    parts: tuple[Part, ...] = ()
    interest_cents: int = 0
    principal_cents: int = 0
    beyond_cents: int = 0
    """What of the interest and principal is shown by no part: interest of a credit line, principal paid ahead."""

    @property
    def unapplied_cents(self) -> int:
        """What of it is credit."""
        return self.amount_cents - self.beyond_cents - sum(part.cents for part in self.parts)


@dataclass(frozen=True, slots=True)
class Credit:
    """An adjustment that takes something off what is owed without money coming in. All amounts are positive.

    On a lease `principal_cents` is rent. What cannot be used, because later entries left nothing to take it off, is
    no money and is never paid out.
    """

    key: int
    effective_on: date
    fees_cents: int = 0
    interest_cents: int = 0
    principal_cents: int = 0
    parts: tuple[Part, ...] = ()
    interest_off_cents: int = 0
    principal_off_cents: int = 0
    beyond_cents: int = 0


@dataclass(frozen=True, slots=True)
class Payout:
    """Credit in hand that was given back to the customer."""

    on: date
    cents: int


@dataclass(frozen=True, slots=True)
class AutoFee:
    """A late fee that the end of day assesses: on one installment, at the end of one day, by one rule.

    `cents` and `reason` follow from what was unpaid then; 0 cents means that the money came in time. `waived_cents` is what
    people waived of it. A fee without a row yet has the installment's number, negative, as its key.
    """

    key: int
    number: int
    due_on: date
    assessed_on: date
    rule: FeeRule
    waived_cents: int = 0
    cents: int = 0
    reason: str = ""
    moved: tuple[tuple[date, date], ...] = ()

    @property
    def due_then(self) -> date:
        """The due date that earned it: an arrangement may have moved the installment since."""
        return next((due for until, due in self.moved if until > self.assessed_on), self.due_on)

    @property
    def charge(self) -> Charge:
        """The fee as something owed, from the day after its assessment."""
        owed = max(0, self.cents - self.waived_cents)
        since_on = self.assessed_on + timedelta(days=1)
        return Charge(ChargeKind.FEE, self.key, self.due_on, owed, since_on, self.moved)


@dataclass(frozen=True, slots=True)
class Financing:
    """The terms of a financed contract. A revolving one (credit line) has its charges as principal."""

    rate: Decimal
    from_on: date
    principal_cents: int = 0
    is_revolving: bool = False
    stops_on: date | None = None
    debits: tuple[tuple[date, int, int], ...] = ()
    """Adjustments that raised what is owed: (day, interest cents, principal cents)."""
    still: tuple[tuple[date, date], ...] = ()
    """Times without interest that are over, oldest first: after the first day, up to the second one."""


@dataclass(frozen=True, slots=True)
class Bought:
    """From a day on the rest of an installment falls due so many days later than its own due date."""

    number: int
    from_on: date
    days: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a financed contract stands; all 0 for a lease."""

    principal_cents: int = 0
    interest_cents: int = 0
    assessed_cents: int = 0
    accrued_on: date | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was charged (as if nothing had been paid) and what was received; replay fills in what follows."""

    charges: tuple[Charge, ...]
    payments: tuple[Received, ...]
    credits: tuple[Credit, ...] = ()
    payouts: tuple[Payout, ...] = ()
    late_fees: tuple[AutoFee, ...] = ()
    financing: Financing | None = None
    interest: tuple[Assessment, ...] = ()
    standing: Standing = Standing()
    bought: tuple[Bought, ...] = ()
    """What part payments moved, by a policy that lets them (`partial`); oldest first, the last of a line is what holds."""

    @property
    def entries(self) -> Iterator[Received | Credit]:
        """Payments, then credits."""
        yield from self.payments
        yield from self.credits

    @property
    def open_charges(self) -> tuple[Charge, ...]:
        """The charges, late fees among them, with what is left unpaid of them."""
        fees = tuple(fee.charge for fee in self.late_fees)
        return unpaid_after(self.charges + fees, [part for entry in self.entries for part in entry.parts])

    @property
    def balance_cents(self) -> int:
        """What is owed: all open charges of a lease; principal, assessed interest and fees of a financed contract."""
        return sum(charge.unpaid_cents for charge in self.owed_charges)

    @property
    def owed_charges(self) -> tuple[Charge, ...]:
        """The open charges with the days on which they are due: a part-paid line, and the fee on it, when its policy says.

        Those of a financed contract have their lines laid over what is really owed (`fit`).
        """
        if self.financing is None:
            return self._put_off(self.open_charges) if self.bought else self.open_charges
        fees = tuple(charge for charge in self.open_charges if charge.kind is ChargeKind.FEE)
        lines = tuple(charge for charge in self.open_charges if charge.kind is ChargeKind.INSTALLMENT)
        return fit(lines, self.standing.principal_cents + self.standing.interest_cents) + fees

    @property
    def unapplied_cents(self) -> int:
        """What was received, covers nothing and was not given back; negative when too much was given back."""
        return sum(payment.unapplied_cents for payment in self.payments) - sum(payout.cents for payout in self.payouts)

    @property
    def bought_days(self) -> dict[int, int]:
        """Installment number → by how many days its rest falls due later by now; of those that part payments ever moved."""
        return {each.number: each.days for each in self.bought}

    def _put_off(self, charges: tuple[Charge, ...]) -> tuple[Charge, ...]:
        days = self.bought_days
        of_fees = {fee.key: fee.number for fee in self.late_fees}
        later = (days.get(each.key if each.kind is ChargeKind.INSTALLMENT else of_fees.get(each.key, 0), 0) for each in charges)
        return tuple(
            replace(each, due_on=each.due_on + timedelta(days=count)) if count else each
            for each, count in zip(charges, later, strict=True)
        )

    def unpaid_on(self, number: int, day: date) -> int:
        """What was unpaid of an installment at the end of a day, by what covers it now."""
        amount = next(
            charge.unpaid_cents for charge in self.charges if charge.kind is ChargeKind.INSTALLMENT and charge.key == number
        )
        return amount - sum(
            part.cents
            for entry in self.entries
            if entry.effective_on <= day
            for part in entry.parts
            if part.kind is ChargeKind.INSTALLMENT and part.key == number
        )


def fit(lines: tuple[Charge, ...], owed_cents: int) -> tuple[Charge, ...]:
    """Lay what is owed over the scheduled payments of a financed contract, oldest first, so that they sum to it.

    Paid early, a contract owes less than its lines say: the last ones shrink. Paid late, it owes more: what is left
    hangs on the last line. So lateness, next due and balance follow from one list.

    >>> lines = tuple(Charge(ChargeKind.INSTALLMENT, n, date(2026, n, 1), 100) for n in (1, 2, 3))
    >>> [line.unpaid_cents for line in fit(lines, 250)], [line.unpaid_cents for line in fit(lines, 320)]
    ([100, 100, 50], [100, 100, 120])
    """
    ordered = sorted(lines, key=lambda line: (line.due_on, line.key))
    left, laid = owed_cents, []
    for line in ordered:
        cents = min(left, line.unpaid_cents)
        laid.append(replace(line, unpaid_cents=cents))
        left -= cents
    if left and laid:
        laid[-1] = replace(laid[-1], unpaid_cents=laid[-1].unpaid_cents + left)
    return tuple(laid)


def due_lines(charges: tuple[Charge, ...]) -> list[DueLine]:
    """Charges as aging sees them: what shares a due date, as an installment and its late fee do, ages as one."""
    cents_by_date: dict[date, int] = {}
    for charge in charges:
        cents_by_date[charge.due_on] = cents_by_date.get(charge.due_on, 0) + charge.unpaid_cents
    return [DueLine(due, cents) for due, cents in cents_by_date.items()]
