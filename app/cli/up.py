"""`leasedesk up`."""

import os
import sys

import click


def _say(sentence: str) -> None:
    try:
        print(sentence, flush=True)
    except BrokenPipeError:
        # Whoever read along has gone, such as `leasedesk up | head`. The product goes on without an audience.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.command()
def up() -> None:
    """Start the database, the queue, the web server and all workers, and stay until Ctrl+C or SIGTERM.

    The first start in demonstration mode makes a portfolio of invented customers. Everything is kept in
    LEASEDESK_HOME, so the next start finds it again. Address: PORT, default 8000.
    """
    from app.running import launcher
    from app.settings import Settings

    launcher.up(Settings.load(), _say)
