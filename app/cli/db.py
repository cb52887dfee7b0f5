"""`leasedesk db …`: the state of the tables."""

import click

from app.cli.product import answer, json_option, tell


@click.group()
def db() -> None:
    """Bring the tables up to date, or check them."""


@db.command()
@json_option
def upgrade() -> None:
    """Bring the tables to the newest migration."""
    from app import create_app, schema
    from app.running.servers import ensured
    from app.settings import Settings

    with ensured(Settings.load(), tell) as servers:
        app = create_app(servers.settings)
        with app.app_context():
            before = schema.revision()
        schema.upgrade(app)
        with app.app_context():
            after = schema.revision()
    done = f"The tables went from {before or 'nothing'} to {after}." if before != after else f"The tables are at {after}."
    answer({"from": before, "to": after}, done)


@db.command()
@json_option
def check() -> None:
    """Compare the models with the tables that the migrations make; a difference ends with code 1."""
    from app import create_app, schema
    from app.running.servers import ensured
    from app.settings import Settings

    with ensured(Settings.load(), tell) as servers:
        app = create_app(servers.settings)
        schema.upgrade(app)
        differences = schema.differences(app)
    answer({"differences": differences}, *(differences or ["The models and the tables agree."]))
    if differences:
        raise click.exceptions.Exit(1)
