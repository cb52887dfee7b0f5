"""The due dates of `app.domain.servicing.schedule` as SQL, for schedules that are written by the million.

Each function gives the text of an expression; its arguments are the texts of other expressions (column names mostly), never
values of people. A test compares the dates with the rule's over random contracts.
"""

from __future__ import annotations


def day_in_month(month: str, day: str) -> str:
    """A day of a month given by its number (12 x year + month - 1), clamped to the month's end."""
    return (
        f"least(make_date(({month}) / 12, ({month}) % 12 + 1, 1) + ({day}) - 1,"
        f" make_date((({month}) + 1) / 12, (({month}) + 1) % 12 + 1, 1) - 1)"
    )


def month_number(day: str) -> str:
    """Months since year 0."""
    return f"(extract(year from {day})::int * 12 + extract(month from {day})::int - 1)"


def anchor(frequency: str, day: str, which: int) -> str:
    """The first or second anchor day that a date speaks for; null where the frequency has none."""
    is_month_end = f"extract(day from {day} + 1) = 1"
    half_month = f"case when {is_month_end} then 15 else 1 end" if which == 1 else f"case when {is_month_end} then 31 else 15 end"
    month = f"when 'monthly' then extract(day from {day})::int " if which == 1 else ""
    return f"case {frequency} {month}when 'semimonthly' then {half_month} end"


def is_on_anchor(frequency: str, day: str, first: str, second: str) -> str:
    """Whether a date is one of the due days that the anchors give, so that the contract's rhythm goes on through it."""
    month = month_number(day)
    on_first, on_second = (f"{day} = {day_in_month(month, each)}" for each in (first, second))
    return f"case {frequency} when 'monthly' then {on_first} when 'semimonthly' then {on_first} or {on_second} else true end"


def half_months_until(day: str, first: str, second: str) -> str:
    """Position of the last anchor date that is not after a day, two positions to a month."""
    month = month_number(day)
    return (
        f"2 * {month} + case when {day} >= {day_in_month(month, second)} then 1"
        f" when {day} >= {day_in_month(month, first)} then 0 else -1 end"
    )


def start_position(frequency: str, day: str, first: str, second: str) -> str:
    """Where counting starts from a date: its month for months, its half month for half months, null for weeks."""
    return (
        f"case {frequency} when 'monthly' then {month_number(day)}"
        f" when 'semimonthly' then {half_months_until(day, first, second)} end"
    )


def due_on(frequency: str, from_on: str, k: str, position: str, first: str, second: str) -> str:
    """The due date k periods after `from_on`; k = 0 is that date itself. `position` is its `start_position`."""
    later = f"({position}) + ({k})"
    return (
        f"case {frequency} when 'weekly' then {from_on} + 7 * ({k}) when 'biweekly' then {from_on} + 14 * ({k})"
        f" else case when ({k}) = 0 then {from_on}"
        f" when {frequency} = 'monthly' then {day_in_month(later, first)}"
        f" else {day_in_month(f'({later}) / 2', f'case when ({later}) % 2 = 0 then {first} else {second} end')} end end"
    )
