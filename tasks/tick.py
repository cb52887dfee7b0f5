"""The clock of the timetable: asks it every few seconds what is due.

Any number of these may run at once. The timetable claims each entry in the database, so nothing is started twice.
"""

import logging
import signal
import sys
import time
from types import FrameType

from app import create_app
from app.settings import Settings
from tasks import logs

SECONDS_BETWEEN_TICKS = 20

log = logging.getLogger("leasedesk.tick")


def _end(number: int, frame: FrameType | None) -> None:
    # Raised in the middle of whatever runs: an open transaction is rolled back, and the next start ticks again.
    raise SystemExit(0)


def main() -> int:
    """Tick until SIGTERM, which ends it at once. A failed tick is logged and the next one tried."""
    logs.begin()
    signal.signal(signal.SIGTERM, _end)
    app = create_app(Settings.load())
    from tasks import timetable

    while True:
        with app.app_context():
            try:
                timetable.tick()
            except Exception:
                log.exception("The tick failed; the next one is in %s s.", SECONDS_BETWEEN_TICKS)
        time.sleep(SECONDS_BETWEEN_TICKS)


if __name__ == "__main__":
    sys.exit(main())
