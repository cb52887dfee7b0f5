"""What SearchCustomers can ask for: e-mail address, phone number, reference, and times. Not names."""

from __future__ import annotations

import re
from typing import Any

from app.simulators.square.checks import OBJECT, TEXT, Field, check_body, is_descending, moment
from app.simulators.square.documents import Document, Question
from app.simulators.square.errors import refuse

QUERY = {"filter": OBJECT, "sort": OBJECT}
SORT = {"field": TEXT, "order": TEXT}
TEXT_FILTER = {"exact": Field(may_be_null=True), "fuzzy": Field(may_be_null=True)}
TEXT_FILTERS = ("email_address", "phone_number", "reference_id")
TIME_FILTER = {"start_at": TEXT, "end_at": TEXT}
TIME_FILTERS = ("created_at", "updated_at")
# Square knows these; nothing here has groups, segments or custom attributes.
OTHER_FILTERS = ("creation_source", "group_ids", "segment_ids", "custom_attribute")


def question_of(query: Document) -> Question:
    """The stored question for a search. Refuses filters that Square does not have, a name above all."""
    check_body(query, QUERY)
    asked, sort = query.get("filter", {}), query.get("sort", {})
    check_body(asked, dict.fromkeys((*TEXT_FILTERS, *TIME_FILTERS, *OTHER_FILTERS), OBJECT))
    check_body(sort, SORT)
    for name in OTHER_FILTERS:
        if name in asked:
            raise refuse("NOT_IMPLEMENTED", f"This simulator does not filter by `{name}`.", f"query.filter.{name}")
    among: dict[str, Any] = {}
    containing: dict[str, Any] = {}
    for name in TEXT_FILTERS:
        if name in asked:
            check_body(asked[name], TEXT_FILTER)
            exact, fuzzy = asked[name].get("exact"), asked[name].get("fuzzy")
            if (exact is None) == (fuzzy is None):
                raise refuse("BAD_REQUEST", f"Ask `{name}` with `exact` or with `fuzzy`, one of them.", f"query.filter.{name}")
            if exact is not None:
                among |= _exact(name, exact)
            else:
                containing |= _fuzzy(name, fuzzy)
    at_least, below = _times(asked)
    return Question(
        "customer",
        among=among,
        containing=containing,
        at_least=at_least,
        below=below,
        is_descending=is_descending(sort.get("order"), default=False),
    )


def _exact(name: str, text: str) -> dict[str, list[str]]:
    """The same address in any case; the same number with or without the country's 1; the same reference."""
    if name == "email_address":
        return {"email": [text.lower()]}
    if name == "reference_id":
        return {"reference_id": [text]}
    digits = re.sub(r"\D", "", text)
    return {"phone_digits": [digits, digits[1:] if digits.startswith("1") else f"1{digits}"]}


def _fuzzy(name: str, text: str) -> dict[str, list[str]]:
    """Every word of the text somewhere in the value, in any case and order."""
    if name == "phone_number":
        return {"phone_digits": [re.sub(r"\D", "", text)]}
    column = "email" if name == "email_address" else "reference_id"
    return {column: re.findall(r"[a-z0-9]+", text.lower())}


def _times(asked: Document) -> tuple[dict[str, str], dict[str, str]]:
    at_least, below = {}, {}
    for name in TIME_FILTERS:
        if name in asked:
            check_body(asked[name], TIME_FILTER)
            if "start_at" in asked[name]:
                at_least[name] = moment(asked[name]["start_at"], f"query.filter.{name}.start_at")
            if "end_at" in asked[name]:
                below[name] = moment(asked[name]["end_at"], f"query.filter.{name}.end_at")
    return at_least, below
