"""What the lists of records have in common."""

from __future__ import annotations

from typing import ClassVar

from markupsafe import escape

from admin_views.base import ReadOnlyView
from admin_views.grid import Column, cells, customer_column
from app.domain.staff.roles import Role

CUSTOMER = customer_column()
"""The customer with a link to the account, in lists of rows that hang on one."""

NAME = Column(
    "customer",
    "Customer",
    needs=("first_name", "last_name"),
    cell=lambda row: str(escape(cells.customer_name(row))),
    plain=cells.customer_name,
    sort="customer",
)
"""The name alone, in lists of rows that belong to a customer with perhaps several accounts."""

BY = Column("by", "By")
"""Who did it."""


class Record(ReadOnlyView):
    """What the lists below have in common."""

    is_abstract = True
    minimum_role = Role.COLLECTOR
    says: ClassVar[str] = ""
    """One line for the overview."""
