"""What the pages about collectors are narrowed to: which accounts count, which people stand there, and which days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, select, true

from app import clock
from app.models import Account, Staff
from app.queries.listing import Criteria, Filter, One
from app.queries.listing.filters import Asking
from app.queries.scope import Viewer, condition
from app.queries.servicing.accounts import ACCOUNTS

BY_ACCOUNT: Mapping[str, Filter] = {key: ACCOUNTS.filters[key] for key in ("portfolio", "company", "region", "office")}
"""The same names as on the lists of accounts, so that a figure leads to its rows."""
_WHO: Mapping[str, Any] = {"model": Staff, "order_by": Staff.name, "which": Staff.is_active.is_(True), "me": "Me"}
WORKLOAD: Mapping[str, Filter] = {**BY_ACCOUNT, "collector": One("collector", "Collector", Staff.id, none="Nobody", **_WHO)}
TEAM: Mapping[str, Filter] = {**BY_ACCOUNT, "collector": One("collector", "Collector", Staff.id, **_WHO)}


@dataclass(frozen=True, slots=True)
class Span:
    """Days from one to another, both included."""

    from_on: dt.date
    to_on: dt.date

    @property
    def begins(self) -> dt.datetime:
        """Its first moment."""
        return clock.moment(self.from_on, dt.time.min)

    @property
    def ends(self) -> dt.datetime:
        """The first moment after it."""
        return clock.moment(self.to_on + dt.timedelta(days=1), dt.time.min)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Who asks, and for what; without criteria for all that they may see."""

    viewer: Viewer
    today: dt.date
    criteria: Criteria = field(default_factory=Criteria)

    @property
    def accounts(self) -> ColumnElement[bool]:
        """Which accounts count."""
        return and_(condition(Account, self.viewer), *self._asked(BY_ACCOUNT))

    @property
    def people(self) -> ColumnElement[bool]:
        """Which members of staff stand there."""
        return and_(true(), *self._asked({"collector": WORKLOAD["collector"]}))

    @property
    def has_nobody(self) -> bool:
        """Whether what is in nobody's book stands there."""
        chosen = self.criteria.filters.get("collector")
        return chosen is None or "none" in chosen

    def hanging(self, model: Any) -> ColumnElement[bool]:
        """Which rows of a model count: those that hang on the accounts that do."""
        seen = condition(model, self.viewer)
        asked = self._asked(BY_ACCOUNT)
        return and_(seen, model.account_id.in_(select(Account.id).where(*asked))) if asked else seen

    def _asked(self, filters: Mapping[str, Filter]) -> list[ColumnElement[bool]]:
        given = self.criteria.filters
        return [each.condition(given, Asking(self.viewer, self.today)) for each in filters.values() if each.is_set(given)]
