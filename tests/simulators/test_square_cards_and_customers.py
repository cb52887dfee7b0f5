"""Cards on file and the customers they belong to."""

from __future__ import annotations

from typing import Any

import pytest

from app.simulators.square.remote import ControlRefused, SquareSimulator
from tests.simulators.conftest import ANN, VISA, Payer, Sdk, refusal


def customers_of(pager: Any) -> list[str]:
    """The references of all customers of a list."""
    return [customer.reference_id for customer in pager]


def test_a_card_is_made_from_a_token_for_a_known_customer_and_shows_no_type_or_bin(square: Sdk, ann: Payer) -> None:
    request: Any = {
        "idempotency_key": "card-1",
        "source_id": "cnon:card-nonce-ok",
        "card": {"customer_id": ann.customer_id, "cardholder_name": "Ann Lee", "reference_id": "C-1"},
    }
    card = square.cards.create(**request).card
    assert card.id.startswith("ccof:") and card.enabled is True and card.version == 1
    assert (card.cardholder_name, card.customer_id, card.reference_id) == ("Ann Lee", ann.customer_id, "C-1")
    assert card.card_type is None and card.prepaid_type is None and card.bin is None
    assert square.cards.get(card.id).card == card
    assert square.cards.create(**request).card == card
    charged = square.payments.create(**ann.request("k-1", source_id=card.id)).payment.card_details.card
    assert charged.bin is not None and charged.card_type in ("DEBIT", "CREDIT")


def test_a_card_for_nobody_or_from_an_unknown_token_is_refused(square: Sdk, ann: Payer) -> None:
    nobody: Any = {"idempotency_key": "1", "source_id": "cnon:card-nonce-ok", "card": {"customer_id": "NOBODY"}}
    assert refusal(square.cards.create, **nobody) == (404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "card.customer_id")
    unknown: Any = {**nobody, "source_id": "cnon:whatever", "card": {"customer_id": ann.customer_id}}
    assert refusal(square.cards.create, **unknown) == (404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "source_id")
    assert refusal(square.cards.create, **{**nobody, "idempotency_key": "k" * 46})[2] == "VALUE_TOO_LONG"
    assert refusal(square.cards.get, card_id="ccof:nobody")[2] == "NOT_FOUND"


def test_a_token_made_to_decline_makes_a_card_that_declines(square: Sdk, ann: Payer) -> None:
    card = square.cards.create(
        idempotency_key="1", source_id="cnon:decline-INSUFFICIENT_FUNDS", card={"customer_id": ann.customer_id}
    ).card
    assert refusal(square.payments.create, **ann.request("k-1", source_id=card.id))[2] == "INSUFFICIENT_FUNDS"


def test_cards_come_25_a_page_of_one_customer_and_without_disabled_ones_unless_told(
    square: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    seeded = simulator.seed([{"reference_id": "C-9", "given_name": "Bea", "cards": [{} for _ in range(30)]}])[0]
    first = square.cards.list()
    assert len(first.items) == 25 and first.has_next
    assert len(list(square.cards.list())) == 31
    square.cards.disable(seeded["card_ids"][0])
    listed = [card.id for card in square.cards.list(customer_id=seeded["customer_id"])]
    assert listed == seeded["card_ids"][1:]
    everything = square.cards.list(customer_id=seeded["customer_id"], include_disabled=True)
    assert [card.id for card in everything] == seeded["card_ids"]
    assert [card.id for card in square.cards.list(sort_order="DESC")][-1] == ann.card_id


def test_disabling_a_card_makes_a_new_version_once(square: Sdk, ann: Payer) -> None:
    assert square.cards.disable(ann.card_id).card.version == 2
    again = square.cards.disable(ann.card_id).card
    assert (again.version, again.enabled) == (2, False)


def test_an_issuers_renewal_makes_a_new_version_and_the_card_is_good_again(square: Sdk, simulator: SquareSimulator) -> None:
    payer = Payer(simulator, behaviour="CARD_EXPIRED")
    assert refusal(square.payments.create, **payer.request("k-1"))[2] == "CARD_EXPIRED"
    renewal = {"exp_year": 2034, "behaviour": "APPROVE", "event": "card.automatically_updated"}
    simulator.ask("POST", f"cards/{payer.card_id}", renewal)
    card = square.cards.get(payer.card_id).card
    assert (card.version, card.exp_year) == (2, 2034)
    assert square.payments.create(**payer.request("k-2")).payment.status == "COMPLETED"


def test_an_issuer_alert_is_shown_on_the_card(square: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    alert = {"issuer_alert": "ISSUER_ALERT_CARD_CLOSED", "issuer_alert_at": "2026-11-22T03:04:05.678Z"}
    simulator.ask("POST", f"cards/{ann.card_id}", alert)
    assert square.cards.get(ann.card_id).card.issuer_alert == "ISSUER_ALERT_CARD_CLOSED"


def test_seeding_again_changes_nothing_and_gives_the_same_identifiers_and_plastic(
    square: Sdk, simulator: SquareSimulator
) -> None:
    rows = [{**ANN, "cards": [VISA, {}]}]
    first = simulator.seed(rows)
    cards = [card.fingerprint for card in square.cards.list()]
    assert simulator.seed(rows) == first
    simulator.reset()
    assert simulator.seed(rows) == first
    assert [card.fingerprint for card in square.cards.list()] == cards
    assert len(cards) == len(set(cards)) == 2


def test_a_list_with_a_bad_row_seeds_nothing(square: Sdk, simulator: SquareSimulator) -> None:
    with pytest.raises(ControlRefused, match="Row 2: Field `reference_id` must be set"):
        simulator.seed([ANN, {"given_name": "Bob"}])
    assert square.customers.list().items is None


def test_only_a_given_fingerprint_is_shared_by_cards_of_two_customers(square: Sdk, simulator: SquareSimulator) -> None:
    shared = {"fingerprint": "one card"}
    rows = [{"reference_id": f"C-{number}", "given_name": "X", "cards": [{}, shared]} for number in range(40)]
    simulator.seed(rows)
    prints = [card.fingerprint for card in square.cards.list()]
    assert len(prints) == 80 and len(set(prints)) == 41


def test_a_customer_is_created_updated_by_version_and_deleted_with_the_cards(square: Sdk) -> None:
    made = square.customers.create(given_name="Ann", email_address="ann@example.com", idempotency_key="c-1").customer
    assert (made.given_name, made.version) == ("Ann", 0)
    assert square.customers.create(given_name="Ann", email_address="ann@example.com", idempotency_key="c-1").customer == made
    changed = square.customers.update(made.id, phone_number="+12125550101", email_address=None, version=0).customer
    assert (changed.phone_number, changed.email_address, changed.given_name, changed.version) == (
        "+12125550101", None, "Ann", 1,
    )  # fmt: skip
    options: Any = {"max_retries": 0}
    conflict = refusal(square.customers.update, customer_id=made.id, note="x", version=0, request_options=options)
    assert conflict[0] == 409
    card = square.cards.create(idempotency_key="1", source_id="cnon:card-nonce-ok", card={"customer_id": made.id}).card
    square.customers.delete(made.id)
    assert refusal(square.customers.get, customer_id=made.id)[2] == "NOT_FOUND"
    assert refusal(square.cards.get, card_id=card.id)[2] == "NOT_FOUND"


def test_a_customer_needs_a_name_or_a_way_to_be_reached(square: Sdk) -> None:
    assert refusal(square.customers.create, note="nobody")[2] == "BAD_REQUEST"
    assert refusal(square.customers.create, given_name="A", email_address="no address")[2] == "INVALID_EMAIL_ADDRESS"
    assert refusal(square.customers.create, given_name="A", phone_number="call me")[2] == "INVALID_PHONE_NUMBER"


def test_customers_are_listed_in_pages_with_a_count_when_asked(square: Sdk, simulator: SquareSimulator) -> None:
    simulator.seed([{"reference_id": f"C-{number}", "given_name": "X"} for number in range(5)])
    assert customers_of(square.customers.list(limit=2)) == [f"C-{number}" for number in range(5)]
    counted = square.customers.list(limit=2, count=True)
    assert counted.response.count == 5
    assert customers_of(square.customers.list(sort_order="DESC"))[0] == "C-4"


def test_customers_are_found_by_address_number_and_reference_exactly_or_by_words(square: Sdk, simulator: SquareSimulator) -> None:
    other = {"reference_id": "X-22", "given_name": "Bob", "email": "bob@other.example", "phone": "(212) 555-0199"}
    simulator.seed([ANN, other])

    def found(**text_filter: Any) -> list[str]:
        query: Any = {"filter": text_filter}
        return [customer.reference_id for customer in square.customers.search(query=query).customers or []]

    assert found(email_address={"exact": "ann.lee@EXAMPLE.com"}) == ["C-1"]
    assert found(email_address={"fuzzy": "lee ann"}) == ["C-1"]
    assert found(email_address={"fuzzy": "example"}) == ["C-1", "X-22"]
    assert found(email_address={"exact": "lee"}) == []
    assert found(phone_number={"exact": "+12125550199"}) == ["X-22"]
    assert found(phone_number={"fuzzy": "55501"}) == ["C-1", "X-22"]
    assert found(reference_id={"exact": "C-1"}) == ["C-1"]
    assert found(reference_id={"fuzzy": "x"}) == ["X-22"]
    assert found(reference_id={"exact": "C-1"}, phone_number={"exact": "+12125550199"}) == []


def test_customers_cannot_be_searched_by_name(square: Sdk, simulator: SquareSimulator) -> None:
    simulator.seed([ANN])
    query: Any = {"filter": {"given_name": {"exact": "Ann"}}}
    assert refusal(square.customers.search, query=query) == (
        400, "INVALID_REQUEST_ERROR", "UNKNOWN_BODY_PARAMETER", "given_name",
    )  # fmt: skip


def test_a_search_since_a_moment_finds_what_changed_and_counts_it(square: Sdk, simulator: SquareSimulator) -> None:
    seeded = simulator.seed([ANN, {"reference_id": "C-2", "given_name": "Bob"}])
    simulator.set(clock_offset_seconds=60)
    changed = square.customers.update(seeded[1]["customer_id"], note="moved").customer
    since: Any = {"filter": {"updated_at": {"start_at": changed.updated_at}}, "sort": {"order": "DESC"}}
    page = square.customers.search(query=since, limit=1, count=True)
    assert [customer.id for customer in page.customers] == [changed.id]
    assert (page.count, page.cursor) == (1, None)
