"""`python -m app.simulators.messages --home HOME`: take texts until told to stop; with --reply, bring one from a customer.

When it listens it writes `HOME/messages.json` (url, pid, token; for the owner only). What it took stands in
`HOME/messages-simulator.jsonl`. It serves this machine only.

`python -m app.simulators.messages --home HOME --reply +16145550100 STOP` lets the running one bring a reply.
"""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import threading
import urllib.request
from pathlib import Path

from app.simulators.messages.gateway import Gateway
from app.simulators.messages.wire import Wire
from app.simulators.ready import announce

READY_FILE = "messages.json"
STORE_FILE = "messages-simulator.jsonl"


def run(home: Path, *, port: int, reply_to: str, secret: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    should_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: should_stop.set())
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    token = f"simulated-{secrets.token_urlsafe(24)}"
    wire = Wire(("127.0.0.1", port), Gateway(home / STORE_FILE, secret), token=token, reply_to=reply_to)
    listening = threading.Thread(target=wire.serve_forever, kwargs={"poll_interval": 0.05}, name="listener")
    listening.start()
    announce(home / READY_FILE, {"url": wire.url, "token": token})
    print(f"The text gateway's simulator listens on {wire.url}", flush=True)
    should_stop.wait()
    (home / READY_FILE).unlink(missing_ok=True)
    wire.shutdown()
    listening.join()
    wire.server_close()


def bring(home: Path, number: str, body: str) -> str:
    """Let the simulator that runs on this home bring a reply; returns what it says."""
    ready = json.loads((home / READY_FILE).read_text(encoding="utf-8"))
    request = urllib.request.Request(
        f"{ready['url']}/control/replies",
        data=json.dumps({"from": number, "body": body}).encode(),
        headers={"Authorization": f"Bearer {ready['token']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.read().decode())


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m app.simulators.messages", description="A text gateway on this machine.")
    parser.add_argument("--home", type=Path, required=True, help="folder for its memory and its ready file")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--reply-to", default="", help="address to which replies of customers are brought")
    parser.add_argument("--reply", nargs=2, metavar=("NUMBER", "WORDS"), help="let the running simulator bring a reply")
    options = parser.parse_args()
    if options.reply:
        try:
            print(bring(options.home, *options.reply))
        except OSError as problem:
            parser.exit(1, f"No simulator answers on {options.home}: {problem}\n")
        return
    from app.settings import Settings

    secret = Settings.load().sms_webhook_secret()
    run(options.home, port=options.port, reply_to=options.reply_to, secret=secret)


if __name__ == "__main__":
    main()
