"""Every cell of Reports, cohorts, Dashboard, Delinquency, Payments and Waivers against plain tables, for a book that has lived.

The raw tables are dumped as they are and each figure is worked out from its definition (domain.md part 13, the tooltips of the
pages) with pandas: nothing of the program's queries, rules or kept figures is used.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.reporting.cohorts import Cohort
from app.queries.collections.buckets import buckets
from app.queries.collections.narrowing import Span
from app.queries.reporting import cohorts as cohort_queries
from app.queries.reporting import corrections, due, portfolio
from app.queries.reporting.receipts import receipts
from app.queries.scope import EVERYTHING
from app.reports import corrections as corrections_report
from app.reports import delinquency
from app.reports import portfolio as portfolio_report
from app.reports import receipts as cash_report
from app.reports.sheet import Sheet
from tests.factories import TODAY
from tests.reporting.simulated import UNTIL, lived

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)
NEW_YORK = "America/New_York"
OPEN, AGED = {"active", "default", "recovery"}, {"active", "default", "recovery", "pending_review"}
BANDS = {"Current": (0, 0), "1-30": (1, 30), "31-60": (31, 60), "61-90": (61, 90), "90+": (91, 9_999)}
Row = tuple[Any, ...]
Frame = Any
"""A pandas DataFrame; its columns are of all kinds."""


class Dump:
    """The raw tables, and how accounts stood at the end of a day by nothing but lines, fees and what covers them."""

    def __init__(self, session: Session) -> None:
        def table(name: str) -> Frame:
            result = session.execute(text(f"select * from {name}"))
            return pd.DataFrame(result.all(), columns=list(result.keys())).astype(object)

        self.accounts = table("account").set_index("id")
        self.lines, self.fees, self.parts = table("installment"), table("fee"), table("allocation")
        self.payments, self.changes, self.adjustments = table("payment"), table("status_change"), table("adjustment")
        self.costs = table("device").set_index("id").cost_cents
        self.names = {name: table(name).set_index("id").name.to_dict() for name in ("dealer", "office", "staff")}

    def status_on(self, day: dt.date) -> dict[int, str]:
        """Status of each account at the end of a day; accounts that had not begun are left out."""
        known = self.changes[self.changes.business_on <= day].sort_values(["business_on", "id"])
        return {int(key): str(value) for key, value in known.groupby("account_id").to_status.last().items()}

    def stood(self, day: dt.date, *, tells: bool = True) -> Frame:
        """Account → days past due, past due and balance at the end of a day, counting what was effective by then."""
        covered = self.parts[self.parts.effective_on <= day]
        of_line = covered.dropna(subset=["installment_number"]).groupby(["account_id", "installment_number"]).amount_cents.sum()
        of_fee = covered.dropna(subset=["fee_id"]).groupby("fee_id").amount_cents.sum()
        waived = self.adjustments[(self.adjustments.kind == "waiver") & (self.adjustments.effective_on <= day)]
        off = -waived.groupby("fee_id").amount_cents.sum()
        fees: dict[tuple[int, int], int] = {}
        for fee in self.fees[self.fees.assessed_on <= day].itertuples():
            cents = fee.amount_cents - of_fee.get(fee.id, 0) - off.get(fee.id, 0)
            fees[fee.account_id, fee.installment_number] = fees.get((fee.account_id, fee.installment_number), 0) + cents
        rows: dict[int, list[int]] = {key: [0, 0, 0] for key in self.accounts.index}
        for line in self.lines.itertuples():
            fee_cents = fees.get((line.account_id, line.number), 0)
            cents = line.amount_cents - of_line.get((line.account_id, line.number), 0) + fee_cents
            row = rows[line.account_id]
            row[2] += cents
            if cents > 0 and line.due_on < day:
                row[0] = max(row[0], (day - line.due_on).days)
                row[1] += cents
        return pd.DataFrame.from_dict(rows, orient="index", columns=["days", "late_cents", "open_cents"])

    def frame(self, day: dt.date) -> Frame:
        """A row for each account that had begun, as it stood at the end of a day."""
        status = self.status_on(day)
        frame = self.accounts.loc[sorted(status)].join(self.stood(day))
        frame["status"] = pd.Series(status)
        came = self.payments[self.payments.state.isin(["complete", "reversed"]) & (self.payments.effective_on <= day)]
        signed = came.amount_cents.where(came.kind == "payment", -came.amount_cents)
        frame["paid"] = signed.groupby(came.account_id).sum().reindex(frame.index).fillna(0)
        frame["owed"] = frame.open_cents.where(frame.status.isin(AGED), 0)
        frame["late"] = frame.late_cents.where(frame.status.isin(OPEN), 0)
        frame["cost"] = frame.device_id.map(self.costs)
        frame["is_late"] = (frame.status == "active") & (frame.days > 0)
        firsts = {line.account_id: line for line in self.lines[self.lines.number == 1].itertuples()}

        def paid_by(account_id: int, until: dt.date) -> bool:
            line = firsts[account_id]
            return bool(line.paid_cents == line.amount_cents and line.paid_on <= until)

        grace = [(3 if row.frequency == "weekly" else 7) * DAY for row in frame.itertuples()]
        last = [on + days for on, days in zip(frame.first_due_on, grace, strict=True)]
        frame["first_due"] = [on <= day for on in frame.first_due_on]
        frame["first_made"] = [on <= day and paid_by(key, day) for key, on in frame.first_due_on.items()]
        frame["matured"] = [on < TODAY for on in last]
        frame["missed"] = [on < TODAY and not paid_by(key, on) for key, on in zip(frame.index, last, strict=True)]
        return frame


def half_up(cents: float, number: int) -> int | None:
    return None if not number else int(cents / number + 0.5) if cents >= 0 else -int(-cents / number + 0.5)


def part(some: float, whole: float) -> Any:
    return pytest.approx(some / whole) if whole else None


def cells(sheet: Sheet) -> dict[str, Row]:
    """Rows by the value that they are grouped by, the sums as ""."""
    parts = 2 if sheet.name == "bank" else 1
    return {" ".join(line.key[:parts]): line.values for line in sheet.lines} | {"": sheet.totals}


def performs(frame: Frame) -> Row:
    active, late, lost = (frame.status == "active").sum(), frame.is_late.sum(), (frame.status == "default").sum()
    due_by, made, paid_off = frame.first_due.sum(), frame.first_made.sum(), (frame.status == "paid_off").sum()
    return len(frame), active, late, part(late, active), lost, part(lost, len(frame)), paid_off, due_by, made, part(made, due_by)


def check_reports(session: Session, dump: Dump, day: dt.date, as_of: dt.date | None) -> None:
    frame = dump.frame(day)
    heaps = portfolio.heaps(session, EVERYTHING, today=TODAY, as_of=as_of)
    found = {sheet.name: cells(sheet) for sheet in portfolio_report.sheets(heaps, buckets(session, "report"))}
    standing = frame.status.mask(frame.is_late, "past_due")
    groups = dict(list(frame.groupby(standing)))
    assert {name: row[1:] for name, row in found["status"].items()} == {
        name: (len(group), part(len(group), len(frame)), group.owed.sum()) for name, group in (groups | {"": frame}).items()
    }
    by_frequency = dict(list(frame.groupby("frequency"))) | {"": frame}
    assert {name: row[1:] for name, row in found["profit"].items()} == {
        name: (
            len(group), half_up(group.payment_cents.sum(), len(group)), half_up(group.down_payment_cents.sum(), len(group)),
            half_up((group.paid + group.owed - group.cost).sum(), len(group)),
        )
        for name, group in by_frequency.items()
    }  # fmt: skip
    assert {name: row[1:] for name, row in found["performance"].items()} == {
        name: performs(group) for name, group in by_frequency.items()
    }
    assert {name: row[2:] for name, row in found["bank"].items()} == {
        (f"none {name}" if name else ""): performs(group) for name, group in by_frequency.items()
    }
    aged = frame[frame.status.isin(OPEN)]
    expected = {str(n): (len(g), g.late.sum()) for n, g in enumerate(aged[aged.days.between(*band)] for band in BANDS.values())}
    assert {name: row[1:] for name, row in found["aging"].items()} == expected | {"": (len(aged), aged.late.sum())}


@cache
def months_between(start: dt.date, on: dt.date) -> int:
    """In which month on book a day lies: the first ends with the day that completes it."""
    month = 1
    while (pd.Timestamp(start) + pd.DateOffset(months=month)).date() < on:
        month += 1
    return month


def check_cohorts(session: Session, dump: Dump) -> None:
    frame = dump.frame(TODAY)
    frame["month"] = frame.start_on.map(lambda on: on.replace(day=1))
    found: list[Cohort] = cohort_queries.cohorts(session, EVERYTHING, today=TODAY)
    assert [each.month_on for each in found] == sorted(frame.month.unique())
    came = dump.payments[dump.payments.state.isin(["complete", "reversed"])]
    for each in found:
        group = frame[frame.month == each.month_on]
        defaults = [months_between(row.start_on, row.default_on) for row in group.itertuples() if row.default_on is not None]
        cash: dict[int, int] = {}
        for row in came[came.account_id.isin(group.index)].itertuples():
            month = months_between(group.start_on[row.account_id], row.effective_on)
            cash[month] = cash.get(month, 0) + (row.amount_cents if row.kind == "payment" else -row.amount_cents)
        counted = (
            each.count, each.active, each.past_due, each.paid_off, each.defaulted, each.last_start_on, each.first_due,
            each.first_missed, each.cost_cents,
        )  # fmt: skip
        assert counted == (
            len(group), (group.status == "active").sum(), group.is_late.sum(), (group.status == "paid_off").sum(), len(defaults),
            group.start_on.max(), group.matured.sum(), group.missed.sum(), group.cost.sum(),
        )  # fmt: skip
        assert dict(each.defaults) == {month: defaults.count(month) for month in set(defaults)}
        assert dict(each.cash_cents) == cash
    last, first = UNTIL, UNTIL - 30 * DAY
    assert cohort_queries.roll_days(session, EVERYTHING, today=TODAY) == (first, last)
    rolls = cohort_queries.rolls(session, EVERYTHING, today=TODAY, first=first, last=last)
    before, after = dump.frame(first), dump.frame(last)
    before = before[before.status.isin(OPEN)]
    for roll, band in zip(rolls, BANDS.values(), strict=True):
        group = after.loc[before[before.days.between(*band)].index]
        stayed = group[group.status.isin(OPEN)]
        assert roll.to == tuple(stayed.days.between(*other).sum() for other in BANDS.values())
        paid_off = (group.status == "paid_off").sum()
        assert (roll.accounts, roll.paid_off, roll.left) == (len(group), paid_off, len(group) - len(stayed) - paid_off)


def open_lines(dump: Dump, span: Span) -> Frame:
    """Lines due in a span on accounts that were open when that day began."""
    lines = dump.lines[(dump.lines.due_on >= span.from_on) & (dump.lines.due_on <= span.to_on)].copy()
    changes = dump.changes.sort_values(["business_on", "id"])
    now = dump.status_on(TODAY)

    def status(line: Any) -> str | None:
        later = changes[(changes.account_id == line.account_id) & (changes.business_on >= line.due_on)]
        return now[line.account_id] if later.empty else later.iloc[0].from_status

    lines["status"] = [status(line) for line in lines.itertuples()]
    return lines[lines.status.isin(OPEN)]


def check_dashboard(session: Session, dump: Dump) -> None:
    span = Span(TODAY - 56 * DAY, TODAY + 28 * DAY)
    found = due.by_day(session, EVERYTHING, from_on=span.from_on, to_on=span.to_on)
    for on, group in open_lines(dump, span).groupby("due_on"):
        counted = found.pop(on)
        assert (counted.due, counted.collected, counted.amount_cents, counted.collected_cents) == (
            len(group), (group.paid_cents == group.amount_cents).sum(), group.amount_cents.sum(), group.paid_cents.sum(),
        )  # fmt: skip
    assert found == {}


def check_delinquency(session: Session, dump: Dump) -> None:
    span = Span(TODAY - 20 * DAY, TODAY - 7 * DAY)
    frame, lines = dump.frame(TODAY), open_lines(dump, span)
    by_account = lines.groupby("account_id")
    frame["rent"] = by_account.amount_cents.sum().reindex(frame.index)
    frame["rent_paid"] = by_account.paid_cents.sum().reindex(frame.index)
    is_full = (frame.rent == frame.rent_paid) | frame.status.isin(["paid_off", "returned"])
    frame["accounted"] = frame.rent.notna() & is_full
    firsts = (frame.first_due_on >= span.from_on) & (frame.first_due_on <= span.to_on) & frame.matured

    def expected(group: Frame) -> Row:
        active = group[group.status == "active"]
        on_rent, late, number, accounted = len(active), active.is_late.sum(), group.rent.notna().sum(), group.accounted.sum()
        rent, paid = group.rent.sum(), group.rent_paid.sum()
        first, missed = firsts[group.index].sum(), (firsts & frame.missed)[group.index].sum()
        return (
            on_rent, late, part(late, on_rent), active.late.sum(), number, accounted, part(accounted, number), rent, paid,
            part(paid, rent), first, missed, part(missed, first),
        )  # fmt: skip

    found = delinquency.sheets(delinquency.delinquency(session, EVERYTHING, span, today=TODAY))
    sheets = {sheet.name: cells(sheet) for sheet in found}
    seen = frame[(frame.status == "active") | frame.rent.notna() | firsts]
    for name, column in (("frequency", "frequency"), ("office", "office_id"), ("dealer", "dealer_id")):
        keys = seen[column].map(lambda value: "none" if pd.isna(value) else value if isinstance(value, str) else str(int(value)))
        wanted = {key: expected(group) for key, group in seen.groupby(keys)} | {"": expected(seen)}
        assert {key: row[1:] for key, row in sheets[name].items() if any(row[1:])} == {
            key: row for key, row in wanted.items() if any(row)
        }
    assert sheets["collector"][""] == sheets["frequency"][""]
    names = dump.names["dealer"]
    assert all(row[0] == names[int(key)] for key, row in sheets["dealer"].items() if key.isdigit())


def check_money(session: Session, dump: Dump) -> None:
    span = Span(TODAY - 60 * DAY, UNTIL)
    paid = dump.payments.copy()
    paid["on"] = paid.received_at.map(lambda at: pd.Timestamp(at).tz_convert(NEW_YORK).date())
    paid = paid[(paid.on >= span.from_on) & (paid.on <= span.to_on)]
    came, back = paid[paid.kind == "payment"], paid[paid.kind == "reversal"]

    def flow(method: str | None) -> Row:
        some, gone = (each if method is None else each[each.method == method] for each in (came, back))
        cents, back_cents = some.amount_cents.sum(), gone.amount_cents.sum()
        return len(some), cents, len(gone), back_cents, cents - back_cents, half_up(cents, len(some))

    by_method, by_day, by_person = cash_report.sheets(receipts(session, EVERYTHING, span, today=TODAY), span)
    methods = [line.key[0] for line in by_method.lines]
    assert set(methods) == set(paid.method)
    assert {key: row[1:] for key, row in cells(by_method).items()} == {key: flow(key) for key in methods} | {"": flow(None)}
    days = came.groupby("on").amount_cents.sum().to_dict()
    assert {line.values[0]: line.values[5] for line in by_day.lines} == days
    cash = came[came.method == "cash"].groupby("taken_by_id").amount_cents.sum()
    assert {int(line.key[0]): line.values[2] for line in by_person.lines} == {
        int(key): cash.get(key, 0) for key in paid.taken_by_id.unique()
    }
    waivers = dump.adjustments[(dump.adjustments.kind == "waiver") & (dump.adjustments.effective_on >= span.from_on)]
    kinds = {line.key[0]: line.values[1:3] for line in corrections_report.sheets(
        corrections.corrected(session, EVERYTHING, span, today=TODAY), span
    )[0].lines}  # fmt: skip
    expected = {"waiver": (len(waivers), -waivers.amount_cents.sum()), "reversal": (len(back), back.amount_cents.sum())}
    assert kinds == {kind: row for kind, row in expected.items() if row[0]}


def test_every_cell_is_what_its_definition_gives_over_the_raw_tables(session: Session) -> None:
    lived(session, accounts=240)
    dump = Dump(session)
    check_reports(session, dump, TODAY, None)
    check_reports(session, dump, TODAY - 100 * DAY, TODAY - 100 * DAY)
    check_cohorts(session, dump)
    check_dashboard(session, dump)
    check_delinquency(session, dump)
    check_money(session, dump)
