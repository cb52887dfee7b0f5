"""A contract in a JSON file: what `leasedesk account open` reads. Everything that is wrong with it is said at once."""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from app.domain.errors import Problem, RuleViolation
from app.domain.money import cents_from_text
from app.domain.servicing.contract import ContractType
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.opening import Applicant, Money, NewContract, Terms
from app.domain.servicing.parties import PartyRole
from app.domain.words import Word

LARGEST_FILE = 1_000_000
EXAMPLE = """{
  "portfolio": "MAIN",
  "customer": {"first_name": "Maria", "last_name": "Delgado", "phones": ["614-555-0148"], "state": "OH"},
  "device": {"model": "iPhone 13 128GB", "imei": "356415207490483", "cost": "300.00"},
  "frequency": "biweekly", "start_on": "2026-11-20", "first_due_on": "2026-12-04",
  "payment": "54.00", "number_of_payments": 26, "cash_price": "799.00", "down_payment": "49.00",
  "terms": {"program": "LTO 52", "seller": "Ana", "rescission_on": "2026-11-23"}
}"""
"""What a file may look like; the help of the command shows it."""

W = TypeVar("W", bound=Word)
T = TypeVar("T")

_TOP = {
    "portfolio", "dealer", "approval_id", "contract_type", "customer", "co_applicant", "guarantor", "device", "frequency",
    "start_on", "first_due_on", "due_days", "payment", "number_of_payments", "total", "cash_price", "down_payment",
    "interest_rate", "principal", "line", "first_charge", "terms",
}  # fmt: skip
_PERSON = {"id", "first_name", "last_name", "phones", "email", "address", "city", "state", "zip_code", "monthly_income"}
_DEVICE = {"model", "imei", "serial", "cost"}
_TERMS = {
    "program", "location", "seller", "pricing_tier", "merchant_ext_id", "applicant_id", "note_on", "rescission_on",
    "description", "state",
}  # fmt: skip

_TERM_DAYS = {"note_on", "rescission_on"}


class WrongFile(Exception):
    """The file is no contract; its sentences say why, one for each thing that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        said = [f"{problem.column}: {problem.message}" if problem.column else problem.message for problem in problems]
        super().__init__(" ".join(said))


@dataclass(frozen=True)
class ContractFile:
    """A contract as the file names it; portfolio and dealer are codes."""

    contract: NewContract
    portfolio_code: str | None
    dealer_code: str | None


def read(path: Path, *, today: dt.date) -> ContractFile:
    """Read a file. Raises WrongFile with everything that is wrong with it."""
    if path.stat().st_size > LARGEST_FILE:
        raise WrongFile([Problem(None, None, "The file is too large for one contract.")])
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise WrongFile([Problem(None, None, "The file is not text in UTF-8.")]) from error
    except (json.JSONDecodeError, RecursionError) as error:
        place = f" (line {error.lineno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise WrongFile([Problem(None, None, f"The file is not JSON{place}.")]) from error
    if not isinstance(content, dict):
        raise WrongFile([Problem(None, None, "The file should hold one object: a contract.")])
    reader = _Reader()
    found = _contract(reader, content, today)
    if reader.problems:
        raise WrongFile(reader.problems)
    return found


@dataclass
class _Reader:
    """Takes values out of an object and collects what is wrong with them."""

    problems: list[Problem] = field(default_factory=list)

    def wrong(self, name: str, sentence: str) -> None:
        self.problems.append(Problem(None, name, sentence))

    def known(self, content: Mapping[str, Any], names: set[str], prefix: str = "") -> None:
        """Refuse names that mean nothing: a slip in a name would otherwise leave a value out."""
        for name in content:
            if name not in names:
                near = difflib.get_close_matches(str(name), names, n=1)
                self.wrong(f"{prefix}{name}", f"There is no such field{f': is it {near[0]}?' if near else '.'}")

    def part(self, content: Mapping[str, Any], name: str, names: set[str]) -> Mapping[str, Any] | None:
        value = content.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.wrong(name, "This should be an object.")
            return None
        self.known(value, names, f"{name}.")
        return value

    def value(self, content: Mapping[str, Any], name: str, convert: Callable[[Any], T], prefix: str = "") -> T | None:
        given = content.get(name)
        if given is None or given == "":
            return None
        try:
            return convert(given)
        except RuleViolation as problem:
            self.wrong(f"{prefix}{name}", problem.message)
            return None


def _text(value: Any) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise RuleViolation("This should be a text.")
    return str(value).strip()


def _cents(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise RuleViolation("This should be an amount, such as 54.00.")
    return cents_from_text(str(value))


def _day(value: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError as error:
        raise RuleViolation(f"“{value}” is not a day; write it as 2026-11-20.") from error


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
        raise RuleViolation(f"“{value}” is not a whole number.")
    return value


def _rate(value: Any) -> Decimal:
    try:
        rate = Decimal(str(value))
    except InvalidOperation as error:
        raise RuleViolation(f"“{value}” is not a rate in percent, such as 24.99.") from error
    if not rate.is_finite():
        raise RuleViolation(f"“{value}” is not a rate in percent, such as 24.99.")
    return rate


def _days(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(isinstance(day, int) and 1 <= day <= 31 for day in value):
        raise RuleViolation("This should be a list of days of the month, such as [1, 15].")
    return tuple(value)


def _word(words: type[W]) -> Callable[[Any], W]:
    def convert(value: Any) -> W:
        try:
            return words(str(value).strip().lower())
        except ValueError as error:
            known = ", ".join(word.value for word in words)
            raise RuleViolation(f"“{value}” is not one of {known}.") from error

    return convert


def _contract(reader: _Reader, content: Mapping[str, Any], today: dt.date) -> ContractFile:
    reader.known(content, _TOP)
    customer = reader.part(content, "customer", _PERSON)
    if customer is None and "customer" not in {problem.column for problem in reader.problems}:
        reader.wrong("customer", "Say who signs: {first_name, last_name, phones}, or {id} of a customer that there is.")
    device = reader.part(content, "device", _DEVICE) or {}
    frequency = reader.value(content, "frequency", _word(Frequency))
    if frequency is None and not content.get("frequency"):
        reader.wrong("frequency", f"Say how often it is paid: {', '.join(word.value for word in Frequency)}.")
    role, second = _second(reader, content)
    contract = NewContract(
        portfolio_id=0,
        customer=_person(reader, customer or {}, "customer."),
        money=_money(reader, content, frequency or Frequency.MONTHLY, today),
        approval_id=reader.value(content, "approval_id", _text),
        model=reader.value(device, "model", _text, "device."),
        identity=reader.value(device, "imei", _text, "device.") or reader.value(device, "serial", _text, "device."),
        cost_cents=reader.value(device, "cost", _cents, "device."),
        terms=_terms(reader, reader.part(content, "terms", _TERMS) or {}),
        second=second,
        second_role=role,
    )
    return ContractFile(contract, reader.value(content, "portfolio", _text), reader.value(content, "dealer", _text))


def _money(reader: _Reader, content: Mapping[str, Any], frequency: Frequency, today: dt.date) -> Money:
    return Money(
        frequency=frequency,
        start_on=reader.value(content, "start_on", _day) or today,
        contract_type=reader.value(content, "contract_type", _word(ContractType)) or ContractType.LEASE,
        first_due_on=reader.value(content, "first_due_on", _day),
        anchors=reader.value(content, "due_days", _days),
        payment_cents=reader.value(content, "payment", _cents),
        payments=reader.value(content, "number_of_payments", _whole),
        total_cents=reader.value(content, "total", _cents),
        cash_price_cents=reader.value(content, "cash_price", _cents),
        down_payment_cents=reader.value(content, "down_payment", _cents) or 0,
        interest_rate=reader.value(content, "interest_rate", _rate),
        principal_cents=reader.value(content, "principal", _cents),
        line_cents=reader.value(content, "line", _cents),
        first_charge_cents=reader.value(content, "first_charge", _cents),
    )


def _second(reader: _Reader, content: Mapping[str, Any]) -> tuple[PartyRole, Applicant | None]:
    for role in PartyRole:
        person = reader.part(content, role.value, _PERSON)
        if person is not None:
            return role, _person(reader, person, f"{role.value}.")
    return PartyRole.CO_APPLICANT, None


def _person(reader: _Reader, content: Mapping[str, Any], prefix: str) -> Applicant:
    phones = content.get("phones") or []
    if not isinstance(phones, list) or not all(isinstance(phone, str) for phone in phones):
        reader.wrong(f"{prefix}phones", "This should be a list of phone numbers.")
        phones = []
    words = {
        name: reader.value(content, name, _text, prefix)
        for name in ("first_name", "last_name", "email", "address", "city", "state", "zip_code")
    }
    return Applicant(
        first_name=words.pop("first_name") or "",
        last_name=words.pop("last_name") or "",
        phones=tuple(phones),
        monthly_income_cents=reader.value(content, "monthly_income", _cents, prefix),
        customer_id=reader.value(content, "id", _whole, prefix),
        **words,
    )


def _terms(reader: _Reader, content: Mapping[str, Any]) -> Terms:
    days: dict[str, Any] = {name: reader.value(content, name, _day, "terms.") for name in _TERM_DAYS}
    words: dict[str, Any] = {name: reader.value(content, name, _text, "terms.") for name in _TERMS - _TERM_DAYS}
    return Terms(**words, **days)
