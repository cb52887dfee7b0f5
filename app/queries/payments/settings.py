"""How this company takes money, as it is set."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.payments.limits import PaymentSettings, settings_from
from app.models import Setting

NAME = "payments"
"""Name of the setting that holds them."""


def payment_settings(session: Session) -> PaymentSettings:
    """The settings; what is not set has its default."""
    return settings_from(session.scalar(select(Setting.value).where(Setting.name == NAME)) or {})
