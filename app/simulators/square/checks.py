"""What Square checks in a request body before it looks at anything else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.simulators.square.errors import Complaint, Refused, refuse

Shape = Literal["text", "integer", "number", "boolean", "object", "array", "texts", "money"]

_EXPECTED: dict[Shape, tuple[tuple[type, ...], str, str]] = {
    "text": ((str,), "EXPECTED_STRING", "a string"),
    "integer": ((int,), "EXPECTED_INTEGER", "an integer"),
    "number": ((int, float), "EXPECTED_FLOAT", "a number"),
    "boolean": ((bool,), "EXPECTED_BOOLEAN", "a boolean"),
    "object": ((dict,), "EXPECTED_OBJECT", "an object"),
    "money": ((dict,), "EXPECTED_OBJECT", "an object"),
    "array": ((list,), "EXPECTED_ARRAY", "an array"),
    "texts": ((list,), "EXPECTED_ARRAY", "an array"),
}
# Square counts in 64 bits, and so does the store.
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Field:
    """One field of a request: its JSON shape and, for text, how long it may be (characters)."""

    shape: Shape = "text"
    is_required: bool = False
    longest: int | None = None
    may_be_null: bool = False


REQUIRED = Field(is_required=True)
TEXT = Field()
OBJECT = Field("object")
KEY = Field(is_required=True, longest=45)


def check_body(body: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
    """Refuse a body that lacks a field, has an unknown one, or one of the wrong shape or length. All complaints at once."""
    complaints = [
        Complaint("UNKNOWN_BODY_PARAMETER", f"Field `{name}` is not known here.", name) for name in body if name not in fields
    ]
    for name, field in fields.items():
        complaint = _complaint(name, body[name], field) if name in body else _missing(name, field)
        if complaint is not None:
            complaints.append(complaint)
    if complaints:
        raise Refused(*complaints)


def _missing(name: str, field: Field) -> Complaint | None:
    return Complaint("MISSING_REQUIRED_PARAMETER", f"Field `{name}` must be set.", name) if field.is_required else None


def _complaint(name: str, value: Any, field: Field) -> Complaint | None:
    if value is None and field.may_be_null:
        return None
    kinds, code, words = _EXPECTED[field.shape]
    # In JSON a boolean is no number; in Python it is.
    is_right = isinstance(value, kinds) and (field.shape == "boolean" or not isinstance(value, bool))
    if not is_right or (isinstance(value, int) and abs(value) > _LARGEST):
        return Complaint(code, f"Expected {words} for `{name}`.", name)
    if field.shape == "texts" and not all(isinstance(item, str) for item in value):
        return Complaint("INVALID_ARRAY_VALUE", f"Expected strings in `{name}`.", name)
    if field.shape == "money":
        return _money_complaint(name, value)
    return _text_complaint(name, value, field) if field.shape == "text" else None


def _text_complaint(name: str, text: str, field: Field) -> Complaint | None:
    if field.is_required and not text:
        return Complaint("VALUE_EMPTY", f"Field `{name}` must not be empty.", name)
    if field.longest is not None and len(text) > field.longest:
        return Complaint("VALUE_TOO_LONG", f"Field `{name}` must not be longer than {field.longest} characters.", name)
    return None


def _money_complaint(name: str, value: Mapping[str, Any]) -> Complaint | None:
    amount = value.get("amount")
    if not isinstance(amount, int) or isinstance(amount, bool) or amount > _LARGEST:
        return Complaint("EXPECTED_INTEGER", "Expected an integer, in the smallest unit of the currency.", f"{name}.amount")
    if amount < 0:
        return Complaint("VALUE_TOO_LOW", "The amount must not be negative.", f"{name}.amount")
    if not isinstance(value.get("currency"), str):
        return Complaint("MISSING_REQUIRED_PARAMETER", "The currency must be set.", f"{name}.currency")
    return None


def moment(text: str, field: str) -> str:
    """An RFC 3339 moment from a request in the form the store sorts by: UTC, milliseconds, Z."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise refuse("INVALID_TIME", f"`{text}` is not a moment in RFC 3339 format.", field) from error
    if at.tzinfo is None:
        raise refuse("INVALID_TIME", f"`{text}` has no offset from UTC.", field)
    return written(at)


def written(at: dt.datetime) -> str:
    """A moment as Square writes it: `2026-11-22T03:04:05.678Z`."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def flag(text: str | None, field: str) -> bool:
    """A boolean from a query string; absent is false."""
    if text is None or text.lower() == "false":
        return False
    if text.lower() == "true":
        return True
    raise refuse("EXPECTED_BOOLEAN", f"Expected true or false for `{field}`.", field)


def page_size(text: str | None, *, most: int) -> int:
    """The asked page size. Like Square: what is missing, too large or not positive becomes the largest one."""
    if text is None:
        return most
    size = whole_number(text, "limit")
    return size if 0 < size <= most else most


def whole_number(text: str, field: str) -> int:
    """A whole number from a query string."""
    try:
        return int(text)
    except ValueError as error:
        raise refuse("EXPECTED_INTEGER", f"Expected an integer for `{field}`.", field) from error


def is_descending(text: str | None, *, default: bool) -> bool:
    """A sort order from a request."""
    if text is None:
        return default
    if text not in ("ASC", "DESC"):
        raise refuse("INVALID_SORT_ORDER", "The sort order must be ASC or DESC.", "sort_order")
    return text == "DESC"
