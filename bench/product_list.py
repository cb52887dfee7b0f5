"""LeaseDesk's Accounts list, as a signed-in admin sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import select

from admin_views.staff.cookie import COOKIE
from app.clock import now, today
from app.domain.staff.roles import Role
from app.domain.staff.sessions import SessionLimits
from app.extensions import db
from app.models import Staff
from app.queries.listing import Criteria, Place
from app.queries.scope import Viewer
from app.queries.servicing.accounts import ACCOUNTS
from app.services.staff import people, sessions
from app.services.staff.audit import SYSTEM
from app.transaction import transaction
from bench.requests import get

ADDRESS = "/admin/accounts/"
USERNAME = "bench"
LIMITS = SessionLimits(idle=dt.timedelta(hours=1), absolute=dt.timedelta(hours=10))


class ProductList:
    """The list over one database."""

    def __init__(self, app: Flask) -> None:
        """Sign an admin in, without typing a PIN."""
        self.app = app
        with app.app_context():
            with transaction() as session:
                staff = session.scalar(select(Staff).where(Staff.username == USERNAME))
                if staff is None:
                    staff, _ = people.add(
                        session, username=USERNAME, name="Bench", role=Role.ADMIN, must_change_pin=False, now=now(), actor=SYSTEM
                    )
                token = sessions.begin(session, staff.id, ip=None, user_agent="bench", limits=LIMITS, now=now())
            db.session.remove()
        self.cookie = f"{COOKIE}={token}"

    def page(self, address: str = "", **query: str) -> Callable[[], str]:
        """A call that asks for a page of the list."""
        path = ADDRESS + address + ("?" + urlencode(query) if query else "")
        return lambda: get(self.app.wsgi_app, path, cookie=self.cookie)

    def place_of_page(self, number: int) -> str:
        """The token behind which page `number` begins: what "Next" carries on the page before."""
        with self.app.app_context():
            viewer = Viewer(staff_id=0, role=Role.ADMIN)
            behind = ACCOUNTS.page(
                db.session(),
                viewer,
                today=today(),
                criteria=Criteria(),
                fields=("account_id",),
                order=ACCOUNTS.order,
                place=Place(),
                size=(number - 1) * 50,
            )
            db.session.remove()
        if behind.next is None:
            raise LookupError(f"The list has no page {number}.")
        return behind.next
