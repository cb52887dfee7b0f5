"""The routes that every list has: the page, its summary, exports, saved views, bulk actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ClassVar

from flask import jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_views.gate import needs, person, viewer
from admin_views.grid import bulk, exporting, menus, page, saving
from admin_views.grid.actions import BulkAction
from admin_views.grid.columns import Bound, Column, bind
from admin_views.grid.page import Button, Shown
from admin_views.grid.state import GridState
from admin_views.grid.summary import summary
from admin_views.grid.views import View
from app.clock import today
from app.extensions import db
from app.queries.listing import Listing


class GridScreen:
    """What a screen with a list says about it, and the routes that follow. Used through the bases in `admin_views.base`."""

    title: ClassVar[str]
    context: ClassVar[str] = ""
    """The line under the title."""
    listing: ClassVar[Listing]
    columns: ClassVar[Sequence[Column]]
    views: ClassVar[Sequence[View]] = (View("All"),)
    actions: ClassVar[Sequence[BulkAction]] = ()
    buttons: ClassVar[Sequence[Button]] = ()
    empty: ClassVar[tuple[str, str]] = ("There is nothing here yet", "")
    """Why a list without any filter is empty, and what would fill it."""
    noun: ClassVar[str] = "rows"
    template: ClassVar[str] = "grid/page.html"
    name_field: Any = None
    """A row → what its checkbox is called; a static method."""
    row_url: Any = None
    """A row → where its head leads; a static method."""
    most_listed: ClassVar[int | None] = None
    """Rows that are listed at most; actions still reach all that match."""
    row_needs: ClassVar[Sequence[str]] = ()
    """Fields that `row_url` and `name_field` read beyond those of the columns."""
    exports_all_fields: ClassVar[Sequence[Column]] = ()
    """Columns of a second export that ignores which ones are shown."""

    @cached_property
    def bound(self) -> list[Bound]:
        """The columns, matched with the fields of the listing; a slip shows when the application starts."""
        return [bind(column, self.listing) for column in self.columns]

    def state(self) -> GridState:
        """What this request asks for."""
        return GridState.of(list(request.args.items(multi=True)), self.listing)

    def allowed_actions(self) -> list[BulkAction]:
        """The bulk actions that the signed-in person may use."""
        return [action for action in self.actions if person().role.includes(action.minimum_role)]

    def shown(self) -> Shown:
        """The list as the signed-in person asked for it."""
        cls = type(self)
        return page.show(
            db.session(),
            listing=self.listing,
            bound=self.bound,
            state=self.state(),
            viewer=viewer(),
            today=today(),
            page_key=self.endpoint,  # type: ignore[attr-defined]
            views=self.views,
            ticks=bool(self.allowed_actions()),
            address=self.row_link(),
            name=cls.name_field,
            more_needs=self.row_needs,
            most=self.most_listed,
        )

    def row_link(self) -> Callable[[Any], str | None] | None:
        """A row → where its head leads, for the person of this request."""
        found: Callable[[Any], str | None] | None = type(self).row_url
        return found

    def page_buttons(self) -> Sequence[Button]:
        """The buttons beside the title that lead somewhere the signed-in person may go."""
        return [button for button in self.buttons if person().role.includes(button.minimum_role)]

    def row_buttons(self, row: Any) -> Sequence[Button]:
        """The buttons on the page of one row."""
        return ()

    def heading_of(self, row: Any) -> str:
        """What the page of one row is called."""
        if "__str__" in vars(type(row)):
            return str(row)
        number = getattr(row, "id", None)
        return f"{self.title}, no. {number}" if number is not None else self.title

    def context_values(self, session: Session) -> dict[str, Any]:
        """Further variables for a template of one's own."""
        return {}

    def address(self, route: str, **values: Any) -> str:
        """The address of one of this screen's routes."""
        return url_for(f"{self.endpoint}.{route}", **values)  # type: ignore[attr-defined]

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        """The list."""
        shown = self.shown()
        return render_template(
            self.template, screen=self, grid=shown, bulk_actions=bulk.offered(self), **self.context_values(db.session())
        )

    @expose("/summary.json")
    @needs(polled=True)
    def summary(self) -> ResponseReturnValue:
        """Counts behind the tabs and sums under the money columns, asked for after the page stands."""
        return jsonify(summary(self))

    @expose("/menu/<any(filters, columns):which>")
    def menu_of(self, which: str) -> ResponseReturnValue:
        """The filters or the columns that can be chosen, asked for when the menu is opened."""
        return menus.answer(self, which)

    @expose("/export/<any(csv, xlsx):file_format>")
    def export(self, file_format: str) -> ResponseReturnValue:
        """What the filter finds, with the chosen columns, as a file."""
        return exporting.answer(self, file_format)

    @expose("/views/new", methods=("GET", "POST"))
    def save_view(self) -> ResponseReturnValue:
        """Keep the list as it stands under a name."""
        return saving.save(self)

    @expose("/views/<int:view_id>/remove", methods=("GET", "POST"))
    def remove_view(self, view_id: int) -> ResponseReturnValue:
        """Forget a saved view."""
        return saving.remove(self, view_id)

    @expose("/bulk/<action_key>", methods=("GET", "POST"))
    def bulk(self, action_key: str) -> ResponseReturnValue:
        """Do something to many rows, after showing how many."""
        return bulk.answer(self, action_key)

    @expose("/bulk/<action_key>/preview", methods=("POST",))
    def bulk_preview(self, action_key: str) -> ResponseReturnValue:
        """How many rows an action would change, and some of them."""
        return bulk.preview(self, action_key)

    @expose("/bulk/<action_key>/undo", methods=("POST",))
    def bulk_undo(self, action_key: str) -> ResponseReturnValue:
        """Take the last action back."""
        return bulk.undo(self, action_key)
