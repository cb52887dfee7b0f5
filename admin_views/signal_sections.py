"""The risk in one account, fresh, as its page shows it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from app.domain.collections.signals import BAD, Risk, risk, score
from app.models import Account
from app.queries.collections import behaviour

TONES = {Risk.LOW: "good", Risk.MEDIUM: "warn", Risk.HIGH: "bad"}


def risk_of(session: Session, account: Account, *, today: dt.date) -> dict[str, Any] | None:
    """Risk, score, what was seen with its points and evidence, and how installments were paid; None for one that is not open."""
    figures = behaviour.figures_of(session, account.id, on=today)
    if figures is None:
        return None
    points = behaviour.points(session)
    seen = behaviour.seen_of(session, account.id, on=today)
    total = score((one.kind for one in seen), points)
    level = risk(total, behaviour.bands(session))
    listed = sorted(seen, key=lambda one: (one.kind not in BAD, -abs(points.get(one.kind, 0))))
    return {
        "label": f"{level.label} risk",
        "tone": TONES[level],
        "score": total,
        "why": "; ".join(one.evidence for one in listed) or "Nothing was seen",
        "signals": [
            {
                "label": one.kind.label,
                "evidence": one.evidence,
                "on": one.seen_on,
                "points": points.get(one.kind, 0),
                "tone": "bad" if one.kind in BAD else "good",
            }
            for one in listed
        ],
        "on_time_rate": figures.on_time_rate,
        "judged": figures.judged,
        "on_time": figures.on_time,
        "days_late": figures.days_late,
        "pti_rate": figures.pti_rate,
    }
