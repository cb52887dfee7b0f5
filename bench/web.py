"""The web process of a measurement: the product at eleven in the morning, when customers may be called, whatever the hour is."""

from __future__ import annotations

from bench.desks import stop_the_clock
from wsgi import create_app

app = create_app()
stop_the_clock()
