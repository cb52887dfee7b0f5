"""Money is whole cents in an integer; text and Decimal exist at the edges only (domain.md part 2)."""

import re
from decimal import ROUND_HALF_UP, Decimal

from app.domain.errors import RuleViolation

MINUS = "\N{MINUS SIGN}"

MAX_CENTS = 10**15
"""Ten trillion dollars: more is a typing error, and it still fits a 64-bit column with room to sum."""

_SPACES = re.compile(r"[\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{FIGURE SPACE}]+")
_MINUSES = re.compile(r"[-\N{MINUS SIGN}\N{EN DASH}\N{NON-BREAKING HYPHEN}]")
_AMOUNT = re.compile(
    r"(?P<open>\( ?)?(?P<minus>-? ?\$?|\$ ?-) ?"
    r"(?P<digits>(?:[0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)"
    r"(?(open) ?\))"
)


def half_up(amount: Decimal) -> int:
    """Dollars as whole cents, half a cent away from zero: the one rounding of the program.

    >>> half_up(Decimal("1.4995")), half_up(Decimal("0.005")), half_up(Decimal("-0.005"))
    (150, 1, -1)
    """
    if not amount.is_finite():
        raise RuleViolation(f"{amount} is not an amount of money.")
    if abs(amount) * 100 > MAX_CENTS:
        raise RuleViolation(f"{amount:.4g} is too large for an amount of money.")
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def share(cents: int, rate: Decimal) -> int:
    """A part of an amount, rounded half up: 5 % of $29.99 is $1.50.

    >>> share(2999, Decimal("0.05"))
    150
    """
    return half_up(dollars(cents) * rate)


def dollars(cents: int) -> Decimal:
    """Cents as a Decimal with two places, for exports and for rates.

    >>> dollars(124942), dollars(-5)
    (Decimal('1249.42'), Decimal('-0.05'))
    """
    return Decimal(cents).scaleb(-2)


def as_text(cents: int) -> str:
    """Cents as people read them, with a true minus sign (design.md part 5).

    >>> as_text(124942), as_text(0)
    ('$1,249.42', '$0.00')
    >>> as_text(-1400) == MINUS + "$14.00"
    True
    """
    whole, part = divmod(abs(cents), 100)
    return f"{MINUS if cents < 0 else ''}${whole:,}.{part:02d}"


def cents_from_text(text: str) -> int:
    """What somebody typed, or a file spells, as cents; raises RuleViolation for anything but an amount.

    Dollar signs, thousands parted by commas or spaces of any sort, a minus before or behind the dollar sign, and the
    accountant's parentheses are understood. "12 50" is refused, for it may mean $12.50; so is a third decimal.

    >>> cents_from_text("$1,249.42"), cents_from_text(" 12.5 "), cents_from_text("(14.00)"), cents_from_text("-$3")
    (124942, 1250, -1400, -300)
    """
    bare = _MINUSES.sub("-", _SPACES.sub(" ", text)).strip()
    if not bare:
        raise RuleViolation("Enter an amount.")
    spelled = _AMOUNT.fullmatch(bare)
    is_negative = spelled is not None and "-" in spelled["minus"]
    if spelled is None or (spelled["open"] and is_negative):
        raise RuleViolation(f"“{text.strip()}” is not an amount of money.")
    amount = Decimal(re.sub("[, ]", "", spelled["digits"]))
    cents = half_up(amount)
    if dollars(cents) != amount:
        raise RuleViolation(f"“{text.strip()}” has more than two decimals.")
    return -cents if is_negative or spelled["open"] else cents
