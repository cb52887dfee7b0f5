"""`leasedesk payment …` and `leasedesk fee …`: what they post, what they answer, and how they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.domain.servicing.charges import FeeKind
from app.extensions import db
from app.models import Account, Fee, Payment
from tests import factories
from tests.conftest import CommittedDatabase
from tests.factories import NOW, TODAY
from tests.product import environment_for, leasedesk


def test_a_payment_is_taken_and_reversed_and_a_fee_is_waived(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    session = db.session()
    account = factories.account(session, total_cents=27_000)
    fee = Fee(account_id=account.id, kind=FeeKind.OTHER, assessed_on=TODAY, amount_cents=700, reason="Locksmith", created_at=NOW)
    session.add(fee)
    session.commit()
    given = {"DATABASE_URL": committed_database.url, "REDIS_URL": committed_database.settings.queue_url}
    environment = environment_for(tmp_path, given | {"LEASEDESK_TODAY": TODAY.isoformat()})

    def run(*words: str) -> tuple[int, dict[str, Any], str]:
        done = leasedesk(*words, environment=environment)
        return done.returncode, json.loads(done.stdout) if "--json" in words and done.stdout else {}, done.stderr

    code, told, _ = run("payment", "take", account.account_number, "61.00", "--method", "zelle", "--reference", "ZL1", "--json")
    assert (code, told["state"], told["amount_cents"], told["balance_cents"]) == (0, "complete", 6_100, 27_000 + 700 - 6_100)
    payment = session.scalars(select(Payment)).one()
    assert (payment.amount_cents, payment.reference) == (6_100, "ZL1")
    code, told, _ = run("payment", "reverse", str(payment.id), "--reason", "Wrong account", "--json")
    assert (code, told["kind"], told["balance_cents"]) == (0, "reversal", 27_700)
    code, _, said = run("payment", "reverse", str(payment.id), "--reason", "Again")
    assert code == 1 and "only once" in said
    code, told, _ = run("fee", "waive", str(fee.id), "--reason", "Goodwill", "--json")
    assert (code, told["waived_cents"], told["balance_cents"]) == (0, 700, 27_000)
    code, _, said = run("payment", "take", account.account_number, "a lot")
    assert code == 2 and "not an amount" in said
    session.expire_all()
    assert session.get_one(Account, account.id).balance_cents == 27_000
