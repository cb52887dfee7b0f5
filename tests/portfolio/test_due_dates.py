"""The SQL of due dates says what the rule says, for random contracts of all four frequencies."""

from __future__ import annotations

import datetime as dt
from random import Random

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.servicing.frequency import Frequency
from app.domain.servicing.schedule import default_anchors, due_on
from app.queries.servicing import due_dates

FIRST = dt.date(2019, 1, 1)
SPAN = 3_000


def test_due_dates_in_sql_are_those_of_the_rule_for_10_000_random_contracts(session: Session) -> None:
    rng = Random(3)
    month_ends = [dt.date(2024, 2, 29), dt.date(2025, 2, 28), dt.date(2026, 1, 31), dt.date(2026, 4, 30), dt.date(2026, 12, 31)]
    cases = []
    for number in range(10_000):
        from_on = month_ends[number % 5] if number % 7 == 0 else FIRST + dt.timedelta(days=rng.randrange(SPAN))
        cases.append((rng.choice(list(Frequency)), from_on, rng.randrange(0, 120)))
    expression = due_dates.due_on(
        "frequency",
        "from_on",
        "k",
        "position",
        "first",
        "second",
    )
    query = text(
        f"""
        with given as (
            select * from unnest(cast(:frequencies as text[]), cast(:days as date[]), cast(:ks as int[]))
                with ordinality as t(frequency, from_on, k, place)
        ), anchored as (
            select given.*, {due_dates.anchor("frequency", "from_on", 1)} as first,
                {due_dates.anchor("frequency", "from_on", 2)} as second
            from given
        ), placed as (
            select anchored.*, {due_dates.start_position("frequency", "from_on", "first", "second")} as position from anchored
        )
        select {expression} as due_on, first, second from placed order by place
        """
    )
    found = session.execute(
        query,
        {
            "frequencies": [frequency.value for frequency, _, _ in cases],
            "days": [on for _, on, _ in cases],
            "ks": [k for _, _, k in cases],
        },
    ).all()
    for (frequency, from_on, k), row in zip(cases, found, strict=True):
        anchors = tuple(each for each in (row.first, row.second) if each is not None)
        assert anchors == default_anchors(frequency, from_on), (frequency, from_on)
        assert row.due_on == due_on(frequency, from_on, k), (frequency, from_on, k)


def test_a_date_keeps_a_contracts_rhythm_when_it_is_one_of_its_due_days(session: Session) -> None:
    cases = [
        ("monthly", "2026-02-28", 31, None, True),  # The 31st, clamped to the end of a short month.
        ("monthly", "2026-03-30", 31, None, False),
        ("semimonthly", "2026-02-28", 15, 31, True),
        ("semimonthly", "2026-02-15", 15, 31, True),
        ("semimonthly", "2026-02-01", 15, 31, False),
        ("weekly", "2026-02-03", None, None, True),
    ]
    for frequency, on, first, second, expected in cases:
        query = text(
            f"select {due_dates.is_on_anchor('f', 'd', 'a', 'b')} from (select cast(:f as text) as f, "
            "cast(:d as date) as d, cast(:a as int) as a, cast(:b as int) as b) given"
        )
        given = {"f": frequency, "d": on, "a": first, "b": second}
        assert session.scalar(query, given) is expected, given
