"""The migrations make exactly what the models say."""

from app import schema
from tests.conftest import CommittedDatabase


def test_the_models_and_the_migrated_tables_agree(committed_database: CommittedDatabase) -> None:
    assert schema.differences(committed_database.app) == []


def test_a_migrated_database_is_at_the_newest_migration(committed_database: CommittedDatabase) -> None:
    assert schema.is_current(committed_database.app)
    assert schema.newest() is not None
