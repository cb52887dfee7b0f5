"""The simulator at work: its memory, its portal and the wire on which it listens."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path

from app import clock
from app.simulators.hexnode.application import create_application
from app.simulators.hexnode.portal import Portal
from app.simulators.square.connection import Wire
from app.simulators.square.exchange import Exchange
from app.simulators.square.faults import Fault, FaultQueue
from app.simulators.square.request_log import RequestLog
from app.simulators.square.simulation import Simulation
from app.simulators.square.store import Store

STORE_FILE = "hexnode-simulator.sqlite3"
SECONDS_TO_FINISH = 5.0


def opened(home: Path) -> tuple[Store, Simulation, Portal]:
    """The memory of a home's simulator. Raises StoreBusy while another process has it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(home / STORE_FILE)
    simulation = Simulation(store, clock.now)
    return store, simulation, Portal(simulation)


class HexnodeSimulator:
    """A portal that listens on loopback from `start` to `stop`."""

    def __init__(self, home: Path, *, port: int = 0) -> None:
        self.store, simulation, self.portal = opened(home)
        with self.store.transaction():
            self.key: str = self.store.setting("token", None) or f"simulated-{secrets.token_urlsafe(24)}"
            self.store.keep_setting("token", self.key)
        self._is_stopping = threading.Event()
        application = create_application(simulation, self.portal, self.key)
        self._wire = Wire(("127.0.0.1", port), Exchange(application, simulation, self._is_stopping), self._is_stopping)
        self._thread = threading.Thread(target=self._wire.serve_forever, kwargs={"poll_interval": 0.05}, name="hexnode")

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._wire.server_port}"

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in flight, and end."""
        self._is_stopping.set()
        self._wire.shutdown()
        self._thread.join()
        self._wire.drain(SECONDS_TO_FINISH)
        self._wire.server_close()
        self.store.close()

    def drain(self) -> bool:
        """Wait until what was asked is done, also for an asker who gave up."""
        return self._wire.drain(SECONDS_TO_FINISH)

    def fault(self, fault: Fault) -> None:
        """Let a fault wait for its requests."""
        with self.store.transaction():
            FaultQueue(self.store).add(fault)

    def requests(self) -> list[str]:
        """Method and path of all that arrived, oldest first."""
        with self.store.transaction():
            return [f"{row['method']} {row['path']}" for row in RequestLog(self.store).read({})]
