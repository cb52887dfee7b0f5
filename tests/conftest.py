"""The ground that tests stand on: real servers, a migrated database of their own, and a clean slate for each test.

* `session`: the database session of one test. Everything the test commits is a savepoint in one outer transaction
  that is rolled back at its end.
* `client`: a browser without a face for the whole product, inside the same outer transaction.
* `app`: the whole product with its screens. `headless_app`: without them.
* `committed_database`: a database of its own for a test that needs real commits, several connections or processes.
* `redis`: an empty Redis database.
* `running_product`: `leasedesk up`, really started, with a small demonstration portfolio.
* `browser`: a Chromium.

The servers are embedded ones in a temporary home, or those of LEASEDESK_TEST_DATABASE_URL and
LEASEDESK_TEST_REDIS_URL. The tables are made once by the migrations and copied from there.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from redis import Redis
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from xdist.scheduler import LoadScopeScheduling

from app import create_app, schema
from app.extensions import db
from app.running import embedded, locks
from app.running.postgres import Postgres
from app.running.servers import RunningServers, ensured
from app.running.valkey import Valkey
from app.settings import Settings
from tests import chromium
from tests.product import RunningProduct, started_product

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A busy machine is slow; that says nothing about a rule.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("suite")

ON_THE_RUNNING_PRODUCT = ("tests/browser/", "tests/running/test_up.py", "tests/faults/test_running_product.py")
"""Where the tests are that share one product."""

RUN = pytest.StashKey[dict[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the temporary home once, in the process that hands out the tests."""
    given = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[RUN] = given["leasedesk"]
        return
    home = Path(tempfile.mkdtemp(prefix="leasedesk-test-"))
    home.chmod(0o711)  # The system user of an embedded PostgreSQL has to pass through.
    config.stash[RUN] = {"home": str(home), "prefix": f"leasedesk_test_{uuid.uuid4().hex[:8]}"}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each xdist worker the one home and the one prefix of database names."""
    node.workerinput["leasedesk"] = node.config.stash[RUN]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests that need a browser."""
    if "browser" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.browser)


class OneProduct(LoadScopeScheduling):  # type: ignore[misc]  # xdist's schedulers carry no types.
    """Hands out test by test, but all that look at the running product to one worker, so that it is started once.

    The marks of xdist's own groups never reach it with this pytest, which no longer lets a test's address be changed.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "running product" if nodeid.startswith(ON_THE_RUNNING_PRODUCT) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneProduct:
    """Hand the tests out in this way."""
    return OneProduct(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the databases and the home after the last worker has gone."""
    if hasattr(config, "workerinput") or RUN not in config.stash:
        return
    home = Path(config.stash[RUN]["home"])
    if url := os.environ.get("LEASEDESK_TEST_DATABASE_URL"):
        _drop_databases(url, config.stash[RUN]["prefix"])
    for server in (Postgres(home, print), Valkey(home)):
        embedded.wait_until_left(server, home)
    shutil.rmtree(home)


@dataclass(frozen=True)
class Databases:
    """Makes databases as copies of the migrated template."""

    servers: RunningServers
    prefix: str

    @contextmanager
    def fresh(self, template: str | None = None) -> Iterator[Settings]:
        """Settings for a new database, empty or a copy of the template, dropped at the end."""
        name = f"{self.prefix}_{uuid.uuid4().hex[:12]}"
        create = sql.SQL("create database {} template {}")
        with self._administration() as connection:
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        try:
            yield self.settings(name)
        finally:
            with self._administration() as connection:
                try:
                    connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
                except psycopg.errors.InsufficientPrivilege:
                    # The server's own cleaning is at work in it: not ours to end by force, it gives way by itself.
                    connection.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))

    @contextmanager
    def migrated(self) -> Iterator[Settings]:
        """Settings for a new database with all tables."""
        template = f"{self.prefix}_template"
        with locks.alone(self.servers.settings.home / "template.lock"):
            if not self._exists(template):
                self._make_template(template)
        with self.fresh(template) as settings:
            yield settings

    def settings(self, database: str) -> Settings:
        """Settings for a database of this name on the test servers."""
        url = psycopg.conninfo.conninfo_to_dict(_libpq(self.servers.settings.sqlalchemy_url))
        host, port = str(url.get("host", "")), url.get("port")
        user, password = url.get("user", ""), url.get("password")
        login = f"{user}:{password}" if password else str(user)
        place = f"/{database}?host={host}" if host.startswith("/") else f"{host}:{port or 5432}/{database}"
        changed = {"database_url": f"postgresql://{login}@{place}"}
        return Settings.model_validate(self.servers.settings.model_dump() | changed)

    def _administration(self) -> psycopg.Connection[Any]:
        return psycopg.connect(_libpq(self.servers.settings.sqlalchemy_url), autocommit=True)

    def _exists(self, name: str) -> bool:
        with self._administration() as connection:
            return connection.execute("select from pg_database where datname = %s", [name]).rowcount > 0

    def _make_template(self, name: str) -> None:
        with self.fresh() as settings:
            new = create_app(settings)
            schema.upgrade(new)
            with new.app_context():
                db.session.execute(text(_LEAVE_STATISTICS_ALONE))
                db.session.commit()
                source = str(db.engine.url.database)
                db.engine.dispose()
            with self._administration() as connection:
                copy = sql.SQL("create database {} template {}")
                connection.execute(copy.format(sql.Identifier(name), sql.Identifier(source)))


# What a test writes is rolled back. Statistics that the server takes by itself between two tests say that all tables are empty,
# and the next test gets plans for that, now and then. Whoever writes much asks for statistics, as the product does.
_LEAVE_STATISTICS_ALONE = """
    do $$ declare name text; begin
        for name in select tablename from pg_tables where schemaname = 'public' loop
            execute format('alter table %I set (autovacuum_enabled = false)', name);
        end loop;
    end $$
"""


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _drop_databases(url: str, prefix: str) -> None:
    with psycopg.connect(_libpq(url), autocommit=True) as connection:
        names = connection.execute("select datname from pg_database where starts_with(datname, %s)", [prefix])
        for (name,) in names.fetchall():
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[RunningServers]:
    """PostgreSQL and Redis: embedded in the run's home, or those that the environment names."""
    given = {
        "home": request.config.stash[RUN]["home"],
        "database_url": os.environ.get("LEASEDESK_TEST_DATABASE_URL"),
        "redis_url": os.environ.get("LEASEDESK_TEST_REDIS_URL"),
    }
    with ensured(Settings.model_validate(given)) as running:
        yield running


@pytest.fixture(scope="session")
def databases(servers: RunningServers, request: pytest.FixtureRequest) -> Databases:
    """Makes databases for tests; all of them carry the run's prefix."""
    return Databases(servers, request.config.stash[RUN]["prefix"])


@contextmanager
def claimed_redis(servers: RunningServers) -> Iterator[str]:
    """The address of a Redis database that was empty; it is emptied again at the end.

    The others are left alone: on the machine's server they may belong to anybody.
    """
    base = servers.settings.queue_url.partition("?")[0]
    for number in range(1, 16):
        url = f"{base}?db={number}"
        with Redis.from_url(url) as connection:
            if connection.dbsize() == 0 and connection.set("leasedesk-test", os.getpid(), nx=True):
                try:
                    yield url
                finally:
                    connection.flushdb()
                return
    pytest.fail("All Redis databases from 1 to 15 hold something already; none can be used for tests.")


@pytest.fixture(scope="session")
def redis_url(servers: RunningServers) -> Iterator[str]:
    """The Redis database of this worker's tests."""
    with claimed_redis(servers) as url:
        yield url


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """An empty Redis database."""
    with Redis.from_url(redis_url) as connection:
        emptied(connection)
        yield connection
        emptied(connection)


def emptied(connection: Redis) -> None:
    """Empty the Redis database but for the mark of who has it."""
    keys = [key for key in connection.scan_iter() if key != b"leasedesk-test"]
    if keys:
        connection.delete(*keys)


@pytest.fixture(scope="session")
def settings(databases: Databases, redis_url: str) -> Iterator[Settings]:
    """Settings of this worker: a migrated database and a Redis database of its own."""
    with databases.migrated() as fresh:
        yield Settings.model_validate(fresh.model_dump() | {"redis_url": redis_url})


@pytest.fixture(scope="session")
def headless_app(settings: Settings) -> Flask:
    """The application without screens."""
    made = create_app(settings)
    made.config["TESTING"] = True
    # A session bound to a connection inside a transaction shall commit and roll back to savepoints only.
    with made.app_context():
        db.session.configure(join_transaction_mode="create_savepoint")
    return made


@pytest.fixture(scope="session")
def app(settings: Settings, headless_app: Flask) -> Flask:
    """The whole product with its screens."""
    from wsgi import create_app as create_product

    made = create_product(settings)
    made.config["TESTING"] = True
    return made


@contextmanager
def _bound(app: Flask, connection: Connection) -> Iterator[None]:
    """Let the application's sessions work on this connection instead of the engine."""
    with app.app_context():
        engines: Any = db.engines
    engine = engines[None]
    engines[None] = connection
    try:
        yield
    finally:
        engines[None] = engine


@pytest.fixture
def connection(headless_app: Flask) -> Iterator[Connection]:
    """One connection in one transaction, which is rolled back at the end of the test."""
    with headless_app.app_context():
        engine = db.engine
    with engine.connect() as opened:
        outer = opened.begin()
        yield opened
        outer.rollback()


@pytest.fixture
def session(headless_app: Flask, connection: Connection) -> Iterator[Session]:
    """The session of `transaction()` and of every service in this test; call `expire_all()` after a request."""
    with _bound(headless_app, connection), headless_app.app_context():
        yield db.session()
        db.session.remove()


@pytest.fixture
def client(app: Flask, connection: Connection, session: Session, redis: Redis) -> Iterator[FlaskClient]:
    """Requests to the whole product; they see what the test's session has flushed.

    The client is not entered: an entered one keeps each request's session, and its savepoint, open until the next request.
    """
    with _bound(app, connection):
        yield app.test_client()


@dataclass(frozen=True)
class CommittedDatabase:
    """A database whose commits are real: for several connections, threads or processes."""

    settings: Settings
    app: Flask

    @property
    def url(self) -> str:
        """The address for `psycopg.connect`."""
        return _libpq(self.settings.sqlalchemy_url)


@pytest.fixture
def committed_database(databases: Databases, redis: Redis, redis_url: str) -> Iterator[CommittedDatabase]:
    """A migrated database of this test alone, with the context of a headless application opened on it."""
    with databases.migrated() as fresh:
        own = Settings.model_validate(fresh.model_dump() | {"redis_url": redis_url})
        made = create_app(own)
        with made.app_context():
            yield CommittedDatabase(own, made)
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="session")
def running_product(servers: RunningServers, databases: Databases) -> Iterator[RunningProduct]:
    """The whole product, started by `leasedesk up` on a free port with a small demonstration portfolio.

    Its queue is its own: its workers would take the jobs of other tests.
    """
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leasedesk-product-")))
        home.chmod(0o711)
        given: dict[str, str] = {}
        if os.environ.get("LEASEDESK_TEST_DATABASE_URL"):
            empty = stack.enter_context(databases.fresh())
            given = {"DATABASE_URL": empty.sqlalchemy_url, "REDIS_URL": stack.enter_context(claimed_redis(servers))}
        yield stack.enter_context(started_product(home, given))


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """One browser for all tests of this worker."""
    with chromium.opened() as started:
        yield started
