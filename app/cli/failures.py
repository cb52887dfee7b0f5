"""Which exceptions are known failures: a sentence for people and an exit code, never a traceback."""

import click


def as_sentence(error: Exception) -> tuple[str, int] | None:
    """The sentence and the exit code of a known failure; None when the exception is a defect of the program.

    The classes are imported here, after something has failed, because most commands never need them.
    """
    from app.settings import SettingsError

    if isinstance(error, SettingsError):
        return str(error), 2
    if isinstance(error, click.ClickException):
        return error.format_message(), error.exit_code
    if isinstance(error, _known()):
        return str(error), 1
    if (lost := _lost_connection(error)) is not None:
        return lost, 1
    return None


def _known() -> tuple[type[Exception], ...]:
    from app.domain.errors import RuleViolation
    from app.running.errors import CannotStart
    from app.workbooks.sheets import UnreadableFile

    return RuleViolation, CannotStart, UnreadableFile


def _lost_connection(error: Exception) -> str | None:
    from redis.exceptions import ConnectionError as RedisConnectionError
    from sqlalchemy.exc import OperationalError

    if isinstance(error, OperationalError):
        return f"The database did not answer: {str(error.orig).strip().splitlines()[0]}"
    if isinstance(error, RedisConnectionError):
        return f"The queue did not answer: {error}"
    return None
