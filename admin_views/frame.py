"""What the frame of every page shows: menu, environment, business date, and when the session will end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Flask, current_app, request, url_for

from admin_views import formats, navigation
from admin_views.staff import cookie
from admin_views.staff.browsers import browser_name
from app import clock
from app.extensions import db
from app.queries.staff.attention import attention
from app.queries.staff.sessions import Person
from app.settings import Settings

IDLE_WARNING_SECONDS = 60
ALERTS_URL = "/admin/collections/"


def install(app: Flask) -> None:
    """Give the frame's values to every template."""
    app.context_processor(surroundings)
    app.jinja_env.filters["local"] = local
    app.jinja_env.filters["browser"] = browser_name
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
    # A side sheet has no frame around it, so nothing is counted for it.
    around = {} if "X-Fragment" in request.headers else _counted(who)
    return (
        values
        | around
        | {
            "business_date": clock.today(),
            "business_time": f"{(local.hour + 11) % 12 + 1}:{local:%M} {local:%p} {local:%Z}",
            "idle_seconds": max(1, int((who.ends_at - clock.now()).total_seconds())),
            "idle_warning": min(IDLE_WARNING_SECONDS, int(cookie.limits().idle.total_seconds()) // 3),
            "stay_url": url_for("pin.stay"),
            "search_url": url_for("search.index"),
            "sign_in_url": url_for("sign_in.index"),
            "sign_out_url": url_for("pin.sign_out"),
            "profile_url": url_for("pin.index"),
        }
    )


def _counted(who: Person) -> dict[str, Any]:
    """The menu with what waits behind its pages, and the bell."""
    waiting = attention(db.session(), who.viewer, today=clock.today())
    counts = {
        "/admin/follow-ups/": waiting.follow_ups,
        "/admin/pending-review/": waiting.pending_review,
        "/admin/disputes/": waiting.disputes,
        "/admin/arrangements/": waiting.arrangements,
    }
    shown = {url: count for url, count in counts.items() if count}
    return {
        "navigation": navigation.sections(who.role, current_app.url_map, request.path, shown, may_use=who.may_use),
        "alerts_url": ALERTS_URL,
        "alerts_count": waiting.alerts + waiting.disputes,
    }


def environment(settings: Settings) -> str:
    """The word of the ribbon: what is not the real thing says so on every page."""
    if settings.is_demonstration:
        return "DEMO"
    return "SANDBOX" if settings.square_environment == "sandbox" else ""
