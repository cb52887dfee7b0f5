"""A running simulator, the real SDK in front of it, and a seller with a few customers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import httpx
import pytest
from square import Square
from square.core.api_error import ApiError

from app.simulators.square.remote import SquareSimulator
from tests.simulators.square_contract import check_answer

# Every field of the SDK's models is optional; a test that looks into one would say so in every line.
Sdk: TypeAlias = Any

ANN = {
    "reference_id": "C-1",
    "given_name": "Ann",
    "family_name": "Lee",
    "email": "Ann.Lee@example.com",
    "phone": "+12125550101",
}
VISA = {"brand": "VISA", "bin": "411111", "last_4": "1111", "card_type": "DEBIT", "prepaid_type": "NOT_PREPAID",
        "exp_month": 11, "exp_year": 2031}  # fmt: skip


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SquareSimulator]:
    """One process for all tests of a run."""
    with SquareSimulator.start(tmp_path_factory.mktemp("square")) as running:
        yield running


@pytest.fixture
def simulator(simulator_process: SquareSimulator) -> SquareSimulator:
    """The simulator, with nothing in it."""
    simulator_process.reset()
    return simulator_process


def sdk(simulator: SquareSimulator, *, is_checked: bool = True) -> Sdk:
    """The real SDK. Checked: everything that goes over the wire is held against Square's contract."""
    hooks: dict[str, list[Callable[..., Any]]] = {"response": [check_answer]} if is_checked else {}
    # Certificates are never looked at on loopback, and loading them takes longer than a test.
    client = httpx.Client(timeout=10, event_hooks=hooks, verify=False, limits=httpx.Limits(max_connections=64))
    return Square(token=simulator.token, base_url=simulator.url, httpx_client=client)


@pytest.fixture(scope="session")
def square(simulator_process: SquareSimulator) -> Sdk:
    """The SDK, every exchange checked."""
    return sdk(simulator_process)


@pytest.fixture(scope="session")
def unchecked(simulator_process: SquareSimulator) -> Sdk:
    """The SDK as it meets faults, whose answers keep no contract."""
    return sdk(simulator_process, is_checked=False)


def eventually(condition: Callable[[], bool]) -> None:
    """Ask again and again until a condition holds; fail when it does not within ten seconds."""
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until, "It did not come to pass within ten seconds."


class Payer:
    """A seeded customer with a card, and the request that charges it."""

    def __init__(self, simulator: SquareSimulator, *, behaviour: str = "APPROVE", reference: str = "C-1") -> None:
        row = {**ANN, "reference_id": reference, "cards": [{**VISA, "behaviour": behaviour}]}
        seeded = simulator.seed([row])[0]
        self.customer_id: str = seeded["customer_id"]
        self.card_id: str = seeded["card_ids"][0]
        self._location_id = simulator.location_id

    def request(self, key: str, cents: int = 2999, **more: Any) -> dict[str, Any]:
        """The keyword arguments of payments.create, as the product sends them."""
        return {
            "source_id": self.card_id,
            "customer_id": self.customer_id,
            "idempotency_key": key,
            "amount_money": {"amount": cents, "currency": "USD"},
            "location_id": self._location_id,
            "reference_id": f"charge-{key}",
            "note": "Account A-1, installment 7",
            "autocomplete": True,
            "customer_details": {"customer_initiated": False, "seller_keyed_in": False},
            **more,
        }


@pytest.fixture
def ann(simulator: SquareSimulator) -> Payer:
    """A customer whose card is approved."""
    return Payer(simulator)


# The SDK's own retries, switched off.
ONCE: Any = {"max_retries": 0}
# The same, and an answer is waited for only this long.
BRIEFLY: Any = {"max_retries": 0, "timeout_in_seconds": 0.3}


def refusal(call: Any, **request: Any) -> tuple[int | None, str, str, str | None]:
    """How Square refuses a call: HTTP status, category, code, field."""
    with pytest.raises(ApiError) as caught:
        call(**request)
    error = caught.value.errors[0]
    return caught.value.status_code, str(error.category), str(error.code), error.field
