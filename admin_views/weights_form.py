"""What the Weighting Table's page sends, read into a table; and a table as the page's fields hold it."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.collections.weights import AGE_BANDS, BALANCE_BANDS, MOST_STEPS, Table
from app.domain.errors import RuleViolation
from app.domain.money import cents_from_text, dollars

FEWEST_LINES, SPARE_LINES = 4, 2
"""Lines of each list that the page offers at least, and empty ones below those that are filled."""
LISTS = ("due_days", "averages", "account_ages")


def fields(table: Table, status_points: Mapping[str, int]) -> dict[str, str]:
    """Name of each field → what stands in it."""
    shown = {"per_dollar": str(table.per_dollar), "per_day": str(table.per_day)}
    shown |= {f"age-{row}": str(edge) for row, edge in enumerate(table.ages)}
    shown |= {f"balance-{column}": _amount(edge) for column, edge in enumerate(table.balances)}
    shown |= {f"grid-{row}-{column}": str(points) for row, cells in enumerate(table.grid) for column, points in enumerate(cells)}
    for name, lines in (("due_days", table.due_days), ("averages", table.averages), ("account_ages", table.account_ages)):
        for line, (start, points) in enumerate(lines):
            shown |= {f"{name}-start-{line}": str(start), f"{name}-points-{line}": str(points)}
    return shown | {f"status-{code}": str(points) for code, points in status_points.items()}


def _amount(cents: int) -> str:
    """750, or 750.50."""
    return str(cents // 100) if cents % 100 == 0 else str(dollars(cents))


def lines_shown(values: Mapping[str, str], name: str) -> range:
    """The lines of a list that the page shows: what is filled and some to fill."""
    last = max((line for line in range(MOST_STEPS) if values.get(f"{name}-start-{line}")), default=-1)
    return range(min(MOST_STEPS, max(FEWEST_LINES, last + 1 + SPARE_LINES)))


def read(given: Mapping[str, str]) -> tuple[Table, dict[str, int]]:
    """The table and the points of the statuses. Raises RuleViolation naming the first field that holds no number."""
    table = Table(
        per_dollar=_number(given, "per_dollar"),
        per_day=_number(given, "per_day"),
        ages=tuple(_number(given, f"age-{row}") for row in range(AGE_BANDS)),
        balances=tuple(_cents(given, f"balance-{column}") for column in range(BALANCE_BANDS)),
        grid=tuple(
            tuple(_number(given, f"grid-{row}-{column}", empty=0) for column in range(BALANCE_BANDS)) for row in range(AGE_BANDS)
        ),
        due_days=_lines(given, "due_days"),
        averages=_lines(given, "averages"),
        account_ages=_lines(given, "account_ages"),
    )
    codes = [name.removeprefix("status-") for name in given if name.startswith("status-")]
    return table, {code: _number(given, f"status-{code}", empty=0) for code in codes}


def _lines(given: Mapping[str, str], name: str) -> tuple[tuple[int, int], ...]:
    """The lines that are filled, in the order of where they begin."""
    filled = [line for line in range(MOST_STEPS) if given.get(f"{name}-start-{line}", "").strip()]
    for line in range(MOST_STEPS):
        if line not in filled and given.get(f"{name}-points-{line}", "").strip():
            raise RuleViolation("Say from where these points count, or leave both empty.", field=f"{name}-start-{line}")
    return tuple(sorted((_number(given, f"{name}-start-{line}"), _number(given, f"{name}-points-{line}")) for line in filled))


def _number(given: Mapping[str, str], name: str, *, empty: int | None = None) -> int:
    text = given.get(name, "").strip().replace(",", "")
    if not text and empty is not None:
        return empty
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise RuleViolation(f"“{text}” is no whole number." if text else "Enter a whole number.", field=name)
    return int(text)


def _cents(given: Mapping[str, str], name: str) -> int:
    try:
        return cents_from_text(given.get(name, ""))
    except RuleViolation as refusal:
        raise RuleViolation(refusal.message, field=name) from refusal
