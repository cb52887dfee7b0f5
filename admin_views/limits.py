"""How often one address may try its luck at the door; counted in Redis, or in this process while Redis is away."""

from __future__ import annotations

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from app.settings import Settings

AT_THE_DOOR = "20 per minute; 200 per hour"
"""Refused sign-ins of one address. An office behind one address starts its morning without being counted."""

limiter = Limiter(
    get_remote_address,
    strategy="moving-window",
    in_memory_fallback_enabled=True,
    swallow_errors=True,
    headers_enabled=False,
)


def was_refused(response: Response) -> bool:
    """Whether a try counts: whoever got in is sent on with a redirect."""
    return response.status_code not in {302, 303}


def install(app: Flask) -> None:
    """Count in the Redis of the settings."""
    settings: Settings = app.config["SETTINGS"]
    address = settings.redis_url.get_secret_value() if settings.redis_url else "memory://"
    # The limiter's library has its own spelling for Redis on a socket.
    app.config["RATELIMIT_STORAGE_URI"] = f"redis+{address}" if address.startswith("unix://") else address
    app.config["RATELIMIT_STORAGE_OPTIONS"] = (
        {} if address == "memory://" else {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    )
    limiter.init_app(app)
