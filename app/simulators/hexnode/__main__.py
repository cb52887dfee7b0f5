"""`python -m app.simulators.hexnode --home HOME`: run the simulator until it is told to stop.

When it listens it writes `HOME/hexnode.json` (url, pid, token; for the owner only). It keeps its memory in
`HOME/hexnode-simulator.sqlite3` and serves this machine only.
"""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from app.simulators.hexnode.running import HexnodeSimulator
from app.simulators.ready import announce
from app.simulators.square.store import StoreBusy

READY_FILE = "hexnode.json"


def run(home: Path, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Raises StoreBusy when another simulator works on this home."""
    should_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: should_stop.set())
    simulator = HexnodeSimulator(home, port=port)
    simulator.start()
    announce(home / READY_FILE, {"url": simulator.url, "token": simulator.key})
    print(f"Hexnode's simulator listens on {simulator.url}", flush=True)
    should_stop.wait()
    (home / READY_FILE).unlink(missing_ok=True)
    simulator.stop()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m app.simulators.hexnode", description="A small Hexnode on this machine.")
    parser.add_argument("--home", type=Path, required=True, help="folder for its memory and its ready file")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    options = parser.parse_args()
    try:
        run(options.home, options.port)
    except (StoreBusy, OSError) as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
