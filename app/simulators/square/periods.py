"""Lists of payments and refunds ask for their period and order in the same words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from app.simulators.square.checks import is_descending, moment, page_size
from app.simulators.square.documents import Question
from app.simulators.square.errors import refuse
from app.simulators.square.pages import answer_page
from app.simulators.square.simulation import Answer, Simulation

MOST_PER_PAGE = 100

_COLUMNS = {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at"}
_FROM = {"begin_time": "created_at", "updated_at_begin_time": "updated_at"}
_UNTIL = {"end_time": "created_at", "updated_at_end_time": "updated_at"}


def list_period(simulation: Simulation, kind: str, name: str, query: Mapping[str, str], equal: dict[str, Any]) -> Answer:
    """A page of payments or refunds, newest first unless told, late by the set lag.

    Where no begin is given the list goes back one year, as Square's does. The begin belongs to the period, the end does not.
    """
    column = _COLUMNS.get(query.get("sort_field") or "CREATED_AT")
    if column is None:
        raise refuse("INVALID_VALUE", f"The list is sorted by one of {', '.join(_COLUMNS)}.", "sort_field")
    # A date sorts before every moment of that day, and stays the same from page to page.
    a_year_ago = (simulation.now() - dt.timedelta(days=366)).date().isoformat()
    question = Question(
        kind,
        equal=equal,
        at_least={"created_at": a_year_ago} | _bounds(query, _FROM),
        below=_bounds(query, _UNTIL),
        sort_by=column,
        is_descending=is_descending(query.get("sort_order"), default=True),
    )
    limit = page_size(query.get("limit"), most=MOST_PER_PAGE)
    return answer_page(simulation, name, question, cursor=query.get("cursor"), limit=limit, as_of=simulation.list_horizon())


def _bounds(query: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    return {column: moment(query[name], name) for name, column in columns.items() if query.get(name)}
