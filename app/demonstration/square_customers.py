"""What the demonstration's company has at the simulated Square: most of its customers, most of them with a card on file.

Only the simulator is given them. The product finds them as it would find a real company's: Card Sync, "Scan all".
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app import clock
from app.domain.servicing.status import OPEN_STATUSES
from app.models import Account, Customer, CustomerPhone
from app.simulators.square.__main__ import STORE_FILE
from app.simulators.square.seeding import seed
from app.simulators.square.simulation import Simulation
from app.simulators.square.store import Store, StoreBusy

KNOWN = 0.85
"""Share of the customers who are known there."""

WITHOUT_REFERENCE = 0.12
"""Share of these who were entered by hand: they are found by their phone number only."""

WITH_CARD = 0.9
SECOND_CARD = 0.06

ANSWERS = {"APPROVE": 84, "INSUFFICIENT_FUNDS": 9, "GENERIC_DECLINE": 3, "CARD_EXPIRED": 2, "INVALID_ACCOUNT": 2}
"""How the cards answer when they are charged, and how many of a hundred do."""


def make(session: Session, home: Path, rng: Random) -> bool:
    """Give the simulator of this home its customers; False when it is running and so cannot be given any."""
    rows = [_row(rng, *found) for found in _customers(session) if rng.random() < KNOWN]
    try:
        store = Store(home / STORE_FILE)
    except StoreBusy:
        return False
    try:
        with store.transaction():
            seed(Simulation(store, clock.now), rows)
    finally:
        store.close()
    return True


def _customers(session: Session) -> list[tuple[str, str, str, str | None, str | None]]:
    """Account number, names, e-mail and first phone of everybody with an open account; of several accounts the first."""
    phone = (
        select(CustomerPhone.e164)
        .where(CustomerPhone.customer_id == Customer.id)
        .order_by(CustomerPhone.is_primary.desc(), CustomerPhone.id)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Account.account_number, Customer.first_name, Customer.last_name, Customer.email, phone)
        .join(Customer, Customer.id == Account.customer_id)
        .where(Account.status.in_(OPEN_STATUSES))
        .ext(distinct_on(Customer.id))
        .order_by(Customer.id, Account.id)
    )
    return [(number, first, last, email, e164) for number, first, last, email, e164 in session.execute(query)]


def _row(rng: Random, number: str, first: str, last: str, email: str | None, phone: str | None) -> dict[str, Any]:
    by_hand = phone is not None and rng.random() < WITHOUT_REFERENCE
    count = (rng.random() < WITH_CARD) + (rng.random() < SECOND_CARD)
    return {
        "reference_id": f"POS {number}" if by_hand else number,
        "given_name": first,
        "family_name": last,
        "email": email,
        "phone": phone,
        "cards": [{"behaviour": rng.choices(list(ANSWERS), list(ANSWERS.values()))[0]} for _ in range(count)],
    }
