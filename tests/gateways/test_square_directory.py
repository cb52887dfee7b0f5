"""Customers and cards are asked of Square's simulator through the real SDK."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest

from app.gateways.calls import ApiCall
from app.gateways.card_directory import CardOnFile
from app.gateways.cards import Unanswered
from app.gateways.square import SquareAccess, SquareGateway
from app.gateways.square_directory import SquareDirectory
from app.simulators.square.remote import SquareSimulator


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SquareSimulator]:
    with SquareSimulator.start(tmp_path_factory.mktemp("square")) as running:
        yield running


def test_customers_and_cards_are_read_page_by_page_found_and_disabled(simulator: SquareSimulator) -> None:
    calls: list[ApiCall] = []
    access = SquareAccess("simulator", simulator.token, simulator.location_id, simulator.url)
    square = SquareDirectory(SquareGateway(access, calls.append))
    plastic = [{"last_4": f"{number:04d}", "exp_month": 3, "exp_year": 2031} for number in range(30)]
    ann = {"reference_id": "A-1", "given_name": "Ann", "family_name": "Lee", "email": "ann@example.com", "phone": "+12125550101"}
    seeded = simulator.seed([{**ann, "cards": plastic}, {"reference_id": "A-2", "given_name": "Pat"}])
    people = square.customers()
    assert not isinstance(people, Unanswered)
    assert [(one.reference_id, one.given_name, one.email) for one in people.entries] == [
        ("A-1", "Ann", "ann@example.com"),
        ("A-2", "Pat", None),
    ]
    first = square.cards(customer_id=seeded[0]["customer_id"])
    assert not isinstance(first, Unanswered)
    assert first.cursor is not None
    second = square.cards(first.cursor, customer_id=seeded[0]["customer_id"])
    assert not isinstance(second, Unanswered)
    assert (len(first.entries), len(second.entries), second.cursor) == (25, 5, None)
    for asked in ({"reference_id": "A-1"}, {"email": "ann@example.com"}, {"phone": "+12125550101"}):
        found = square.search(**asked)
        assert not isinstance(found, Unanswered)
        assert [one.id for one in found] == [seeded[0]["customer_id"]]
    card = first.entries[0]
    assert square.card(card.id) == card
    disabled = square.disable(card.id)
    assert not isinstance(disabled, Unanswered)
    assert (disabled.is_enabled, disabled.version > card.version) == (False, True)
    missing = square.customer("nobody")
    assert isinstance(missing, Unanswered)
    assert missing.is_not_found
    assert "ann@example.com" not in repr(calls)
    assert card.id not in repr(calls)


def test_a_card_typed_into_the_hosted_fields_becomes_one_on_file(simulator: SquareSimulator) -> None:
    simulator.reset()
    seeded = simulator.seed([{"reference_id": "C-9", "given_name": "Jordan"}])[0]
    calls: list[ApiCall] = []
    access = SquareAccess("simulator", simulator.token, simulator.location_id, simulator.url)
    directory = SquareDirectory(SquareGateway(access, calls.append))
    with urllib.request.urlopen(f"{simulator.url}/v1/square.js") as script:
        assert simulator.url in script.read().decode()
    typed = urllib.parse.urlencode({"number": "4111 1111 1111 1111"}).encode()
    with urllib.request.urlopen(f"{simulator.url}/v1/tokens", typed) as told:
        token = json.load(told)["token"]
    made = [directory.add_card(seeded["customer_id"], token=token, key="once") for _ in range(2)]
    assert isinstance(made[0], CardOnFile)
    assert made[0] == made[1]
    assert (made[0].last_four, made[0].customer_id) == ("1111", seeded["customer_id"])
    assert token not in repr(calls)
    unknown = "cnon:nobody-knows-it"
    refused = directory.add_card(seeded["customer_id"], token=unknown, key="twice")
    assert isinstance(refused, Unanswered)
