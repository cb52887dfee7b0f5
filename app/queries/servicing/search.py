"""Finding accounts by whatever somebody has at hand: a name, a phone number, an account number, an IMEI, a card.

Every branch is a look-up in one index, and each carries the scope of the person who asks: a limit never cuts away what they
may see in favour of what they may not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, literal_column, or_, select, text, union
from sqlalchemy.orm import InstrumentedAttribute

from app.models import Account, Card, Customer, CustomerPhone, Device
from app.queries.listing.filters import prefix_pattern
from app.queries.scope import Viewer, condition

LONGEST = 5
"""Words that are looked at; nobody's name has more."""

_NUMBER_LIKE = re.compile(r"[\d\s().+/-]*\d[\d\s().+/-]*")


@dataclass(frozen=True)
class Spoken:
    """What was typed, taken apart: words of a name, and digits."""

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    """Tokens with a digit in them, as typed."""

    @classmethod
    def of(cls, typed: str) -> Spoken:
        """Take apart what was typed.

        >>> Spoken.of("Whitaker, deshawn")
        Spoken(words=('whitaker', 'deshawn'), numbers=())
        >>> Spoken.of("(614) 555-0148"), Spoken.of("ell 0148")
        (Spoken(words=(), numbers=('(614) 555-0148',)), Spoken(words=('ell',), numbers=('0148',)))
        """
        bare = " ".join(typed.replace(",", " ").split())
        if len(_digits(bare)) >= 7 and _NUMBER_LIKE.fullmatch(bare):
            return cls((), (bare,))
        tokens = bare.split()[:LONGEST]
        words = tuple(token.lower() for token in tokens if not any(letter.isdigit() for letter in token))
        return cls(words, tuple(token for token in tokens if any(letter.isdigit() for letter in token)))


def _digits(typed: str) -> str:
    return re.sub(r"\D", "", typed)


def accounts_matching(typed: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    """A SELECT of account ids. With a limit each look-up stops there, so a page never sorts a hundred thousand names."""
    spoken = Spoken.of(typed)
    if not spoken.words and not spoken.numbers:
        return _accounts(viewer).where(false())
    if spoken.words and spoken.numbers:
        fitting = [_has_number(token) for token in spoken.numbers]
        named = _accounts(viewer).join(Customer, Account.customer_id == Customer.id)
        return _limited(named.where(or_(*(split for split, _ in _splits(spoken.words))), *fitting), limit)
    found = _by_name(spoken.words, viewer, limit) if spoken.words else _by_numbers(spoken.numbers, viewer)
    both = union(*(_limited(one, limit).subquery().select() for one in found)).subquery()
    return _limited(select(both.c.id), limit)


def _limited(statement: Select[Any], limit: int | None) -> Select[Any]:
    return statement if limit is None else statement.limit(limit)


def _accounts(viewer: Viewer) -> Select[Any]:
    return select(Account.id).where(condition(Account, viewer))


def _starts(column: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    return func.lower(column).like(prefix_pattern(word))


BY_LAST: Any = text("lower(customer.last_name) using ~<~")
BY_FIRST: Any = text("lower(customer.first_name) using ~<~")
"""The order of the name indexes, which compare byte by byte."""


def _splits(words: tuple[str, ...]) -> Iterator[tuple[ColumnElement[bool], Any]]:
    """Each way in which the words may be a first and a last name, in either order, or the start of one alone.

    With the order of the index that finds it.
    """
    whole = " ".join(words)
    yield _starts(Customer.last_name, whole), BY_LAST
    yield _starts(Customer.first_name, whole), BY_FIRST
    for cut in range(1, len(words)):
        one, other = " ".join(words[:cut]), " ".join(words[cut:])
        yield and_(_starts(Customer.last_name, other), _starts(Customer.first_name, one)), BY_LAST
        yield and_(_starts(Customer.last_name, one), _starts(Customer.first_name, other)), BY_LAST


def _by_name(words: tuple[str, ...], viewer: Viewer, limit: int | None) -> Iterator[Select[Any]]:
    for split, order in _splits(words):
        # The limit stands on the names themselves and in the order of their index: otherwise the planner, who thinks that
        # many names begin like this, would rather walk the whole table until it has met enough of them.
        named = select(Customer.id).where(split, condition(Customer, viewer))
        people = (named if limit is None else named.order_by(order).limit(limit)).subquery()
        yield _accounts(viewer).join(people, Account.customer_id == people.c.id)
    if len(words) == 1:
        # A word without digits may still be an account number of letters.
        yield _accounts(viewer).where(Account.account_number.like(prefix_pattern(words[0].upper())))


def _by_numbers(numbers: tuple[str, ...], viewer: Viewer) -> Iterator[Select[Any]]:
    """The longest token is looked up; what else was typed must fit the same account."""
    typed = max(numbers, key=len)
    others = [_has_number(token) for token in numbers if token is not typed]
    accounts = _accounts(viewer).where(*others)
    for spelled in dict.fromkeys((typed, typed.upper())):
        pattern = prefix_pattern(spelled)
        yield accounts.where(Account.account_number.like(pattern))
        yield accounts.where(Account.approval_id.like(pattern))
    devices = accounts.join(Device, Account.device_id == Device.id)
    yield devices.where(Device.serial == typed.upper())
    digits = _digits(typed)
    if len(digits) >= 6:
        yield devices.where(Device.imei.like(prefix_pattern(digits[:15])))
    phones = accounts.join(CustomerPhone, CustomerPhone.customer_id == Account.customer_id)
    for phone in _phone_conditions(digits):
        yield phones.where(phone)
    if len(digits) == 4 and typed.isdigit():
        yield accounts.join(Card, Card.customer_id == Account.customer_id).where(Card.last_four == digits)


def _phone_conditions(digits: str) -> Iterator[ColumnElement[bool]]:
    """Ten or seven digits are the end of a number; fewer or others its beginning, with or without the country's 1."""
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    if len(digits) == 10:
        yield func.right(CustomerPhone.e164, literal_column("10")) == digits
    elif len(digits) == 7:
        yield func.right(CustomerPhone.e164, literal_column("7")) == digits
    elif 3 <= len(digits) <= 15:
        yield CustomerPhone.e164.like(prefix_pattern("+" + digits))
    if 3 <= len(digits) < 10:
        yield CustomerPhone.e164.like(prefix_pattern("+1" + digits))


def _has_number(token: str) -> ColumnElement[bool]:
    """Something of an account whose customer's name is known already ends or begins with these digits."""
    digits = _digits(token)
    phone = exists().where(CustomerPhone.customer_id == Account.customer_id, CustomerPhone.e164.like(f"%{digits}"))
    card = exists().where(Card.customer_id == Account.customer_id, Card.last_four == digits)
    device = exists().where(
        Device.id == Account.device_id,
        or_(Device.imei.like(f"%{digits}"), Device.imei.like(prefix_pattern(digits)), Device.model.ilike(f"%{token}%")),
    )
    numbers = [column.like(prefix_pattern(token)) for column in (Account.account_number, Account.approval_id)]
    if len(digits) < 3:
        return or_(*numbers)
    return or_(*numbers, phone, card, device)
