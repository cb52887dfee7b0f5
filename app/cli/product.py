"""What every command that works on the portfolio has in common."""

import contextlib
import functools
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

import click

P = ParamSpec("P")

STDOUT = "leasedesk.stdout"
"""Key of click's context under which the real stdout is kept when `--json` was given."""


def tell(sentence: str) -> None:
    """Report progress on stderr, where it does not mix with an answer."""
    print(sentence, file=sys.stderr, flush=True)


def answer(result: Mapping[str, Any], *sentences: str) -> None:
    """Give a command's answer once: as one JSON object with `--json`, as sentences without.

    Dates and other values that JSON does not know are written as their text.
    """
    stdout = click.get_current_context().meta.get(STDOUT)
    if stdout is not None:
        print(json.dumps(result, default=str, ensure_ascii=False), file=stdout, flush=True)
    else:
        for sentence in sentences:
            print(sentence, flush=True)


def json_option(command: Callable[P, None]) -> Callable[P, None]:
    """Add `--json`. Then nothing but the answer reaches stdout: other prints go to stderr."""

    def remember(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted:
            context.meta[STDOUT] = sys.stdout

    option = click.option("--json", is_flag=True, expose_value=False, callback=remember, help="Print one JSON object on stdout.")

    @functools.wraps(command)
    def run(*arguments: P.args, **options: P.kwargs) -> None:
        if STDOUT in click.get_current_context().meta:
            with contextlib.redirect_stdout(sys.stderr):
                command(*arguments, **options)
        else:
            command(*arguments, **options)

    return option(run)


def product_command(body: Callable[P, None]) -> Callable[P, None]:
    """Run a command's body in an application context, on running servers and up-to-date tables.

    Uses the servers of a running product, or starts the embedded ones and stops them afterwards unless somebody else
    has begun to use them. An empty database gets its tables; an older one in production is refused, because there
    a migration is a decision (`leasedesk db upgrade`). Put it below the click decorators; it adds `--json`.
    """

    @functools.wraps(body)
    def run(*arguments: P.args, **options: P.kwargs) -> None:
        from app import create_app
        from app.extensions import db
        from app.running.servers import ensured
        from app.settings import Settings

        settings = Settings.load()
        with ensured(settings, tell) as servers:
            app = create_app(servers.settings)
            _demand_tables(app, may_upgrade=settings.is_demonstration)
            with app.app_context():
                try:
                    body(*arguments, **options)
                finally:
                    db.engine.dispose()

    return json_option(run)


def _demand_tables(app: Any, *, may_upgrade: bool) -> None:
    from app import schema

    if schema.is_current(app):
        return
    with app.app_context():
        is_empty = schema.revision() is None
    if not (may_upgrade or is_empty):
        raise click.ClickException("The tables are older than this program; run `leasedesk db upgrade` first.")
    schema.upgrade(app)
