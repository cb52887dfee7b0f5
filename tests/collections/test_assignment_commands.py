"""`leasedesk assignments` and `leasedesk reassign`."""

from __future__ import annotations

import datetime as dt
import json

from sqlalchemy import select

from app.extensions import db
from app.models import Account, Reassignment
from app.transaction import transaction
from tests import factories
from tests.conftest import CommittedDatabase
from tests.staff.test_commands import leasedesk

LATE = [(dt.date(2026, 10, 20), 5_400), (dt.date(2026, 11, 30), 5_400)]
VERY_LATE = [(dt.date(2026, 8, 20), 5_400), (dt.date(2026, 11, 30), 5_400)]


def test_a_supervisor_without_a_screen_looks_shares_out_and_sees_the_result(committed_database: CommittedDatabase) -> None:
    with transaction() as session:
        book = factories.portfolio(session)
        factories.staff(session, username="ann", name="Ann Boyd")
        factories.staff(session, username="ben", name="Ben Cole")
        numbers = [factories.account(session, book, lines=lines).account_number for lines in (LATE, LATE, VERY_LATE)]
    free = json.loads(leasedesk(committed_database, "assignments", "--unassigned", "--json").stdout)
    assert next((row["account_number"], row["past_due_cents"]) for row in free["unassigned"]) == (numbers[2], 5_400)
    assert {row["account_number"] for row in free["unassigned"]} == set(numbers)
    words = ("reassign", "--to", "ann", "--to", "ben", "--unassigned", "--days-to", "60", "--reason", "New team", "--json")
    planned = json.loads(leasedesk(committed_database, *words, "--dry-run").stdout)
    assert [(share["username"], share["accounts"]) for share in planned["shares"]] == [("ann", 1), ("ben", 1)]
    assert db.session.scalars(select(Reassignment)).all() == []
    done = json.loads(leasedesk(committed_database, *words).stdout)
    assert (done["accounts"], done["sentence"]) == (2, "2 accounts reassigned: Ann Boyd 1, Ben Cole 1.")
    db.session.expire_all()
    left = db.session.scalars(select(Account.account_number).where(Account.assigned_to_id.is_(None))).all()
    assert left == [numbers[2]]
    books = json.loads(leasedesk(committed_database, "assignments", "--json").stdout)["assignments"]
    assert [(one["username"], one["accounts"], one["past_due_cents"]) for one in books] == [
        ("ann", 1, 5_400),
        ("ben", 1, 5_400),
        (None, 1, 5_400),
    ]
    one = leasedesk(committed_database, "reassign", "--to", "ann", "--account", numbers[2], "--reason", "Hers", "--json")
    assert json.loads(one.stdout)["accounts"] == 1


def test_an_unknown_person_and_missing_words_are_refused(committed_database: CommittedDatabase) -> None:
    unknown = leasedesk(committed_database, "reassign", "--to", "zoe", "--reason", "x", "--json")
    assert (unknown.returncode, json.loads(unknown.stdout)["error"]) == (
        1,
        "There is no member of staff with the username zoe.",
    )
    assert leasedesk(committed_database, "reassign", "--to", "zoe").returncode == 2
    assert leasedesk(committed_database, "reassign", "--to", "zoe", "--reason", "x", "--days-from", "0").returncode == 2
