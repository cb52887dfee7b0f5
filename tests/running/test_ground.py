"""The ground of the tests themselves: what one test commits, no other test sees."""

import psycopg
import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.models import Setting
from app.transaction import transaction
from tests.conftest import CommittedDatabase


@pytest.mark.parametrize("turn", ["first", "second"])
def test_what_a_test_commits_is_gone_in_the_next_one(session: Session, turn: str) -> None:
    assert session.scalars(select(Setting)).all() == []
    with transaction() as opened:
        opened.add(Setting(name="tone", value=turn, changed_at=clock.now()))
    assert session.scalar(select(Setting.value)) == turn


def test_a_failed_transaction_takes_back_only_itself(session: Session) -> None:
    with transaction() as opened:
        opened.add(Setting(name="kept", value=1, changed_at=clock.now()))
    with pytest.raises(ZeroDivisionError), transaction() as opened:
        opened.add(Setting(name="lost", value=1 // len(""), changed_at=clock.now()))
    with pytest.raises(IntegrityError), transaction() as opened:
        opened.add_all([Setting(name=name, value=1, changed_at=clock.now()) for name in ("lost", "kept")])
    assert session.scalars(select(Setting.name)).all() == ["kept"]


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_committed_database_is_seen_by_another_connection_and_by_no_other_test(
    committed_database: CommittedDatabase, turn: str
) -> None:
    with transaction() as opened:
        opened.add(Setting(name="tone", value=turn, changed_at=clock.now()))
    with psycopg.connect(committed_database.url) as other:
        assert other.execute("select value from setting").fetchall() == [(turn,)]


@pytest.mark.parametrize("turn", ["first", "second"])
def test_redis_is_empty_for_each_test(redis: Redis, turn: str) -> None:
    assert redis.get("turn") is None
    redis.set("turn", turn)
    assert redis.get("turn") == turn.encode()
