"""Replay: everything that follows from a ledger, worked out anew in the order in which things count (domain.md part 4).

One replay serves leases, simple-interest contracts and credit lines. Entries are taken by (day, sequence); at the end of a
day late fees are assessed on what was unpaid then, and at month ends interest. So a back-dated payment needs no arithmetic
of its own: it is put among the entries, and what it changes, a late fee taken back included, falls into place.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from heapq import merge
from itertools import chain

from app.domain.payments.allocation import Charge, Part, Policy, rank
from app.domain.payments.ledger import PUT_OFF, AutoFee, Bought, Credit, Financing, Ledger, Payout, Received, Standing
from app.domain.payments.partial import PartialPayments, later_by, terms
from app.domain.servicing.charges import ChargeKind
from app.domain.servicing.fees import late_fee
from app.domain.servicing.interest import Assessment, assessments
from app.domain.servicing.months import month_end

# What happens on one day, in this order.
_CHARGED, _RAISED, _PAID, _CREDITED, _PAID_OUT, _ENDED = range(6)


def replay(
    ledger: Ledger,
    *,
    today: date,
    policy: Policy = Policy.FEES_FIRST,
    tolerance_cents: int = 0,
    ended_on: date | None = None,
    part_paid: PartialPayments = PartialPayments.KEEP,
    term_days: int = 30,
    fees_until: date | None = None,
) -> Ledger:
    """Wipe what payments cover and work it out anew; replaying the outcome changes nothing.

    `ended_on` is the last business date that has ended (yesterday, unless said otherwise): month ends up to it have assessed
    interest. An unpaid amount within the tolerance earns no late fee. Credit that is left over is offered again, oldest
    first, to whatever came to be later.

    `part_paid` says when the rest of a part-paid installment falls due (`partial`); it changes no allocation. Its late fee
    waits as long: a fee that was assessed too early by that goes to its day, and is nothing while that day has not ended
    (`fees_until`). `term_days` is how long a single installment lasts.

    >>> rent = tuple(Charge(ChargeKind.INSTALLMENT, n, date(2026, 11, n), 1_000) for n in (1, 2))
    >>> late_entry = Ledger(rent, (Received(1, date(2026, 11, 5), 700), Received(2, date(2026, 11, 3), 600)))
    >>> again = replay(late_entry, today=date(2026, 11, 20))
    >>> [(payment.sequence, [(part.key, part.cents) for part in payment.parts]) for payment in again.payments]
    [(2, [(1, 600)]), (1, [(1, 400), (2, 300)])]
    >>> replay(again, today=date(2026, 11, 20)) == again
    True
    """
    ended = ended_on or today - timedelta(days=1)
    stood = max((fee.assessed_on for fee in ledger.late_fees if fee.cents), default=ended)
    way = part_paid if ledger.financing is None else PartialPayments.KEEP
    run = _Run(ledger, policy, tolerance_cents, way, term_days, fees_until or max(ended, stood))
    moment = lambda event: event[:3]  # noqa: E731
    events = sorted(_events(ledger, today, ended, way), key=moment)
    for on, _, number, entry in events:  # What is put off is put in further down.
        until = run.take(on, entry)
        if until is not None:
            insort(events, (until, _ENDED, number, entry), key=moment)
    run.offer_credit(today)
    run.note_bought(today)
    return run.outcome()


class _Open:
    """A charge with what is unpaid of it at this point of the replay."""

    __slots__ = ("charge", "due_on", "key", "kind", "place", "since_on", "unpaid")

    def __init__(self, charge: Charge) -> None:
        self.charge = charge
        self.kind, self.key, self.due_on, self.since_on = charge.kind, charge.key, charge.due_on, charge.since_on
        self.unpaid = charge.unpaid_cents
        self.place = (charge.due_on, charge.kind is not ChargeKind.FEE, charge.key)

    def due_as_of(self, day: date) -> date:
        """The due date that it had on a day."""
        return self.charge.due_as_of(day)


class _Taken:
    """What an entry covers so far."""

    __slots__ = ("beyond", "entry", "interest", "left", "parts", "principal")

    def __init__(self, entry: Received | Credit, cents: int) -> None:
        self.entry, self.left = entry, cents
        self.parts: dict[tuple[ChargeKind, int], int] = {}
        self.interest = self.principal = self.beyond = 0

    @property
    def as_parts(self) -> tuple[Part, ...]:
        return tuple(Part(kind, key, cents) for (kind, key), cents in self.parts.items())


class _Run:
    """One replay under way."""

    def __init__(
        self, ledger: Ledger, policy: Policy, tolerance_cents: int, way: PartialPayments, term_days: int, fees_until: date
    ) -> None:
        self.ledger, self.policy, self.tolerance = ledger, policy, tolerance_cents
        self.way, self.fees_until = way, fees_until
        self.terms = {} if way is PartialPayments.KEEP else terms((line.due_on for line in _lines(ledger)), term_days)
        self.touched: set[int] = set()
        self.bought: dict[int, list[Bought]] = {}
        opened = [_Open(charge) for charge in ledger.charges]
        place = lambda each: each.place  # noqa: E731
        self.lines = sorted((each for each in opened if each.kind is ChargeKind.INSTALLMENT), key=place)
        self.fees = sorted((each for each in opened if each.kind is ChargeKind.FEE), key=place)
        self.by_number = {each.key: each for each in self.lines}
        self.lines = [each for each in self.lines if each.unpaid > 0]
        self.fees = [each for each in self.fees if each.unpaid > 0]
        self.has_moved = any(charge.moved for charge in ledger.charges)
        self.has_arrivals = any(each.since_on for each in self.lines)
        self.payments: list[_Taken] = []
        self.credits: list[_Taken] = []
        self.late_fees: list[AutoFee] = []
        self.late_cents = self.overpaid_out = 0
        self.financing = ledger.financing
        self.principal = self.interest = self.assessed = 0
        self.interest_rows: list[Assessment] = []
        self.accrued_on = date.min
        if self.financing is not None:
            self.principal = 0 if self.financing.is_revolving else self.financing.principal_cents
            self.accrued_on = self.financing.from_on

    def take(self, on: date, entry: object) -> date | None:
        """Take one event of a day; returns the later day to which a late fee is put off.

        Interest is assessed on payments, corrections, draws and month ends, not on fees.
        """
        is_fee = isinstance(entry, Charge) and entry.kind is ChargeKind.FEE
        if not is_fee and not isinstance(entry, AutoFee | Payout):
            self.accrue(on)
        match entry:
            case Received():
                taken = _Taken(entry, entry.amount_cents)
                self.payments.append(taken)
                self.pour(taken, on)
                self._settle_overpaid(taken)
            case Credit():
                self.credits.append(self.take_off(entry, on))
            case Payout():
                self.pay_out(entry.cents)
            case AutoFee():
                return self.assess(entry, on)
            case Charge():
                if self.financing is not None and self.financing.is_revolving:
                    self.principal += entry.unpaid_cents if entry.kind is ChargeKind.INSTALLMENT else 0
                self.offer_credit(on)
            case (int(interest), int(principal)):
                self.interest += interest
                self.assessed += interest
                self.principal += principal
                self.offer_credit(on)
        self.note_bought(on)
        return None

    def note_bought(self, on: date) -> None:
        """Keep by how many days the lines that were touched fall due later from a day on."""
        for number in self.touched:
            kept = self.bought.setdefault(number, [])
            days = self.later_by(self.by_number[number])
            if kept and kept[-1].from_on == on:
                kept.pop()
            if days != (kept[-1].days if kept else 0):
                kept.append(Bought(number, on, days))
        self.touched.clear()

    def later_by(self, line: _Open) -> int:
        """By how many days the rest of a line falls due later, as much as is paid of it by now."""
        if self.way is PartialPayments.KEEP:
            return 0
        amount = line.charge.unpaid_cents + line.charge.opening_cents
        return later_by(self.way, amount - line.unpaid, amount, self.terms[line.due_on])

    def accrue(self, on: date) -> None:
        """Assess the interest of the days since the last assessment."""
        if self.financing is None or on <= self.accrued_on:
            return
        until, since = min(on, self.financing.stops_on or on), self.accrued_on
        for from_on, to_on in (*self.financing.still, (until, until)):
            for each in assessments(self.principal, self.financing.rate, since, min(from_on, until)):
                if each.cents:
                    self.interest_rows.append(each)
                    self.interest += each.cents
                    self.assessed += each.cents
            since = max(since, to_on)
        self.accrued_on = on

    def pour(self, taken: _Taken, on: date) -> None:
        """Let an entry's money cover what it may cover on a day, in the policy's order."""
        for charge in self._in_order(on):
            if taken.left == 0:
                break
            if charge.kind is ChargeKind.FEE:
                self._cover(taken, charge, min(taken.left, charge.unpaid))
            else:
                self._cover_line(taken, charge)
        if self.financing is not None and taken.left:
            owed = self.interest if self.financing.is_revolving else self.interest + self.principal
            self._pay_down(taken, min(taken.left, owed), is_beyond=True)
        self._forget_covered()

    def take_off(self, credit: Credit, on: date) -> _Taken:
        """Use an adjustment: its part of fees on fees, of interest on interest, of principal on rent or principal."""
        taken = _Taken(credit, 0)
        self._use(taken, credit.fees_cents, (charge for charge in self._in_order(on) if charge.kind is ChargeKind.FEE))
        if self.financing is None or self.financing.is_revolving:
            lines = [charge for charge in self._in_order(on) if charge.kind is ChargeKind.INSTALLMENT]
            used = self._use(taken, credit.principal_cents, lines)
            if self.financing is not None:
                self.principal -= used
                taken.principal += used
        else:
            off = min(credit.principal_cents, self.principal)
            self.principal -= off
            taken.principal, taken.beyond = off, off
        off = min(credit.interest_cents, self.interest)
        self.interest -= off
        taken.interest += off
        taken.beyond += off
        self._forget_covered()
        return taken

    def pay_out(self, cents: int) -> None:
        """Give credit back, the oldest first; what is short is kept out of the credit that comes next."""
        for taken in self.payments:
            back = min(cents, taken.left)
            taken.left -= back
            cents -= back
        self.overpaid_out += cents

    def assess(self, fee: AutoFee, on: date) -> date | None:
        """A late fee on what is unpaid of its installment at the end of a day, or the later day to which it is put off."""
        line = self.by_number.get(fee.number)
        if line is not None and (days := self.later_by(line)):
            day = fee.rule.day_for(fee.due_then + timedelta(days=days))
            if day is not None and day > on:
                if day <= self.fees_until:
                    return day
                self.late_fees.append(replace(fee, assessed_on=day, cents=0, reason=PUT_OFF))
                return None
        unpaid = 0 if line is None else line.unpaid
        if self.financing is not None and not self.financing.is_revolving:
            unpaid = min(unpaid, self.principal + self.interest)
        made = late_fee(fee.rule, 0 if unpaid <= self.tolerance else unpaid, charged_before_cents=self.late_cents)
        stands = replace(fee, assessed_on=on, cents=made.cents, reason=made.reason)
        self.late_fees.append(stands)
        self.late_cents += made.cents
        charge = _Open(stands.charge)
        if charge.unpaid:
            self.fees = sorted([*self.fees, charge], key=lambda each: each.place)
        return None

    def offer_credit(self, on: date) -> None:
        """Offer what is left of earlier payments, oldest first, to whatever is open by now."""
        for taken in self.payments:
            if taken.left:
                self.pour(taken, max(on, taken.entry.effective_on))

    def outcome(self) -> Ledger:
        """The ledger with all that followed."""
        payments = tuple(
            replace(
                taken.entry,
                parts=taken.as_parts,
                interest_cents=taken.interest,
                principal_cents=taken.principal,
                beyond_cents=taken.beyond,
            )
            for taken in self.payments
            if isinstance(taken.entry, Received)
        )
        credits = tuple(
            replace(
                taken.entry,
                parts=taken.as_parts,
                interest_off_cents=taken.interest,
                principal_off_cents=taken.principal,
                beyond_cents=taken.beyond,
            )
            for taken in self.credits
            if isinstance(taken.entry, Credit)
        )
        standing = Standing()
        if self.financing is not None:
            standing = Standing(self.principal, self.interest, self.assessed, self.accrued_on)
        return replace(
            self.ledger,
            payments=payments,
            credits=credits,
            late_fees=tuple(sorted(self.late_fees, key=lambda fee: (fee.assessed_on, fee.number))),
            interest=tuple(self.interest_rows),
            standing=standing,
            bought=tuple(
                sorted((each for kept in self.bought.values() for each in kept), key=lambda each: (each.from_on, each.number))
            ),
        )

    def _in_order(self, on: date) -> Iterator[_Open]:
        """What money of a day may cover, in the order of `allocation.in_order`, without ranking what it will not reach."""
        lines, fees = self.lines, [fee for fee in self.fees if fee.since_on is None or fee.since_on <= on]
        if self.has_arrivals:
            lines = [line for line in lines if line.since_on is None or line.since_on <= on]
        if self.has_moved:
            return iter(sorted(chain(lines, fees), key=lambda each: rank(each, on, self.policy)))
        by_due = lambda each: each.due_on  # noqa: E731
        before, by = bisect_left(lines, on, key=by_due), bisect_right(lines, on, key=by_due)
        fees_before, fees_by = bisect_left(fees, on, key=by_due), bisect_right(fees, on, key=by_due)
        if self.policy is Policy.FEES_FIRST:
            due: Iterable[_Open] = chain(fees[:fees_before], lines[:before], fees[fees_before:fees_by], lines[before:by])
        elif self.policy is Policy.RENT_FIRST:
            due = chain(lines[:by], fees[:fees_by])
        else:
            due = chain(_newest_first(lines[:by]), _newest_first(fees[:fees_by]))
        coming: Iterable[_Open] = lines[by:]
        if fees_by < len(fees):
            coming = merge(coming, fees[fees_by:], key=lambda each: each.place)
        return chain(due, coming)

    def _cover(self, taken: _Taken, charge: _Open, cents: int) -> None:
        if cents <= 0:
            return
        charge.unpaid -= cents
        taken.left -= cents
        if self.terms and charge.kind is ChargeKind.INSTALLMENT:
            self.touched.add(charge.key)
        key = (charge.kind, charge.key)
        taken.parts[key] = taken.parts.get(key, 0) + cents

    def _cover_line(self, taken: _Taken, line: _Open) -> None:
        """Cover an installment; of a financed contract interest comes first, and no more is taken than is owed."""
        if self.financing is None:
            self._cover(taken, line, min(taken.left, line.unpaid))
        elif self.financing.is_revolving:
            self._pay_down(taken, min(taken.left, self.interest), is_beyond=True)
            cents = min(taken.left, line.unpaid)
            self._cover(taken, line, cents)
            self.principal -= cents
            taken.principal += cents
        else:
            cents = min(taken.left, line.unpaid, self.interest + self.principal)
            self._cover(taken, line, cents)
            self._pay_down(taken, cents, is_beyond=False)

    def _pay_down(self, taken: _Taken, cents: int, *, is_beyond: bool) -> None:
        """Interest first, then principal."""
        interest = min(cents, self.interest)
        self.interest -= interest
        self.principal -= cents - interest
        taken.interest += interest
        taken.principal += cents - interest
        if is_beyond:
            taken.left -= cents
            taken.beyond += cents

    def _use(self, taken: _Taken, cents: int, charges: Iterable[_Open]) -> int:
        """Take cents of an adjustment off some charges; returns how much of it was of use."""
        left = cents
        for charge in charges:
            off = min(left, charge.unpaid)
            taken.left += off
            self._cover(taken, charge, off)
            left -= off
        return cents - left

    def _settle_overpaid(self, taken: _Taken) -> None:
        back = min(self.overpaid_out, taken.left)
        taken.left -= back
        self.overpaid_out -= back

    def _forget_covered(self) -> None:
        """Drop what is covered, so that later entries do not pass over it."""
        self.lines = [each for each in self.lines if each.unpaid]
        self.fees = [each for each in self.fees if each.unpaid]


def _newest_first(charges: list[_Open]) -> list[_Open]:
    return sorted(charges, key=lambda each: (-each.due_on.toordinal(), each.key))


def _lines(ledger: Ledger) -> Iterator[Charge]:
    return (charge for charge in ledger.charges if charge.kind is ChargeKind.INSTALLMENT)


def _events(ledger: Ledger, today: date, ended_on: date, way: PartialPayments) -> Iterator[tuple[date, int, int, object]]:
    """Everything that happens, as (day, turn within the day, sequence, what)."""
    for charge in ledger.charges:
        if charge.since_on is not None and charge.since_on > today:
            continue
        if charge.since_on is not None:
            yield charge.since_on, _CHARGED, charge.key, charge
        elif ledger.financing is not None and ledger.financing.is_revolving and charge.kind is ChargeKind.INSTALLMENT:
            yield ledger.financing.from_on, _CHARGED, charge.key, charge
    for payment in ledger.payments:
        yield payment.effective_on, _PAID, payment.sequence, payment
    for credit in ledger.credits:
        yield credit.effective_on, _CREDITED, credit.key, credit
    for number, payout in enumerate(ledger.payouts):
        yield payout.on, _PAID_OUT, number, payout
    for fee in ledger.late_fees:
        day = None if way is PartialPayments.KEEP else fee.rule.day_for(fee.due_then)
        yield day or fee.assessed_on, _ENDED, fee.number, fee
    if ledger.financing is not None:
        for number, (on, interest, principal) in enumerate(ledger.financing.debits):
            yield on, _RAISED, number, (interest, principal)
        for from_on, to_on in ledger.financing.still:
            yield from_on, _ENDED, 0, None
            yield to_on, _CHARGED, 0, None
        yield from _month_ends(ledger.financing, min(ended_on, today))


def _month_ends(financing: Financing, until: date) -> Iterator[tuple[date, int, int, object]]:
    end = month_end(financing.from_on)
    while end <= until:
        yield end, _ENDED, 0, None
        end = month_end(end + timedelta(days=1))
