"""Figures as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column is text, the others are figures.

    >>> print(table(("Page", "ms"), [("first", "12")]))
    | Page | ms |
    |---|---:|
    | first | 12 |
    """
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def figure(value: float) -> str:
    """A number with about three figures.

    >>> figure(1234.5), figure(98.76), figure(12.34), figure(0.1234)
    ('1,234', '98.8', '12.3', '0.12')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def times(value: float, base: float) -> str:
    """How many times the base something is.

    >>> times(30, 20), times(1, 0)
    ('1.50 ×', '')
    """
    return f"{value / base:.2f} ×" if base else ""


def size(accounts: int) -> str:
    """A number of accounts as people say it.

    >>> size(10_000), size(1_000_000), size(1_234)
    ('10 k', '1 M', '1,234')
    """
    if accounts and accounts % 1_000_000 == 0:
        return f"{accounts // 1_000_000} M"
    return f"{accounts // 1000} k" if accounts and accounts % 1000 == 0 else f"{accounts:,}"
