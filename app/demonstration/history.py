"""Years of history for a demonstration: leases that were lived through, with the ledger that follows from what customers did.

What customers do is drawn (`lives`), what money covers and which late fees it earned is replayed by the ledger's own rule, and
how each day ended is walked from that (`daily`). Only the rows are written in bulk: two years of two thousand leases are some
eighty thousand payments and half a million snapshots, which took hours one by one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.demonstration import lives
from app.demonstration.cast import Member
from app.demonstration.daily import Days, walk
from app.demonstration.lives import Life
from app.domain.payments.allocation import Charge
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.payments.ledger import AutoFee, Ledger, Received
from app.domain.payments.partial import PartialPayments
from app.domain.payments.replay import replay
from app.domain.servicing.buckets import bucket_of
from app.domain.servicing.charges import ChargeKind
from app.domain.servicing.fees import chosen
from app.domain.servicing.schedule import default_anchors
from app.domain.servicing.status import AccountStatus
from app.models import Dealer, FeePolicy, Portfolio
from app.queries.collections.buckets import buckets
from app.queries.payments import fee_policies, late_fees
from app.services.servicing import standing
from app.workbooks.sample_words import FIRST_NAMES, LAST_NAMES, MODELS

DAY = dt.timedelta(days=1)
CHUNK = 250
"""Leases that are written at a time."""
WAIVED = 0.07
"""Share of the late fees that somebody waives."""
TAKEN_BACK = 0.006
"""Share of the payments that are entered a second time by mistake, and reversed on the same day."""

METHODS = (
    (PaymentMethod.CASH, 38), (PaymentMethod.CASH_APP, 22), (PaymentMethod.ZELLE, 21), (PaymentMethod.VENMO, 12),
    (PaymentMethod.CHECK, 7),
)  # fmt: skip
PLACES = {"OHIO": (("OH", "614", "43215"), ("KY", "502", "40202")), "GULF": (("TX", "713", "77002"), ("FL", "305", "33101"))}
WAIVER_REASONS = (
    "Goodwill, first late fee",
    "Store was closed that day",
    "Payment was mailed in time",
    "Agreed with a supervisor",
)

DOWN_CENTS = (0, 0, 19_00, 29_00, 49_00)
"""What was paid when the lease was signed; it is no part of the schedule."""

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Lease:
    """Where a lease belongs."""

    book: Portfolio
    dealer: Dealer | None
    state: str
    area: str
    zip_code: str
    policy: FeePolicy | None
    life: Life


_TABLES: dict[str, tuple[str, ...]] = {
    "customer": ("id", "portfolio_id", "first_name", "last_name", "email", "state", "zip_code", "created_at"),
    "customer_phone": ("customer_id", "e164", "kind", "is_primary"),
    "device": ("id", "portfolio_id", "model", "imei", "cost_cents"),
    "account": (
        "id", "portfolio_id", "company_id", "region_id", "office_id", "dealer_id", "customer_id", "device_id",
        "account_number", "approval_id", "frequency", "start_on", "first_due_on", "anchor_days", "payment_cents",
        "total_cents", "cash_price_cents", "down_payment_cents", "status", "default_on", "closed_on", "closed_reason",
        "opened_at",
    ),
    "installment": ("account_id", "number", "due_on", "amount_cents", "paid_cents", "paid_on"),
    "payment": (
        "id", "account_id", "kind", "method", "state", "amount_cents", "received_at", "effective_on", "posted_at",
        "posted_on", "reference", "note", "taken_by_id", "reverses_id", "tot_status", "tot_past_due_cents",
        "tot_days_past_due",
    ),
    "fee": (
        "id", "account_id", "installment_number", "kind", "assessed_on", "amount_cents", "paid_cents", "waived_cents",
        "policy_id", "rule", "reason", "created_at",
    ),
    "adjustment": (
        "account_id", "kind", "amount_cents", "fees_cents", "effective_on", "reason", "fee_id", "created_at",
        "created_by_id",
    ),
    "allocation": ("payment_id", "account_id", "installment_number", "fee_id", "amount_cents", "effective_on"),
    "status_change": ("account_id", "from_status", "to_status", "at", "business_on", "reason", "by_id"),
    "bucket_change": ("account_id", "business_on", "from_days", "to_days", "from_bucket", "to_bucket", "reason"),
    "account_snapshot": ("business_on", "account_id", "days_past_due", "past_due_cents", "balance_cents", "status"),
}  # fmt: skip
"""Table → the columns that are written, in the order in which rows may refer to one another."""

_ADD_UP = text(
    """
    insert into portfolio_day (business_on, portfolio_id, from_days, accounts, past_due_cents, balance_cents)
    select s.business_on, a.portfolio_id, b.from_days, count(*), sum(s.past_due_cents), sum(s.balance_cents)
    from account_snapshot s
    join account a on a.id = s.account_id
    join bucket b on b.scheme = 'report' and s.days_past_due >= b.from_days
        and (b.to_days is null or s.days_past_due <= b.to_days)
    where s.business_on between :first and :last
    group by 1, 2, 3
    on conflict (business_on, portfolio_id, from_days) do update set accounts = excluded.accounts,
        past_due_cents = excluded.past_due_cents, balance_cents = excluded.balance_cents
    """
)


def write(
    session: Session,
    rng: Random,
    books: Sequence[tuple[Portfolio, int]],
    members: Sequence[Member],
    *,
    first_on: dt.date,
    until: dt.date,
    report: Report = lambda sentence: None,
) -> int:
    """Write leases that began from `first_on` on, as they stand after the end of `until`; returns how many there are.

    `books` are portfolios and how many leases each gets. Every day from the first on has its snapshots and sums.
    """
    session.flush()
    history = _History(session, rng, members, until=until)
    ids: list[int] = []
    for book, count in books:
        days = lives.starts(rng, count, first_on=first_on, until=until - 7 * DAY)
        for place in range(0, count, CHUNK):
            ids += history.write(book, days[place : place + CHUNK], first_on=first_on)
            report(f"Living through {book.name}: {min(place + CHUNK, count):,} of {count:,} leases …")
    session.execute(_ADD_UP, {"first": first_on, "last": until})
    for place in range(0, len(ids), 1_000):
        standing.restate(session, ids[place : place + 1_000], today=until + DAY)
    session.execute(text("analyze"))
    session.expire_all()
    return len(ids)


class _History:
    """What all leases are written with."""

    def __init__(self, session: Session, rng: Random, members: Sequence[Member], *, until: dt.date) -> None:
        self.session, self.rng, self.until = session, rng, until
        self.takers = [member for member in members if member.is_collector or member.is_supervisor]
        self.supervisor = next(member for member in members if member.is_supervisor)
        self.bands = buckets(session, "report")
        self.policies = fee_policies.active(session)
        self.applies = [fee_policies.applies(row) for row in self.policies.values()]
        self.dealers: dict[int, list[Dealer]] = {}
        for dealer in session.scalars(select(Dealer).order_by(Dealer.id)):
            self.dealers.setdefault(dealer.portfolio_id, []).append(dealer)
        self.rows: dict[str, list[tuple[Any, ...]]] = {}

    def write(self, book: Portfolio, days: Sequence[dt.date], *, first_on: dt.date) -> list[int]:
        """Draw and write a lease for each day on which one begins; returns the accounts' ids."""
        self.rows = {table: [] for table in _TABLES}
        leases = [self._drawn(book, on, first_on) for on in days]
        customers, devices, accounts = (self._ids(table, len(leases)) for table in ("customer", "device", "account"))
        for lease, customer, device, account in zip(leases, customers, devices, accounts, strict=True):
            self._lease(lease, customer, device, account)
        for table, columns in _TABLES.items():
            _copy(self.session, table, columns, self.rows[table])
        return accounts

    def _drawn(self, book: Portfolio, on: dt.date, first_on: dt.date) -> _Lease:
        rng = self.rng
        state, area, zip_code = rng.choice(PLACES.get(book.code, PLACES["OHIO"]))
        dealers = self.dealers.get(book.id)
        life = lives.terms(rng, on)
        found = chosen(self.applies, state=state, contract_on=on, frequency=life.frequency, portfolio_id=book.id)
        policy = None if found is None else self.policies[found.key]
        # A worse season, so that cohorts differ: who came in the months around a year ago was let in too easily.
        age = (self.until - on).days / max((self.until - first_on).days, 1)
        drift = 1.7 if 0.35 < age < 0.55 else 0.85 if age < 0.3 else 1.0
        rule = None if policy is None else fee_policies.rule_of(policy)
        lives.live(rng, life, until=self.until, rule=rule, drift=drift)
        return _Lease(book, rng.choice(dealers) if dealers else None, state, area, zip_code, policy, life)

    def _lease(self, lease: _Lease, customer: int, device: int, account: int) -> None:
        life = lease.life
        paid = self._ids("payment", len(life.payments))
        ledger = self._replayed(lease, paid)
        fees = [fee for fee in ledger.late_fees if fee.cents]
        waivers = self._waived(fees)
        if waivers:
            waived = {key: next(fee.cents for fee in fees if fee.key == key) for key in waivers}
            # What is waived frees money for other charges.
            ledger = self._replayed(lease, paid, waived=waived)
            fees = [fee for fee in ledger.late_fees if fee.cents]
            waivers = {key: on for key, on in waivers.items() if any(fee.key == key for fee in fees)}
        days = walk(life, ledger, waivers, self.bands, until=self.until)
        self._person(lease, customer, device)
        self._account(lease, days, customer, device, account)
        self._money(life, ledger, days, account, fees, waivers, lease.policy)
        for on, before, after, reason in days.changes:
            by_night = after is AccountStatus.DEFAULT
            at = clock.moment(on, dt.time(23, 30) if by_night else dt.time(9 if before is None else 17, 0))
            by = None if by_night or after is AccountStatus.PAID_OFF else self.supervisor.staff_id
            self.rows["status_change"].append((account, before and before.value, after.value, at, on, reason, by))
        for on, from_days, to_days, why in days.buckets:
            labels = bucket_of(from_days, self.bands).label, bucket_of(to_days, self.bands).label
            self.rows["bucket_change"].append((account, on, from_days, to_days, *labels, why))
        for stood in days.stood:
            figures = (stood.days_past_due, stood.past_due_cents, stood.balance_cents, stood.status.value)
            self.rows["account_snapshot"].append((stood.on, account, *figures))

    def _replayed(self, lease: _Lease, paid: Sequence[int], *, waived: dict[int, int] | None = None) -> Ledger:
        life, policy = lease.life, lease.policy
        charges = tuple(Charge(ChargeKind.INSTALLMENT, n, on, cents) for n, (on, cents) in enumerate(life.lines, start=1))
        received = tuple(Received(key, on, cents) for key, (on, cents) in zip(paid, life.payments, strict=True))
        given = Ledger(charges, received)
        last_on = self.until if life.ends_on is None else min(self.until, life.ends_on - DAY)
        possible: list[AutoFee] = []
        if policy is not None and policy.partial_payments is PartialPayments.KEEP:
            possible = late_fees.missing(given, policy, first_on=life.start_on + DAY, last_on=last_on)
        if waived:
            possible = [replace(fee, waived_cents=waived.get(fee.key, 0)) for fee in possible]
        given = replace(given, late_fees=tuple(possible))
        return replay(given, today=self.until + DAY, policy=fee_policies.allocation_of(policy), ended_on=self.until)

    def _waived(self, fees: Sequence[AutoFee]) -> dict[int, dt.date]:
        """Late fees that somebody waives on the day after, before the customer pays: key → day."""
        found = {}
        for fee in fees:
            on = fee.assessed_on + DAY
            if self.rng.random() < WAIVED and on <= self.until:
                found[fee.key] = on
        return found

    def _person(self, lease: _Lease, customer: int, device: int) -> None:
        rng, opened = self.rng, clock.moment(lease.life.start_on, dt.time(9, 0))
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        email = f"customer{customer}@example.net"
        self.rows["customer"].append((customer, lease.book.id, first, last, email, lease.state, lease.zip_code, opened))
        self.rows["customer_phone"].append((customer, f"+1{lease.area}555{customer % 10_000:04d}", "mobile", True))
        imei = _luhn(f"35{device % 10**12:012d}")
        self.rows["device"].append((device, lease.book.id, rng.choice(MODELS), imei, lease.life.cost_cents))

    def _account(self, lease: _Lease, days: Days, customer: int, device: int, account: int) -> None:
        life, dealer = lease.life, lease.dealer
        office = dealer.office if dealer is not None else None
        region = office.region if office is not None else None
        total = sum(cents for _, cents in life.lines)
        anchors = default_anchors(life.frequency, life.lines[0][0])
        closed = days.changes[-1] if days.status not in (AccountStatus.ACTIVE, AccountStatus.DEFAULT) else None
        price = round(life.cost_cents * 1.9 / 1_000) * 1_000 - 100
        self.rows["account"].append(
            (
                account, lease.book.id, region and region.company_id, region and region.id, office and office.id,
                dealer and dealer.id, customer, device, f"{7_000_000 + account}", f"{7_000_000 + account}",
                life.frequency.value, life.start_on, life.lines[0][0],
                None if not anchors else "{" + ",".join(map(str, anchors)) + "}", life.payment_cents, total,
                min(price, total - 100), self.rng.choice(DOWN_CENTS), days.status.value, days.default_on, closed and closed[0],
                closed and closed[3], clock.moment(life.start_on, dt.time(9, 0)),
            )
        )  # fmt: skip

    def _money(
        self,
        life: Life,
        ledger: Ledger,
        days: Days,
        account: int,
        fees: Sequence[AutoFee],
        waivers: dict[int, dt.date],
        policy: FeePolicy | None,
    ) -> None:
        keys = dict(zip((fee.key for fee in fees), self._ids("fee", len(fees)), strict=True))
        paid_lines: dict[int, tuple[int, dt.date | None]] = {}
        paid_fees: dict[int, int] = {}
        for payment in ledger.payments:
            self._payment(payment, days, account)
            for part in payment.parts:
                is_fee = part.kind is ChargeKind.FEE
                number, fee_id = (None, keys[part.key]) if is_fee else (part.key, None)
                self.rows["allocation"].append((payment.sequence, account, number, fee_id, part.cents, payment.effective_on))
                if is_fee:
                    paid_fees[part.key] = paid_fees.get(part.key, 0) + part.cents
                else:
                    before, _ = paid_lines.get(part.key, (0, None))
                    paid_lines[part.key] = (before + part.cents, payment.effective_on)
        for number, (due_on, cents) in enumerate(life.lines, start=1):
            paid, on = paid_lines.get(number, (0, None))
            self.rows["installment"].append((account, number, due_on, cents, paid, on if paid == cents else None))
        for fee in fees:
            rule = json.dumps(fee_policies.kept(fee.rule))
            created = clock.moment(fee.assessed_on, dt.time(23, 30))
            waived = fee.cents if fee.key in waivers else 0
            self.rows["fee"].append(
                (
                    keys[fee.key], account, fee.number, "late", fee.assessed_on, fee.cents, paid_fees.get(fee.key, 0),
                    waived, policy and policy.id, rule, fee.reason[:200], created,
                )
            )  # fmt: skip
            if waived:
                on, by = waivers[fee.key], self.rng.choice(self.takers)
                reason, at = self.rng.choice(WAIVER_REASONS), clock.moment(waivers[fee.key], dt.time(8, 30))
                self.rows["adjustment"].append((account, "waiver", -waived, -waived, on, reason, keys[fee.key], at, by.staff_id))

    def _payment(self, payment: Received, days: Days, account: int) -> None:
        rng, on = self.rng, payment.effective_on
        method = rng.choices([method for method, _ in METHODS], [weight for _, weight in METHODS])[0]
        at = clock.moment(on, dt.time(9, 0)) + rng.randrange(9 * 60) * dt.timedelta(minutes=1)
        by = rng.choice(self.takers).staff_id
        reference = None if method is PaymentMethod.CASH else f"{method.value[:2].upper()}{rng.randrange(10**7):07d}"
        told = days.before.get(on, (AccountStatus.ACTIVE.label, 0, 0))

        def row(key: int, kind: PaymentKind, state: PaymentState, at: dt.datetime, note: str | None, of: int | None) -> None:
            words = (kind.value, method.value, state.value)
            self.rows["payment"].append(
                (key, account, *words, payment.amount_cents, at, on, at, on, None if of else reference, note, by, of, *told)
            )

        if rng.random() < TAKEN_BACK:
            slip, back = self._ids("payment", 2)
            row(slip, PaymentKind.PAYMENT, PaymentState.REVERSED, at, None, None)
            later = at + dt.timedelta(minutes=3)
            row(back, PaymentKind.REVERSAL, PaymentState.COMPLETE, later, "Entered twice", slip)
            at = later + dt.timedelta(minutes=1)
        row(payment.sequence, PaymentKind.PAYMENT, PaymentState.COMPLETE, at, None, None)

    def _ids(self, table: str, count: int) -> list[int]:
        """So many new ids of a table."""
        if not count:
            return []
        query = text("select nextval(pg_get_serial_sequence(:table, 'id')) from generate_series(1, :count)")
        return sorted(self.session.scalars(query, {"table": table, "count": count}))


def _luhn(digits: str) -> str:
    """Fourteen digits with the check digit of an IMEI behind them.

    >>> _luhn("35641520749048")
    '356415207490483'
    """
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(digits)]
    total = sum(sum(divmod(number, 10)) for number in doubled)
    return f"{digits}{-total % 10}"


def _copy(session: Session, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    # The driver's own connection inside this very transaction; COPY has no face in SQLAlchemy.
    driver: Any = session.connection().connection.driver_connection
    statement = f"copy {table} ({', '.join(columns)}) from stdin"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
