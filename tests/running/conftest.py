"""Homes of their own for tests that start and stop servers."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.running import embedded
from app.running.postgres import Postgres
from app.running.valkey import Valkey


@pytest.fixture
def home() -> Iterator[Path]:
    """A new home with a short path; every server on it has ended before it is removed."""
    with tempfile.TemporaryDirectory(prefix="ld-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        path.chmod(0o711)
        yield path
        for server in (Postgres(path, print), Valkey(path)):
            if (path / "run").exists():
                embedded.wait_until_left(server, path)
