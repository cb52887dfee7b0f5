"""The monitor sees what is open with Square: charges by state, the oldest that nobody knows about, and hints that wait."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.domain.autopay.breaks import BreakKind
from app.domain.autopay.charges import ChargeKind, ChargeState
from app.domain.payments.square_events import EventState
from app.models import AutopayBatch, Card, Charge, SquareBreak, SquareEvent
from app.queries.reporting.figures import figures
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import LIMITS


def measured(session: Session) -> dict[str, dict[str, float]]:
    found = figures(session, limits=LIMITS, now=NOW, today=TODAY)
    return {figure.name: {" ".join(words.values()): value for words, value in figure.values} for figure in found}


def charge(session: Session, state: ChargeState, *, on: dt.date = TODAY, sent_at: dt.datetime = NOW) -> None:
    account = factories.account(session)
    number = account.id
    card = Card(
        customer_id=account.customer_id,
        square_card_id=f"ccof:{number}",
        brand="VISA",
        last_four="1111",
        expires_month=12,
        expires_year=2030,
        created_at=NOW,
    )
    session.add(card)
    session.flush()
    session.add(
        Charge(
            key=f"ld-{number}",
            account_id=account.id,
            card_id=card.id,
            card_identity=card.square_card_id,
            card_version=1,
            kind=ChargeKind.NOW,
            amount_cents=5_400,
            currency="USD",
            location_id="L",
            request="{}",
            request_hash="0" * 64,
            business_on=on,
            planned_at=NOW,
            state=state,
            sends=1,
            first_sent_at=sent_at,
        )
    )
    session.flush()


def test_an_idle_product_has_nothing_open(session: Session) -> None:
    told = measured(session)
    assert told["leasedesk_charges"] == {}
    assert told["leasedesk_square_breaks_open"] == {}
    assert told["leasedesk_charge_oldest_unknown_seconds"] == {"": 0.0}
    assert told["leasedesk_webhook_lag_seconds"] == {"": 0.0}
    assert "leasedesk_autopay_batch_days_behind" not in told


def test_what_is_open_is_counted_and_has_an_age(session: Session) -> None:
    long_ago = TODAY - dt.timedelta(days=30)
    charge(session, ChargeState.UNKNOWN, sent_at=NOW - dt.timedelta(seconds=90))
    charge(session, ChargeState.UNKNOWN, on=long_ago, sent_at=NOW - dt.timedelta(hours=2))
    charge(session, ChargeState.DECLINED)
    charge(session, ChargeState.DECLINED, on=long_ago)
    session.add(AutopayBatch(business_on=TODAY - dt.timedelta(days=2), kind="daily", started_at=NOW - dt.timedelta(minutes=10)))
    session.add(SquareBreak(kind=BreakKind.ORPHAN, reference="p1", said="Nobody knows it.", found_at=NOW, seen_at=NOW))
    for number, state in enumerate([EventState.WAITING, EventState.DONE]):
        at = NOW - dt.timedelta(seconds=30 + number * 1_000)
        session.add(
            SquareEvent(event_id=f"e{number}", type="card.updated", object_id="c", happened_at=at, received_at=at, state=state)
        )
    session.flush()
    told = measured(session)
    assert told["leasedesk_charges"] == {"unknown": 2.0, "declined": 1.0}
    assert told["leasedesk_charge_oldest_unknown_seconds"] == {"": 7_200.0}
    assert told["leasedesk_autopay_batch_running_seconds"] == {"": 600.0}
    assert told["leasedesk_autopay_batch_days_behind"] == {"": 2.0}
    assert told["leasedesk_square_breaks_open"] == {"orphan": 1.0}
    assert told["leasedesk_webhook_lag_seconds"] == {"": 30.0}
