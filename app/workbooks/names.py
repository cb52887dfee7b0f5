"""A first name without the marks that people put before it: `*PAST DUE* Ana`, `BK - Luis`."""

from __future__ import annotations

import re

from app.workbooks.cells import text
from app.workbooks.sheets import Cell

MAX_NAME = 80
"""Characters that are kept of a name."""

_WORDS = (
    r"PAST\s?DUE|PD|LATE|DELINQUENT|DEFAULT(?:ED)?|RETURN(?:ED)?|RTN|PIF|PAID(?:\s?OFF|\s?IN\s?FULL)?|PAY\s?OFF|EPO|BUY\s?OUT"
    r"|(?:IN\s)?RECOVER(?:Y|ED)|STOLEN|LOST|SKIP|REPO(?:SSESSED|SSESSION)?|BK\d{0,2}|BANKRUPT(?:CY)?|CH(?:APTER)?\.?\s?(?:7|11|13)"
    r"|CHARGED?[\s-]?OFF|C/?O|WRITE[\s-]?OFF|WRITTEN\s?OFF|W/?O|FRAUD|DECEASED|DEC'?D|CLOSED|CANCELL?ED|VOID(?:ED)?|LOCKED"
    r"|LEGAL|ATT(?:OR)?NE?Y|COLLECTIONS?|SETTLED|SETTLEMENT|(?:ON\s)?HOLD|DISPUTED?|DO\sNOT\sCALL|DNC|CEASE(?:\sAND\sDESIST)?"
    r"|INACTIVE|ACTIVE|SUSPENDED|PENDING|REINSTATED|NSF|CHARGEBACK|CB|DUPLICATE|DUP|TEST|VIP|NEW|\d{2,3}\+?(?:\s?DAYS?)?"
)
_IN_ASTERISKS = r"\*+[^*]{1,40}\*+"
_IN_SQUARES = r"\[[^\]]{1,40}\]|\{[^}]{1,40}\}|<[^>]{1,40}>|\#+[^#]{1,40}\#+"
_IN_PARENTHESES = rf"\((?:\s*(?:{_WORDS})\s*|(?-i:[A-Z0-9 /+.-]{{2,40}}))\)"
_BEFORE_COLON = rf"(?:{_WORDS}|(?-i:[A-Z][A-Z /]{{1,30}}))\s*:"
_BEFORE_DASH = rf"(?:{_WORDS})\s*(?:\s[-–—]|[-–—]\s|[/|])"
_TWO_WORDS = r"(?-i:PAST DUE|PAID OFF|PAID IN FULL|CHARGED? OFF|WRITTEN OFF|DO NOT CALL|ON HOLD)(?=\s)"
_MARK = re.compile(
    rf"\s*(?:{_IN_ASTERISKS}|{_IN_SQUARES}|{_IN_PARENTHESES}|{_BEFORE_COLON}|{_BEFORE_DASH}|{_TWO_WORDS})\s*[-–—:]?\s*",
    re.IGNORECASE,
)
_LOOSE_SIGNS = "*#!~_>:|-–— \t\N{NO-BREAK SPACE}"


def first_name(cell: Cell) -> tuple[str | None, str | None]:
    """A first name without its marks.

    >>> first_name("[PIF] Juan Carlos ")
    ('Juan Carlos', None)
    """
    name = without_marks(text(cell)[0] or "")
    return (name or None, None) if len(name) <= MAX_NAME else (name[:MAX_NAME], f"Longer than {MAX_NAME} characters; cut")


def without_marks(written: str) -> str:
    """The name behind any number of marks; blanks inside it stay as they are.

    A mark stands in asterisks or brackets, or is a word of status before a colon, a dash or a slash. A hyphenated name,
    a nickname in parentheses and a name that happens to be a status word on its own are left alone.

    >>> without_marks("**STOLEN** BK - Julio César"), without_marks("PAID OFF - Luis"), without_marks("Mary-Ann")
    ('Julio César', 'Luis', 'Mary-Ann')
    >>> without_marks("(Bob) Robert"), without_marks("*Ana")
    ('(Bob) Robert', 'Ana')
    """
    if written.isalpha():
        return written
    name = written.strip()
    while found := _MARK.match(name):
        name = name[found.end() :]
    return name.lstrip(_LOOSE_SIGNS).rstrip()
