"""`leasedesk end-of-day --catch-up` and `leasedesk worklist`."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sqlalchemy import select, update

from app.extensions import db
from app.models import Account, CollectorProfile, DayRun
from app.transaction import transaction
from tests import factories, product
from tests.conftest import CommittedDatabase
from tests.factories import TODAY

DAY = dt.timedelta(days=1)


def told(database: CommittedDatabase, *words: str, on: dt.date = TODAY) -> dict[str, Any]:
    """What a command answers on a business date."""
    environment = dict(database.settings.as_environment()) | {"LEASEDESK_TODAY": on.isoformat()}
    done = product.leasedesk(*words, "--json", environment=environment)
    db.session.rollback()
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer | {"code": done.returncode}


def test_missed_days_are_ended_in_order_and_one_day_alone_when_it_is_named(committed_database: CommittedDatabase) -> None:
    with transaction() as session:
        account = factories.account(session, lines=[(TODAY - 9 * DAY, 5_000), (TODAY + 9 * DAY, 5_000)])
    one = told(committed_database, "end-of-day", "--date", (TODAY - 4 * DAY).isoformat())
    assert (one["code"], one["business_on"], one["accounts"], one["failed"]) == (0, "2026-11-16", 1, 0)
    steps = {step["step"]: step for step in one["steps"]}
    assert steps["snapshots"]["changed"] == 1 and steps["age"]["seconds"] >= 0
    caught_up = told(committed_database, "end-of-day", "--catch-up")
    assert [day["business_on"] for day in caught_up["days"]] == ["2026-11-17", "2026-11-18", "2026-11-19"]
    assert [day["accounts"] for day in caught_up["days"]] == [1, 1, 1]
    assert caught_up["opened"] == "2026-11-20"
    assert db.session.get_one(Account, account.id).days_past_due == 9
    again = told(committed_database, "end-of-day", "--catch-up", "--date", TODAY.isoformat())
    assert [day["business_on"] for day in again["days"]] == ["2026-11-20"]
    assert len(db.session.scalars(select(DayRun)).all()) == 5
    environment = dict(committed_database.settings.as_environment()) | {"LEASEDESK_TODAY": TODAY.isoformat()}
    tomorrow = product.leasedesk("end-of-day", "--date", (TODAY + DAY).isoformat(), environment=environment)
    assert (tomorrow.returncode, "2026-11-21 has not come yet" in tomorrow.stderr) == (2, True)


def test_a_worklist_is_ranked_with_its_points_in_the_order_of_the_profile(committed_database: CommittedDatabase) -> None:
    with transaction() as session:
        ann = factories.staff(session, username="ann", name="Ann Boyd")
        book = factories.portfolio(session)
        old = factories.account(session, book, lines=[(TODAY - 40 * DAY, 2_000)])
        dear = factories.account(session, book, lines=[(TODAY - 5 * DAY, 90_000)])
        others = factories.account(session, book, lines=[(TODAY - 50 * DAY, 95_000)])
        session.execute(update(Account).where(Account.id != others.id).values(assigned_to_id=ann.id))
    by_weight = told(committed_database, "worklist", "--collector", "ANN")
    assert (by_weight["waiting"], by_weight["order"]) == (2, "weight")
    rows = [(row["rank"], row["account_number"], row["weight"]) for row in by_weight["accounts"]]
    # A point a dollar and a point a day: 900 + 5, and 20 + 40.
    assert rows == [(1, dear.account_number, 905), (2, old.account_number, 60)]
    assert by_weight["accounts"][1]["why"] == "$20.00 past due (20) and 40 days past due (40) make a weight of 60."
    assert by_weight["accounts"][1]["breakdown"]["weight"] == 60
    with transaction() as session:
        session.add(CollectorProfile(staff_id=ann.id, sort_order="days_past_due"))
    by_days = told(committed_database, "worklist", "--collector", "ann", "--limit", "1")
    assert [row["account_number"] for row in by_days["accounts"]] == [old.account_number]
    nobody = told(committed_database, "worklist", "--collector", "zoe")
    assert (nobody["code"], nobody["error"]) == (1, "There is no member of staff with the username zoe.")
