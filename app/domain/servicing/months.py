"""Arithmetic on calendar months and on months that all have 30 days."""

from calendar import monthrange
from datetime import date
from functools import cache


def month_number(day: date) -> int:
    """Months since year 0, so that months can be added like numbers.

    >>> month_number(date(2026, 1, 31)) + 1 == month_number(date(2026, 2, 1))
    True
    """
    return day.year * 12 + day.month - 1


@cache  # A few hundred months and 31 days, asked for by every line of every schedule.
def day_in_month(month: int, day: int) -> date:
    """A day of a month given by its number, clamped to the month's end.

    >>> day_in_month(month_number(date(2028, 2, 1)), 31)
    datetime.date(2028, 2, 29)
    """
    year, month_index = divmod(month, 12)
    return date(year, month_index + 1, min(day, monthrange(year, month_index + 1)[1]))


def month_end(day: date) -> date:
    """The last day of a date's month.

    >>> month_end(date(2026, 11, 20))
    datetime.date(2026, 11, 30)
    """
    return day_in_month(month_number(day), 31)


def days_30_360(start: date, end: date) -> int:
    """Days from one date to a later one when each month has 30: 360ΔY + 30ΔM + min(D2, 30) - min(D1, 30).

    >>> days_30_360(date(2026, 2, 28), date(2026, 3, 1)), days_30_360(date(2026, 1, 15), date(2026, 3, 15))
    (3, 60)
    """
    return 30 * (month_number(end) - month_number(start)) + min(end.day, 30) - min(start.day, 30)
