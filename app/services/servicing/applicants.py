"""The people who sign a contract: somebody new, or somebody who is known already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.servicing.opening import Applicant
from app.models import Customer, CustomerPhone
from app.services.servicing.customers import checked_person
from app.services.staff import audit
from app.services.staff.audit import Actor
from app.workbooks import contacts

_TYPED = ("first_name", "last_name", "email", "address", "city", "state", "zip_code", "monthly_income_cents")
_LENGTHS = {"first_name": 80, "last_name": 80, "email": 254, "address": 200, "city": 80}


def numbers(applicant: Applicant, *, field: str = "phone") -> list[str]:
    """The phone numbers of an applicant as E.164, each once. Raises RuleViolation for what is none."""
    found = []
    for typed in applicant.phones:
        if not typed.strip():
            continue
        number, _ = contacts.phone(typed)
        if number is None:
            raise RuleViolation(f"“{typed.strip()}” is not a phone number of the United States.", field=field)
        found.append(number)
    return list(dict.fromkeys(found))


def admit(
    session: Session, applicant: Applicant, *, portfolio_id: int, prefix: str = "", is_test: bool, now: dt.datetime, actor: Actor
) -> Customer:
    """The customer that an applicant is: the one who is known, with new numbers added, or a new row.

    The row is locked: two contracts of one customer are numbered one after the other. `prefix` stands before the names
    of fields in a refusal, which is how a form tells the second person from the first.
    """
    try:
        phones = numbers(applicant)
        if applicant.customer_id is None:
            customer = _new(session, applicant, portfolio_id=portfolio_id, is_test=is_test, now=now, actor=actor)
        else:
            customer = _known(session, applicant.customer_id, portfolio_id)
    except RuleViolation as problem:
        raise RuleViolation(problem.message, field=f"{prefix}{problem.field}" if problem.field else None) from problem
    _add_phones(session, customer, phones, now=now, actor=actor)
    return customer


def _known(session: Session, customer_id: int, portfolio_id: int) -> Customer:
    customer = session.scalar(select(Customer).where(Customer.id == customer_id).with_for_update())
    if customer is None or customer.portfolio_id != portfolio_id:
        raise RuleViolation("This customer is not in the portfolio of the contract.", field="customer")
    return customer


def _new(session: Session, applicant: Applicant, *, portfolio_id: int, is_test: bool, now: dt.datetime, actor: Actor) -> Customer:
    values = checked_person({name: getattr(applicant, name) for name in _TYPED})
    for name, most in _LENGTHS.items():
        if len(values.get(name) or "") > most:
            raise RuleViolation(f"That is too long; {most} characters fit.", field=name)
    customer = Customer(**values, portfolio_id=portfolio_id, is_test=is_test, created_at=now)
    session.add(customer)
    session.flush()
    audit.record(
        session,
        "customer created",
        now=now,
        actor=actor,
        entity="customer",
        entity_id=customer.id,
        # The trail outlives the customer's data, so it says that they came and not who they are.
        after={"portfolio_id": portfolio_id, "is_test": is_test},
    )
    return customer


def _add_phones(session: Session, customer: Customer, phones: Sequence[str], *, now: dt.datetime, actor: Actor) -> None:
    known = set(session.scalars(select(CustomerPhone.e164).where(CustomerPhone.customer_id == customer.id)))
    fresh = [number for number in phones if number not in known]
    for number in fresh:
        session.add(CustomerPhone(customer_id=customer.id, e164=number, is_primary=not known and number == fresh[0]))
    session.flush()
    if fresh and known:
        audit.record(
            session,
            "customer phone created",
            now=now,
            actor=actor,
            entity="customer",
            entity_id=customer.id,
            after={"numbers": len(fresh)},
        )
