"""Two people act on one case at the same moment: one does it, the other one is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.servicing.disputes import DisputeReason, DisputeState
from app.domain.servicing.status import AccountStatus
from app.models import DeviceReturn, Dispute, Recovery
from app.services.servicing import disputes, recoveries, returns
from app.services.staff.audit import SYSTEM
from app.transaction import transaction
from tests import factories
from tests.conftest import CommittedDatabase
from tests.factories import NOW, TODAY

AT: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": SYSTEM}


def at_once(database: CommittedDatabase, *deeds: Callable[[Session], object]) -> list[str]:
    """Do all of them side by side, each in a transaction of its own; what each came to: "" or the refusal."""
    ready = Barrier(len(deeds))

    def do(deed: Callable[[Session], object]) -> str:
        with database.app.app_context():
            ready.wait()
            try:
                with transaction() as session:
                    deed(session)
            except RuleViolation as refusal:
                return refusal.message
        return ""

    with ThreadPoolExecutor(len(deeds)) as pool:
        return sorted(pool.map(do, deeds))


def an_account() -> int:
    with transaction() as session:
        return factories.account(session, status=AccountStatus.DEFAULT, default_on=TODAY).id


def test_a_return_and_a_recovery_are_started_once(committed_database: CommittedDatabase) -> None:
    account_id = an_account()

    def give_back(session: Session) -> object:
        return returns.start(session, account_id, reason="Gives it up", **AT)

    def fetch(session: Session) -> object:
        return recoveries.start(session, account_id, reason="Late", agent=None, assigned_to_id=None, **AT)

    assert at_once(committed_database, give_back, give_back) == ["", "A return of this device is under way already."]
    assert at_once(committed_database, fetch, fetch) == ["", "A recovery of this device is under way already."]
    with transaction() as session:
        for model in (DeviceReturn, Recovery):
            assert session.scalar(select(func.count()).select_from(model)) == 1


def test_a_dispute_is_decided_once(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    account_id = an_account()
    with transaction() as session:
        dispute_id = disputes.open_dispute(
            session,
            account_id,
            reason=DisputeReason.PAID,
            amount_cents=5_400,
            statement="Paid at the counter.",
            deadline_on=TODAY + dt.timedelta(days=9),
            files=[],
            home=tmp_path,
            **AT,
        ).id
        disputes.review(session, dispute_id, now=NOW, actor=SYSTEM)

    def decide(state: DisputeState) -> Callable[[Session], object]:
        return lambda session: disputes.resolve(session, dispute_id, state=state, resolution="Looked at it", **AT)

    done, told = at_once(committed_database, decide(DisputeState.UPHELD), decide(DisputeState.REJECTED))
    with transaction() as session:
        state = session.get_one(Dispute, dispute_id).state
    other = DisputeState.REJECTED if state is DisputeState.UPHELD else DisputeState.UPHELD
    assert (done, told) == ("", f"A dispute that is {state.label.lower()} cannot become {other.label.lower()}.")
