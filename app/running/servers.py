"""The database and the queue that a command runs on: given by address, running already, or started here."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from app.running import embedded
from app.running.embedded import Server
from app.running.errors import ServersUnavailable
from app.running.postgres import Postgres
from app.running.valkey import Valkey
from app.settings import Settings

OLDEST_POSTGRES = 15


@dataclass(frozen=True)
class RunningServers:
    """Servers that answer, for as long as the `ensured` block is open."""

    settings: Settings
    """The given settings, with both addresses filled in."""

    embedded: tuple[Server, ...]
    """Those that live in the home folder."""

    kept: tuple[int, ...]
    """Lock descriptors; a child process that inherits them keeps the embedded servers running while it lives."""

    def restart_missing(self) -> list[str]:
        """Start embedded servers that have died, and return their names."""
        missing = [server for server in self.embedded if not server.is_ready()]
        for server in missing:
            embedded.ensure_running(server, self.settings.home)
        return [server.name for server in missing]


def silent(_: str) -> None:
    """Report nothing."""


@contextmanager
def ensured(settings: Settings, report: Callable[[str], None] = silent) -> Iterator[RunningServers]:
    """Give running servers. Embedded ones stop after the block unless another command still uses them.

    Raises:
        ServersUnavailable: an address does not answer, or an embedded server does not start.
    """
    postgres = None if settings.database_url else Postgres(settings.home, report)
    valkey = None if settings.redis_url else Valkey(settings.home)
    own: tuple[Server, ...] = tuple(server for server in (postgres, valkey) if server)
    if own:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o711)
    with ExitStack() as stack:
        kept = tuple(stack.enter_context(embedded.in_use(server, settings.home)) for server in own)
        database_url = postgres.url if postgres else settings.sqlalchemy_url
        redis_url = valkey.url if valkey else settings.queue_url
        if not postgres:
            _demand_postgres(database_url)
        if not valkey:
            _demand_redis(redis_url)
        yield RunningServers(settings.with_servers(database_url, redis_url), own, kept)


def _demand_postgres(url: str) -> None:
    """Connect once, so that a wrong address is a sentence now and not a traceback later."""
    import psycopg

    try:
        with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), connect_timeout=10) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1]
        raise ServersUnavailable(f"The database of DATABASE_URL does not answer: {reason}") from None
    if version < OLDEST_POSTGRES:
        raise ServersUnavailable(f"DATABASE_URL leads to PostgreSQL {version}; LeaseDesk needs {OLDEST_POSTGRES} or newer.")


def _demand_redis(url: str) -> None:
    import redis

    try:
        with redis.Redis.from_url(url, socket_connect_timeout=10) as connection:
            connection.ping()
    except (redis.RedisError, ValueError) as error:
        raise ServersUnavailable(f"The server of REDIS_URL does not answer: {error}") from None
