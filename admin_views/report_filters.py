"""What a report is narrowed to: read from the address, shown as chips, chosen in one menu."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import abort, request

from admin_views.gate import viewer
from app.extensions import db
from app.queries.listing import Criteria, Dates, Filter, One


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The criteria of a request, with what the page needs to show and change them."""

    criteria: Criteria
    controls: list[dict[str, Any]]
    chips: list[dict[str, str]]
    kept: list[tuple[str, str]]
    """Pairs of the address that are no filter."""
    said: str
    """In words, for paper."""

    @property
    def query(self) -> str:
        """The filters as a query string, with an ampersand before it when there are any."""
        return "&" + self.criteria.query_string() if self.criteria.filters else ""

    @property
    def whole_query(self) -> dict[str, Any]:
        """Everything that the address asks for, for links to the same figures in another form."""
        return dict(self.kept) | {name: list(values) for name, values in self.criteria.filters.items()}


def narrowed(filters: Mapping[str, Filter], *, keeping: tuple[str, ...] = ()) -> Narrowed:
    """Read the request. Each filter offers what the signed-in person may see."""
    parameters = [name for each in filters.values() for name in each.parameters]
    criteria = Criteria.of(list(request.args.items(multi=True)), parameters)
    criteria = Criteria(criteria.filters)
    kept = [(name, request.args[name]) for name in keeping if request.args.get(name)]
    controls, chips = [], []
    for key, each in filters.items():
        options = each.choices(db.session(), viewer())
        if isinstance(each, One) and len(options) < 2 and not each.is_set(criteria.filters):
            continue  # Nothing to choose from.
        controls.append(
            {
                "key": key,
                "label": each.label,
                "kind": "dates" if isinstance(each, Dates) else "choice",
                "options": options,
                "chosen": [value for name in each.parameters for value in criteria.filters.get(name, ("",))[-1:]],
            }
        )
        if each.is_set(criteria.filters):
            rest = kept + criteria.without(each.parameters).pairs()
            chips.append(
                {
                    "label": each.label,
                    "value": each.said(criteria.filters, options),
                    "remove_url": f"{request.path}?{urlencode(rest)}",
                }
            )
    said = ", ".join(f"{chip['label']} {chip['value']}" for chip in chips) or "All accounts"
    return Narrowed(criteria, controls, chips, kept, said)


def day(name: str, *, latest: dt.date) -> dt.date | None:
    """A day that the address names; 404 for what is no day, or lies after the latest."""
    text = request.args.get(name)
    if not text:
        return None
    try:
        on = dt.date.fromisoformat(text)
    except ValueError:
        abort(404)
    return on if on.year >= 2000 and on <= latest else abort(404)
