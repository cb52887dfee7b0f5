"""`python -m app.simulators.square --home HOME`: run the simulator until it is told to stop.

When it listens it writes `HOME/square.json` (url, pid, token, location_id, environment; for the owner only) and says so in one
line on its output. It keeps its memory in `HOME/square-simulator.sqlite3`, finishes what is in flight on SIGTERM, and serves this
machine only.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import threading
from pathlib import Path

from app import clock
from app.simulators.ready import announce
from app.simulators.square import notes
from app.simulators.square.application import create_application
from app.simulators.square.connection import Wire
from app.simulators.square.courier import Courier
from app.simulators.square.exchange import Exchange
from app.simulators.square.locations import MAIN_LOCATION_ID
from app.simulators.square.simulation import Call, Simulation
from app.simulators.square.store import Store, StoreBusy
from app.simulators.square.subscriptions import is_loopback

READY_FILE = "square.json"
STORE_FILE = "square-simulator.sqlite3"
SECONDS_TO_FINISH = 5.0


def run(home: Path, host: str, port: int, webhook: tuple[str, str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; `webhook` is the address that is told of every event, and its key.

    Raises StoreBusy when another simulator works on this home.
    """
    should_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: should_stop.set())
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(home / STORE_FILE)
    with store.transaction():
        token = store.setting("token", None) or f"simulated-{secrets.token_urlsafe(24)}"
        store.keep_setting("token", token)
    simulation = Simulation(store, clock.now)
    courier = Courier(simulation)
    is_stopping = threading.Event()
    exchange = Exchange(create_application(simulation, courier, token), simulation, is_stopping)
    wire = Wire((host, port), exchange, is_stopping)
    if webhook is not None:
        with store.transaction():
            notes.set_webhook(simulation, Call(body={"url": webhook[0], "signature_key": webhook[1]}))
    courier.start()
    listening = threading.Thread(target=wire.serve_forever, kwargs={"poll_interval": 0.05}, name="listener")
    listening.start()
    url = f"http://{f'[{host}]' if ':' in host else host}:{wire.server_port}"
    ready = {"url": url, "token": token, "location_id": MAIN_LOCATION_ID, "environment": "sandbox"}
    simulation.address = url
    announce(home / READY_FILE, ready)
    print(f"Square's simulator listens on {url}", flush=True)
    should_stop.wait()
    (home / READY_FILE).unlink(missing_ok=True)
    is_stopping.set()
    wire.shutdown()
    listening.join()
    wire.drain(SECONDS_TO_FINISH)
    courier.stop()
    wire.server_close()
    store.close()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m app.simulators.square", description="A small Square on this machine.")
    parser.add_argument("--home", type=Path, required=True, help="folder for its memory and its ready file")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--tells", action="store_true", help="tell the product's webhook of every event, as its settings say")
    options = parser.parse_args()
    if not is_loopback(options.host):
        parser.error(f"The simulator serves this machine only; {options.host} is not a loopback address.")
    webhook = None
    if options.tells:
        from app.settings import Settings

        settings = Settings.load()
        webhook = settings.square_webhook()
        # Its moments are those of the product beside it: on a pinned date they would lie outside of every list's window.
        clock.set_clock(zone=settings.time_zone, pinned_on=settings.today)
    try:
        run(options.home, options.host, options.port, webhook)
    except (StoreBusy, OSError) as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
