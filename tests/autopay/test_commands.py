"""`leasedesk autopay` and `leasedesk reconcile square`, against Square's simulator through the real SDK."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.models import Account, Charge
from app.settings import Settings
from app.simulators.square.remote import SquareSimulator
from app.transaction import transaction
from tests import factories
from tests.autopay.conftest import CONSENT, card_of
from tests.conftest import CommittedDatabase
from tests.staff.test_commands import leasedesk


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SquareSimulator]:
    with SquareSimulator.start(tmp_path_factory.mktemp("square")) as running:
        yield running


@pytest.fixture
def place(committed_database: CommittedDatabase, simulator: SquareSimulator) -> CommittedDatabase:
    """A database whose settings name the simulator as Square's sandbox."""
    simulator.reset()
    named = {
        "square_environment": "sandbox",
        "square_access_token": simulator.token,
        "square_location_id": simulator.location_id,
        "square_base_url": simulator.url,
    }
    settings = Settings.model_validate(committed_database.settings.model_dump() | named)
    return CommittedDatabase(settings, committed_database.app)


def told(place: CommittedDatabase, *words: str) -> dict[str, Any]:
    done = leasedesk(place, *words, "--json")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def account(square: SquareSimulator, behaviour: str = "APPROVE") -> int:
    """An account that is late, with a card at Square that behaves so."""
    with transaction() as session:
        row = factories.account(session)
        number = row.account_number
        given = {"reference_id": number, "given_name": "Jordan", "cards": [{"behaviour": behaviour}]}
        seeded = square.seed([given])[0]
        row.customer.square_customer_id = seeded["customer_id"]
        card_of(session, row.customer, square_card_id=seeded["card_ids"][0])
        return row.id


def test_a_night_by_command(place: CommittedDatabase, simulator: SquareSimulator) -> None:
    for behaviour in ("APPROVE", "APPROVE", "INSUFFICIENT_FUNDS"):
        account(simulator, behaviour)
    assert told(place, "autopay", "enroll", "--all-with-card", "--consent", CONSENT) == {"enrolled": 3}
    dry = told(place, "autopay", "run", "--dry-run")
    assert (dry["eligible"], dry["skipped"], simulator.payments()) == (3, {}, [])
    simulator.fault("reset", when="after", match={"amount_money": simulator_amount()}, count=1)
    done = told(place, "autopay", "run", "--wait")
    assert done["eligible"] == 3
    assert done["succeeded"] + done["declined"] + done["unknown"] == 3
    assert done["unknown"] == 1
    assert told(place, "autopay", "run", "--wait")["is_new"] is False
    resolved = told(place, "autopay", "resolve", "--all")
    assert (resolved["looked"], resolved["sent_again"]) == (1, 0)
    taken = [each for each in simulator.payments() if each["payment"]["status"] == "COMPLETED"]
    assert len(taken) == 2
    found = told(place, "reconcile", "square", "--days", "2")
    assert (found["matched"], found["breaks"]) == (2, {})
    assert told(place, "check-ledger")["clean"]
    with transaction() as session:
        late = session.query(Account).filter(Account.balance_cents < 140_400).count()
        assert late == 2
        assert {charge.sends for charge in session.query(Charge)} == {1}


def simulator_amount() -> dict[str, Any]:
    """What each account of this test owes: four installments of 54.00 since October 9."""
    from app import clock
    from app.domain.servicing.frequency import Frequency
    from app.domain.servicing.schedule import installments

    lines = installments(Frequency.BIWEEKLY, dt.date(2026, 10, 9), total_cents=140_400, payment_cents=5_400)
    due = sum(line.amount_cents for line in lines if line.due_on <= clock.today())
    return {"amount": due, "currency": "USD"}


def test_without_square_a_sentence_says_what_is_missing(committed_database: CommittedDatabase) -> None:
    done = leasedesk(committed_database, "autopay", "run", "--json")
    assert done.returncode == 1
    assert "simulator does not run" in json.loads(done.stdout)["error"]


def test_another_day_is_looked_at_but_not_charged(place: CommittedDatabase) -> None:
    refused = leasedesk(place, "autopay", "run", "--date", "2020-01-01")
    assert refused.returncode == 2
    assert "today only" in refused.stderr
    assert told(place, "autopay", "run", "--date", "2020-01-01", "--dry-run")["eligible"] == 0
    assert leasedesk(place, "autopay", "enroll", "--consent", CONSENT).returncode == 2
