"""A small portfolio as the benches make it, really committed."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from app.clock import moment
from app.transaction import transaction
from bench.seed import seed
from tests.conftest import CommittedDatabase

ON = dt.date(2026, 11, 20)
ACCOUNTS = 120


@pytest.fixture
def seeded(committed_database: CommittedDatabase) -> Flask:
    """An application over 120 accounts as of November 20, 2026."""
    with transaction() as session:
        seed(session, accounts=ACCOUNTS, today=ON, now=moment(ON, dt.time(9)), told=lambda sentence: None)
    return committed_database.app
