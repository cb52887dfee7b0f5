"""What the frame of every page shows: menu, environment, business date, and when the session will end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Flask, current_app, request, url_for

from admin_views import formats, navigation
from admin_views.staff import cookie
from app import clock
from app.settings import Settings

IDLE_WARNING_SECONDS = 60


def install(app: Flask) -> None:
    """Give the frame's values to every template."""
    app.context_processor(surroundings)
    app.jinja_env.filters["local"] = local
    app.jinja_env.filters["phone"] = formats.phone


def local(at: dt.datetime | None) -> dt.datetime | None:
    """A moment in the business time zone, as templates show it: `{{ ui.moment(row.at|local) }}`."""
    return at.astimezone(clock.zone()) if at else None


def surroundings() -> dict[str, Any]:
    """The values of look and layout. For strangers only what the sign-in page shows."""
    values: dict[str, Any] = {"environment": environment(current_app.config["SETTINGS"]), "home_url": url_for("admin.index")}
    who = cookie.person()
    if who is None:
        return values
    local = clock.now().astimezone(clock.zone())
    return values | {
        "navigation": navigation.sections(who.role, current_app.url_map, request.path),
        "business_date": clock.today(),
        "business_time": f"{(local.hour + 11) % 12 + 1}:{local:%M} {local:%p} {local:%Z}",
        "idle_seconds": max(1, int((who.ends_at - clock.now()).total_seconds())),
        "idle_warning": IDLE_WARNING_SECONDS,
        "stay_url": url_for("pin.stay"),
        "search_url": url_for("search.index"),
        "sign_in_url": url_for("sign_in.index"),
        "sign_out_url": url_for("pin.sign_out"),
        "profile_url": url_for("pin.index"),
    }


def environment(settings: Settings) -> str:
    """The word of the ribbon: what is not the real thing says so on every page."""
    if settings.is_demonstration:
        return "DEMO"
    return "SANDBOX" if settings.square_environment == "sandbox" else ""
