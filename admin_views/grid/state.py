"""The state of a list lives in its URL: filters, words, order, columns, page size, place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from app.queries.listing import Criteria, Listing, Place

SIZES = (25, 50, 100, 200)
SIZE = 50
MOST_COLUMNS = 40


@dataclass(frozen=True)
class GridState:
    """What a URL asks for. `order` and `columns` are empty where the list's own apply."""

    criteria: Criteria
    order: str = ""
    columns: tuple[str, ...] = ()
    size: int = SIZE
    place: Place = field(default_factory=Place)
    first: int = 1
    """Number of the page's first row, carried along because a page that begins at a key cannot know it."""
    view: str = ""
    """The saved view that the person started from."""

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, str]], listing: Listing) -> GridState:
        """Read a query string's pairs; what is unknown or broken is left out."""
        last = dict(pairs)
        order = last.get("sort", "")
        size = last.get("size", "")
        first = last.get("at", "")
        return cls(
            criteria=listing.criteria(pairs),
            order=order if order.removeprefix("-") in listing.sorts and order != listing.order else "",
            columns=tuple(dict.fromkeys(key for key in last.get("cols", "").split(",")[:MOST_COLUMNS] if key)),
            size=int(size) if size in map(str, SIZES) else SIZE,
            place=Place(last.get("after") or None, last.get("before") or None, last.get("last") == "1"),
            first=int(first) if first.isascii() and first.isdigit() and len(first) < 10 else 1,
            view=last.get("view", "")[:40],
        )

    def lasting(self) -> list[tuple[str, str]]:
        """What a saved view keeps: filters, words, order, columns."""
        pairs = self.criteria.pairs()
        if self.order:
            pairs.append(("sort", self.order))
        if self.columns:
            pairs.append(("cols", ",".join(self.columns)))
        return pairs

    def pairs(self) -> list[tuple[str, str]]:
        """Everything but the place: a link with other filters or another order starts at the first page."""
        pairs = self.lasting()
        if self.size != SIZE:
            pairs.append(("size", str(self.size)))
        if self.view:
            pairs.append(("view", self.view))
        return pairs

    def href(self, **changes: object) -> str:
        """A link to the same list with some things changed, at its first page."""
        return link(replace(self, **changes).pairs())  # type: ignore[arg-type]

    def turned(self, **place: str) -> str:
        """A link to another page of the same list."""
        return link([*self.pairs(), *place.items()])


def link(pairs: Sequence[tuple[str, str]]) -> str:
    """A relative link with these parameters; a lone question mark leads back to the bare list."""
    return "?" + urlencode(pairs, safe=",:")
