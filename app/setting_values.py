"""What a setting may be: each kind of value with its check, whose message completes "PORT is set, but …"."""

import zoneinfo
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr


def absolute(path: Path) -> Path:
    """Resolve a folder once, against where the program was started: its children start elsewhere."""
    return path.expanduser().absolute()


def psycopg_url(url: SecretStr) -> SecretStr:
    """Accept the usual spellings of a PostgreSQL address and name the driver that is installed."""
    scheme, separator, rest = url.get_secret_value().partition("://")
    if scheme not in {"postgres", "postgresql", "postgresql+psycopg"} or not separator:
        raise ValueError("it should begin with postgresql://")
    return SecretStr(f"postgresql+psycopg://{rest}")


def redis_address(url: SecretStr) -> SecretStr:
    """Accept a Redis server by network or by socket."""
    if not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("it should begin with redis://, rediss:// or unix://")
    return url


def known_zone(name: str) -> str:
    """Accept a time zone that this machine knows."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("it should be the name of a time zone, such as America/New_York") from error
    return name


def iso_date(value: object) -> object:
    """Refuse what pydantic would take for a date by goodwill, such as a bare number of seconds."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError("it should be a date such as 2026-11-21") from error
    return value


def long_enough(secret: SecretStr) -> SecretStr:
    """Refuse a secret that could be guessed: fewer than 32 characters."""
    if len(secret.get_secret_value()) < 32:
        raise ValueError("it should be at least 32 characters long")
    return secret


DatabaseUrl = Annotated[SecretStr, AfterValidator(psycopg_url)]
RedisUrl = Annotated[SecretStr, AfterValidator(redis_address)]
Secret = Annotated[SecretStr, AfterValidator(long_enough)]
Folder = Annotated[Path, AfterValidator(absolute)]
TimeZone = Annotated[str, AfterValidator(known_zone)]
IsoDate = Annotated[date, BeforeValidator(iso_date)]
