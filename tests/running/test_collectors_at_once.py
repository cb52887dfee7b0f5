"""Fifty collectors ask the web server for the next account at the same moment, over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app import clock
from app.domain.collections.contact import ActivityKind
from app.extensions import db
from app.models import Account, Activity, WorkClaim, WorkedToday
from app.queries.collections.worklist import IS_WORKED_ON
from app.settings import Settings
from app.transaction import transaction
from bench import desks
from bench.next_account import at_once
from bench.seed import seed
from tests.conftest import CommittedDatabase
from tests.factories import TODAY

ACCOUNTS = 250
COLLECTORS = 50
GO_HOME = 10


@pytest.fixture
def eleven(committed_database: CommittedDatabase) -> Iterator[None]:
    """The hour at which the web server of a measurement works."""
    clock.set_clock(pinned_on=TODAY)
    desks.stop_the_clock()
    yield
    clock.set_clock(pinned_on=None)


@pytest.mark.usefixtures("eleven")
def test_fifty_collectors_never_share_an_account_and_none_is_lost_when_some_go_home(
    committed_database: CommittedDatabase, tmp_path: Path
) -> None:
    with transaction() as session:
        seed(session, accounts=ACCOUNTS, today=TODAY, now=clock.now(), told=lambda sentence: None)
        tokens = desks.crew(session, COLLECTORS)
        late = set(session.scalars(select(Account.id).where(IS_WORKED_ON)))
    assert len(late) > COLLECTORS, "more than one for each"
    settings = Settings.model_validate(committed_database.settings.model_dump() | {"today": TODAY, "home": tmp_path})
    with desks.opened(settings, tmp_path / "web.log") as office:
        first = at_once(office, tokens, asks=1, leaving=COLLECTORS)
        assert len(first) == len(set(first)) == COLLECTORS, [one for one, times in Counter(first).items() if times > 1]
        # Some go home with theirs on the screen; the others go on with what they have until nothing waits.
        given = at_once(office, tokens[GO_HOME:], asks=len(late))
        assert len(given) == len(set(given)), [one for one, times in Counter(given).items() if times > 1]
        left = late - set(given)
        assert len(left) == GO_HOME and left < set(first)
        with transaction() as session:
            assert set(session.scalars(select(WorkClaim.account_id))) == left
        assert at_once(office, tokens[-1:], asks=1) == [], "nobody is given what another has"

        with transaction() as session:  # A quarter of an hour passes.
            session.execute(update(WorkClaim).values(until_at=clock.now()))
        assert sorted(at_once(office, tokens[-20:], asks=GO_HOME)) == sorted(left)
    with transaction() as session:
        calls = select(Activity.account_id, func.count()).where(Activity.kind == ActivityKind.CALL).group_by(Activity.account_id)
        assert dict(session.execute(calls).all()) == dict.fromkeys(late, 1), "each was called once, by one of them"
        assert set(session.scalars(select(WorkedToday.account_id))) == late
    db.session.rollback()
