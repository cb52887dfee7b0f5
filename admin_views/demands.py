"""What a route asks of a visitor, and how a screen says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from app.domain.collections.profiles import MenuEntry
from app.domain.staff.roles import Role

_MARK = "_leasedesk_needs"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Demand:
    """What one route asks of a visitor."""

    role: Role = Role.COLLECTOR
    step_up: bool = False
    """The PIN again, within the last five minutes."""
    polled: bool = False
    """Asked by a script on its own: does not count as a click, so an abandoned browser still signs itself out."""
    with_old_pin: bool = False
    """Open to somebody who must change their PIN first."""
    entry: MenuEntry | None = None
    """The tick of a collection user's menu access that opens it (LeasePak U1131)."""


def needs(
    role: Role | None = None,
    *,
    step_up: bool = False,
    polled: bool = False,
    with_old_pin: bool = False,
    entry: MenuEntry | None = None,
) -> Callable[[F], F]:
    """Raise what one route of a screen demands: `@needs(Role.ADMIN, step_up=True)`. It can never lower it."""

    def mark(function: F) -> F:
        setattr(function, _MARK, Demand(role or Role.COLLECTOR, step_up, polled, with_old_pin, entry))
        return function

    return mark


def strictest(screen: type, route: str, minimum: Role, entry: MenuEntry | None = None) -> Demand:
    """What a route (a method's name) asks: the strictest of the screen's role, its tables and every mark in its ancestry.

    A class that overrides a marked method does not lose the mark. What only makes things easier (`polled`, `with_old_pin`)
    counts where it stands nearest.
    """
    marks: list[Demand] = []
    for ancestor in screen.__mro__:
        own = vars(ancestor)
        table: Mapping[str, Demand] = own.get("demands", {})
        marks += [mark for mark in (getattr(own.get(route), _MARK, None), table.get(route)) if mark is not None]
    return Demand(
        role=max([minimum, *(mark.role for mark in marks)], key=lambda role: role.rank),
        step_up=any(mark.step_up for mark in marks),
        polled=bool(marks) and marks[0].polled,
        with_old_pin=bool(marks) and marks[0].with_old_pin,
        entry=next((mark.entry for mark in marks if mark.entry is not None), entry),
    )
