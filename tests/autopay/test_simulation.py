"""Seeded nights over the production services: nobody is charged twice, nothing is lost; and each protection is needed.

LEASEDESK_TEST_SEEDS says how many nights are played; `make nights` plays a thousand.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.autopay.charges import ChargeState
from app.gateways.cards import ChargeRequest, Declined, Outcome, Rejected, Unknown
from tests.autopay.conftest import Clock
from tests.autopay.simulation import Night, Send, another_key, night

SEEDS = int(os.environ.get("LEASEDESK_TEST_SEEDS", "12"))
UNTIL = 60
"""A mutant has to show itself within so many nights."""

_keys = itertools.count(1)


def test_nobody_is_charged_twice_and_nothing_is_lost(session: Session, time: Clock) -> None:
    wrong = {seed: found for seed in range(SEEDS) if (found := night(session, time, seed))}
    assert wrong == {}


def key_per_call(world: Night) -> Send:
    return lambda request: world.send(another_key(request, f"k{next(_keys)}"))


def janitor_mints_a_key(world: Night) -> Send:
    return lambda request: world.send(another_key(request, f"k{next(_keys)}") if request.send > 1 else request)


def _certain(world: Night, no: Outcome) -> Send:
    """Whatever is not known is taken for a no."""

    def send(request: ChargeRequest) -> Outcome:
        outcome = world.send(request)
        return no if isinstance(outcome, Unknown) else outcome

    return send


def time_out_means_declined(world: Night) -> Send:
    return _certain(world, Declined("GENERIC_DECLINE", "no answer"))


def cancelled_then_a_new_key(world: Night) -> Send:
    # Cancelling by key answers success for a key that the processor does not know, and leaves no tombstone.
    return _certain(world, Rejected("CANCELED", "cancelled by its key"))


@pytest.mark.parametrize("mutant", [key_per_call, janitor_mints_a_key, time_out_means_declined, cancelled_then_a_new_key])
def test_without_one_of_the_rules_somebody_is_charged_twice(
    session: Session, time: Clock, mutant: Callable[[Night], Send]
) -> None:
    assert any(night(session, time, seed, mutant) for seed in range(UNTIL))


def test_without_the_index_of_open_charges_somebody_is_charged_twice(session: Session, time: Clock) -> None:
    session.execute(text("drop index uq_charge_open"))
    assert any(night(session, time, seed) for seed in range(UNTIL))


def test_without_the_unique_payment_something_is_booked_twice(
    session: Session, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.services.autopay import settling, timeline

    session.execute(text("alter table payment drop constraint uq_payment_square_payment_id"))
    session.execute(text("alter table payment drop constraint uq_payment_idempotency_key"))
    session.execute(text("alter table charge drop constraint uq_charge_square_payment_id"))
    # What stands in front of the constraints: a charge that succeeded is left alone, a payment that is known as well.
    monkeypatch.setattr(settling, "is_over", lambda charge: False)
    monkeypatch.setattr(settling._Told, "_is_another", lambda told, payment: False)
    monkeypatch.setattr(timeline, "CHARGE_TRANSITIONS", {state: set(ChargeState) for state in ChargeState})
    assert any(night(session, time, seed) for seed in range(UNTIL))
