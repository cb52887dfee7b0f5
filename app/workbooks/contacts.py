"""How a customer is reached: phone numbers as E.164 (`+17135556951`), e-mail, state and ZIP code of the United States."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from app.workbooks.cells import identifier, text
from app.workbooks.sheets import Cell

REGION = "US"

_PUNCTUATION = str.maketrans("", "", " -().+/\N{NO-BREAK SPACE}\N{EN DASH}\t")
_EMAIL = re.compile(r"[^@\s,;]{1,64}@[^@\s,;]+\.[^@\s,;.]{2,}")
_ZIP = re.compile(r"([0-9]{5})(?:-?([0-9]{4}))?")


def phone(cell: Cell) -> tuple[str | None, str | None]:
    """A phone number in E.164, or the message that says it was left out.

    A number of ten digits that the `phonenumbers` package's own table of American lines matches is taken at once; all
    others go through the package itself, which takes a hundred times as long.

    >>> phone("(305) 555-4378"), phone(7135556951.0), phone("555-01")
    (('+13055554378', None), ('+17135556951', None), (None, '“555-01” is not a phone number; left empty'))
    """
    spelled = digits = str(int(cell)) if type(cell) is float and cell.is_integer() else str(cell)
    if not digits.isdigit():
        digits = digits.replace("-", "").replace("(", "").replace(")", "").replace(" ", "").replace(".", "").replace("+", "")
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    if len(digits) == 10 and _american_line().fullmatch(digits):
        return "+1" + digits, None
    spelled = spelled.strip()
    if not spelled:
        return None, None
    found = _with_care(spelled)
    return (found, None) if found else (None, f"“{spelled}” is not a phone number; left empty")


def email(cell: Cell) -> tuple[str | None, str | None]:
    """An e-mail address in lower case.

    >>> email(" Lori@Example.com "), email("none")
    (('lori@example.com', None), (None, '“none” is not an e-mail address; left empty'))
    """
    address = (text(cell)[0] or "").lower()
    if not address:
        return None, None
    is_one = _EMAIL.fullmatch(address) and len(address) <= 254
    return (address, None) if is_one else (None, f"“{address}” is not an e-mail address; left empty")


@lru_cache(maxsize=256)
def state(cell: Cell) -> tuple[str | None, str | None]:
    """A state by its two letters.

    >>> state("fl "), state("Florida")
    (('FL', None), (None, '“Florida” is not the two letters of a state; left empty'))
    """
    spelled = text(cell)[0]
    if spelled is None:
        return None, None
    if len(spelled) == 2 and spelled.isalpha() and spelled.isascii():
        return spelled.upper(), None
    return None, f"“{spelled}” is not the two letters of a state; left empty"


@lru_cache(maxsize=16_384)
def zip_code(cell: Cell) -> tuple[str | None, str | None]:
    """A ZIP code; a number of Excel's gets back the zeros that it lost at the front.

    >>> zip_code(2139.0), zip_code("336021234")
    (('02139', None), ('33602-1234', None))
    """
    spelled = identifier(cell)[0]
    if spelled is None:
        return None, None
    if isinstance(cell, int | float):
        spelled = spelled.zfill(9 if len(spelled) > 5 else 5)
    if not (found := _ZIP.fullmatch(spelled)):
        return None, f"“{spelled}” is not a ZIP code; left empty"
    return "-".join(part for part in found.groups() if part), None


@cache
def _american_line() -> re.Pattern[str]:
    """Numbers that are valid lines of the United States, from the package's table; `[0-9]` keeps other digits out."""
    from phonenumbers import PhoneMetadata

    table = PhoneMetadata.metadata_for_region(REGION)
    assert table and table.fixed_line and table.fixed_line.national_number_pattern
    return re.compile(table.fixed_line.national_number_pattern.replace(r"\d", "[0-9]"))


def _with_care(spelled: str) -> str | None:
    """The first valid number in a cell, whatever stands around it: extensions, a second number, a country code."""
    import phonenumbers

    try:
        number = phonenumbers.parse(spelled, REGION)
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        pass
    match = next(iter(phonenumbers.PhoneNumberMatcher(spelled, REGION)), None)
    return phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164) if match else None
