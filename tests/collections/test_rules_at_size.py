"""Statuses, handing out, weights and signals: the night's SQL and the pure rules agree on a large random book."""

from __future__ import annotations

import datetime as dt
import os
import random
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text, update
from sqlalchemy.orm import Session

from app.domain.collections import signals as rules
from app.domain.collections.assigning import Candidate, Lessee, fits, share_out, short_name
from app.domain.collections.signals import DEFAULT_BANDS, DEFAULT_POINTS, Line, SignalKind, behaviour
from app.domain.collections.statuses import AUTOMATIC, automatic
from app.domain.collections.statuses import Facts as StatusFacts
from app.domain.collections.weights import Weighed, weight
from app.domain.collections.worklist import is_worked
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.months import month_end
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus
from app.domain.staff.roles import Role
from app.models import CollectionStatus, CollectorProfile, PortfolioCollectionSettings
from app.queries.collections import collectors
from app.queries.collections.behaviour import HARD_CODE_DAYS
from app.queries.collections.weights import InUse
from app.services.collections.day import aging, assignment, signals, statuses, worklist
from app.services.servicing import standing
from tests import factories
from tests.collections import large_book
from tests.collections.large_book import Facts, LargeBook
from tests.collections.test_weights import FULL, store
from tests.factories import NOW, TODAY

ACCOUNTS = int(os.environ.get("LEASEDESK_TEST_SEQUENCES", "2000")) * 10
"""Twenty thousand, and a tenth of that in a second round on other servers."""
WHEN: dict[str, Any] = {"on": TODAY, "now": NOW}
SUPERVISORS = "30"


def accounts(session: Session) -> dict[int, Row[Any]]:
    """Every account as it stands, with the code of its collection status and its customer's name."""
    query = """
        select a.*, coalesce(s.code, '00') as code, c.last_name, c.first_name from account a
        join customer c on c.id = a.customer_id
        left join account_collection_status x on x.account_id = a.id left join collection_status s on s.id = x.status_id
    """
    return {row.id: row for row in session.execute(text(query))}


def status_of(row: Row[Any], known: Facts) -> str:
    """The code that the rule puts an account into."""
    if row.status not in OPEN_STATUSES or row.code == SUPERVISORS:
        return str(row.code)
    first = known.lines[0]
    # The statement looks at what is late or had something happen to it.
    found = automatic(
        StatusFacts(
            row.code,
            is_late=row.past_due_cents > 0,
            payment_returned=known.is_returned,
            promise_broken=TODAY in known.broken_on,
            became_late=known.became_late and (row.past_due_cents > 0 or known.is_returned or TODAY in known.broken_on),
            first_payment_open=first.paid_cents < first.amount_cents,
            was_late_before=known.was_late or any(line.paid_on and line.paid_on > line.due_on for line in known.lines),
            contacted_lately=any((TODAY - day).days < 7 for day in known.called_on),
        )
    )
    return found or str(row.code)


def weight_of(row: Row[Any], known: Facts, used: InUse) -> int | None:
    """The points that the rule gives an account; None for one that stands in no list."""
    if not is_worked(AccountStatus(row.status), row.past_due_cents):
        return None
    late = [max(0, (line.paid_on - line.due_on).days) for line in known.lines if line.paid_on is not None]
    seen = Weighed(
        past_due_cents=row.past_due_cents,
        days_past_due=row.days_past_due,
        balance_cents=row.balance_cents,
        next_due_on=row.next_due_on,
        average_days_late=sum(late) // len(late) if late else None,
        account_age_days=(TODAY - row.start_on).days,
        status_code=row.code,
        status_points=used.status_points.get(row.code, 0),
    )
    return weight(used.table, seen)


def is_payday(on: dt.date) -> bool:
    """A Friday, the first, the fifteenth or the last of a month."""
    return on.isoweekday() == 5 or on.day in (1, 15) or (on + dt.timedelta(days=1)).day == 1


def signals_of(row: Row[Any], known: Facts, siblings: list[Row[Any]], on: dt.date) -> tuple[Any, ...]:
    """Figures, signals, score and risk of an account by the rules; `siblings` are all accounts of its customer."""
    lines = [Line(line.due_on, line.paid_cents >= line.amount_cents, line.paid_on) for line in known.lines]
    seen = behaviour(lines, Frequency(row.frequency), today=on)
    last = known.payments[: rules.RECENT_PAYMENTS]
    lately = [one for one in known.declines if one.effective_on > on - dt.timedelta(days=rules.DECLINE_DAYS)]
    refused = [one for one in known.declines if one.effective_on > on - dt.timedelta(days=HARD_CODE_DAYS)]
    ends = [month_end(dt.date(card.expires_year, card.expires_month, 1)) for card in known.cards]
    before = [one for one in siblings if one.id != row.id and one.status == "active" and one.start_on <= row.start_on]
    shown = {
        SignalKind.FIRST_PAYMENT_DEFAULT: seen.first_payment_default_on is not None,
        SignalKind.BROKEN_PROMISE: any(day > on - dt.timedelta(days=rules.BROKEN_PROMISE_DAYS) for day in known.broken_on),
        SignalKind.DECLINES: len(lately) >= rules.DECLINES_NEEDED,
        SignalKind.HARD_DECLINE: any(one.decline_code in rules.HARD_CODES for one in refused),
        SignalKind.CARD_EXPIRING: any(end < on + dt.timedelta(days=rules.EXPIRING_DAYS) for end in ends)
        or any(card.issuer_alert for card in known.cards),
        SignalKind.SHARED_CARD: known.has_shared_card,
        SignalKind.NO_AUTOPAY: not known.has_autopay,
        SignalKind.DEVICE: known.verdict in rules.OUT_OF_REACH,
        SignalKind.PHONE_DEAD: all(known.phones),
        SignalKind.PARTIAL_PAYER: sum(one.amount_cents < row.payment_cents for one in last) >= rules.PARTIAL_NEEDED,
        SignalKind.PAYDAY_PAYER: sum(is_payday(one.effective_on) for one in last) >= rules.PAYDAY_NEEDED,
        SignalKind.ON_TIME_RUN: seen.on_time_run >= rules.ON_TIME_NEEDED,
        SignalKind.PAID_EARLY: seen.early_run >= rules.EARLY_NEEDED,
        SignalKind.SECOND_LEASE: bool(before),
    }
    assert set(shown) == set(SignalKind), "a new kind of signal is compared as well"
    kinds = {kind for kind, is_shown in shown.items() if is_shown}
    score = rules.score(kinds, DEFAULT_POINTS)
    owed = [(Frequency(one.frequency), one.payment_cents) for one in siblings if one.status in OPEN_STATUSES]
    income = rules.payment_to_income(owed, known.income_cents)
    level = rules.risk(score, DEFAULT_BANDS)
    return seen.judged, seen.on_time, seen.on_time_rate, seen.days_late, income, score, level, frozenset(kinds)


def kept_signals(session: Session, on: dt.date) -> dict[int, tuple[Any, ...]]:
    """The same as the night has kept them; days late up to `on`, which it need not have been written for."""
    kinds: dict[int, set[SignalKind]] = {}
    for row in session.execute(text("select account_id, kind from account_signal")):
        kinds.setdefault(row.account_id, set()).add(SignalKind(row.kind))
    days = "late_base + open_lines * (cast(:on as date) - date '2000-01-01')"
    kept = session.execute(text(f"select *, {days} as late_days from account_behavior"), {"on": on})
    return {
        row.account_id: (
            row.judged,
            row.on_time,
            row.on_time_rate,
            (Decimal(row.late_days) / row.due_lines).quantize(Decimal("0.01"), "ROUND_HALF_UP") if row.due_lines else None,
            row.pti_rate,
            row.score,
            row.risk,
            frozenset(kinds.get(row.account_id, set())),
        )
        for row in kept
    }


def crew(session: Session) -> None:
    """Twelve collectors with random criteria, and a supervisor of one of the two portfolios."""
    chance = random.Random(12)
    books = [row.id for row in session.execute(text("select id from portfolio order by id"))]
    for _ in range(12):
        low = chance.choice([0, 0, 5_000])
        profile = CollectorProfile(
            staff_id=factories.staff(session).id,
            name_letters="".join(letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if chance.random() < 0.5),
            status_letters="".join(letter for letter in "EFOTZ" if chance.random() < 0.8),
            minimum_cents=low,
            maximum_cents=chance.choice([None, 20_000]),
            portfolio_ids=chance.choice([[], [books[0]]]),
        )
        session.add(profile)
    boss = factories.staff(session, Role.SUPERVISOR)
    session.add(PortfolioCollectionSettings(portfolio_id=books[1], supervisor_id=boss.id))
    session.flush()


def by_criteria(session: Session, rows: dict[int, Row[Any]]) -> dict[int, int | None]:
    """Whose book each account is in after the rules have handed out what is late, one after another."""
    criteria, bosses = collectors.criteria(session), collectors.supervisors(session)
    late = []
    for row in rows.values():
        if row.past_due_cents > 0 and row.status in OPEN_STATUSES:
            lessee = Lessee(short_name(row.last_name, row.first_name), row.code, row.past_due_cents, row.portfolio_id)
            takers = tuple(one.staff_id for one in criteria if fits(one, lessee))
            late.append(Candidate(row.id, None, takers, bosses.get(row.portfolio_id)))
    moves = share_out(sorted(late, key=lambda each: each.account_id), {})
    return dict.fromkeys(rows) | {move.account_id: move.to_id for move in moves}


def test_statuses_books_and_weights_of_a_large_book_are_those_of_the_rules(session: Session) -> None:
    book = large_book.made(session, ACCOUNTS)
    used = store(session, FULL, _00=11, _80=70, _85=9)
    session.execute(update(CollectionStatus).where(CollectionStatus.code == SUPERVISORS).values(is_supervisor_type=True))
    standing.restate(session, range(book.first, book.last + 1), today=TODAY)
    crew(session)
    before = accounts(session)
    statuses.give(session, **book.span, **WHEN)
    expected = {key: status_of(row, book.facts[key]) for key, row in before.items()}
    found = accounts(session)
    assert {key: row.code for key, row in found.items()} == expected
    assert set(expected.values()) >= {*AUTOMATIC, SUPERVISORS, "84"}

    books = by_criteria(session, found)
    assignment.hand_out(session, **book.span, **WHEN)
    found = accounts(session)
    assert {key: row.assigned_to_id for key, row in found.items()} == books
    assert None in books.values() and len(set(books.values())) > 5, "several got something, and some accounts nobody"

    worklist.weigh(session, **book.span, **WHEN)
    found = accounts(session)
    weights = {key: weight_of(row, book.facts[key], used) for key, row in found.items()}
    assert {key: row.worklist_weight for key, row in found.items()} == weights
    assert len(set(weights.values())) > ACCOUNTS // 50
    assert aging.age(session, **book.span, **WHEN) == 0, "aging weighs them alike"


def test_signals_of_a_large_book_are_those_of_the_rules_and_stay_so_in_the_nights_after(session: Session) -> None:
    book: LargeBook = large_book.made(session, ACCOUNTS)
    every = accounts(session)
    rows = {key: row for key, row in every.items() if row.status in OPEN_STATUSES}
    families: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in every.values():
        families[row.customer_id].append(row)
    for on in (TODAY, TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=2)):
        changed = signals.observe(session, **book.span, on=on, now=NOW)
        expected = {key: signals_of(row, book.facts[key], families[row.customer_id], on) for key, row in rows.items()}
        found = kept_signals(session, on)
        wrong = {key for key in expected if found[key] != expected[key]}
        assert wrong == set(), [(found[key], expected[key]) for key in list(wrong)[:3]]
    assert changed < len(rows), "the later nights look at what something happened to"
    levels = {each[-2] for each in expected.values()}
    assert levels == set(rules.Risk)
    often = Counter(kind for each in expected.values() for kind in each[-1])
    assert {kind for kind in SignalKind if not ACCOUNTS // 400 < often[kind] < len(rows)} == set(), often
