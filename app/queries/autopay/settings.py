"""How this company charges cards, as it is set."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.autopay.settings import AutopaySettings, settings_from
from app.models import Setting

NAME = "autopay"
"""Name of the setting that holds them."""


def autopay_settings(session: Session) -> AutopaySettings:
    """The settings; what is not set has its default."""
    return settings_from(session.scalar(select(Setting.value).where(Setting.name == NAME)) or {})
