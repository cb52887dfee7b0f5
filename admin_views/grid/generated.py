"""Flask-Admin's generated lists and details, with one place for scope.

What Flask-Admin brings along and must not be reachable (its unscoped look-ups, inline updates, bulk delete, its own
exports) is not routed at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.contrib.sqla import ModelView
from markupsafe import Markup
from sqlalchemy import inspect, select

from admin_views import formats
from admin_views.gate import LARGEST_ID, Gated, viewer
from admin_views.grid.screen import GridScreen
from app.extensions import db
from app.models import Base
from app.queries.listing.fields import kind_of
from app.queries.scope import scope


class ScopedModelView(Gated, GridScreen, ModelView):
    """Flask-Admin's ModelView with one place for scope: every way to a row goes through `query`."""

    is_abstract = True
    title: ClassVar[str]
    url: Any = None
    endpoint: Any = None
    model: Any = None

    can_create = can_edit = can_delete = can_export = False
    can_view_details = True
    column_display_pk = False
    column_auto_select_related = False
    named_filter_urls = True

    # Not routed: each of these reaches rows without asking for scope, or writes without asking a service.
    create_view = edit_view = delete_view = action_view = None
    ajax_update = ajax_lookup = None
    action_delete = None

    opens_details: ClassVar[bool] = False
    """Whether the head of a row leads to the page with everything that is known of it."""
    details_of: ClassVar[Sequence[str]] = ()
    """Attributes on the page of one row; every column that holds no secret when empty."""
    secret: ClassVar[frozenset[str]] = frozenset({"pin_hash", "token_hash", "idempotency_key"})
    """Never shown, whatever a screen says."""

    def __init__(self) -> None:
        cls = type(self)
        super().__init__(cls.model, db, name=cls.title, endpoint=cls.endpoint, url=cls.url)

    # Flask-Admin builds forms and lists of every column at start; ours are declared, so there is nothing to guess.
    def scaffold_list_columns(self) -> list[str]:
        """No column is guessed."""
        return []

    def scaffold_sortable_columns(self) -> dict[str, str]:
        """No order is guessed."""
        return {}

    def init_actions(self) -> None:
        """No action but the declared ones: bulk delete is on by default in Flask-Admin."""
        self._actions: list[Any] = []
        self._actions_data: dict[str, Any] = {}

    def _refresh_forms_cache(self) -> None:
        """No form where nothing can be edited."""
        self._form_ajax_refs: dict[str, Any] = {}
        self.form_widget_args: dict[str, Any] = {}
        self.column_editable_list: dict[str, Any] = {}
        self._create_form_class: Any = None
        self._edit_form_class: Any = None
        self._delete_form_class: Any = None
        self._action_form_class: Any = None

    def _validate_form_class(self, *args: Any, **kwargs: Any) -> None:
        """Rules of forms are not used."""

    def query(self) -> Any:
        """The rows that the signed-in person may see."""
        return scope(select(self.model), self.model, viewer())

    def get_query(self) -> Any:
        """What Flask-Admin asks for a list: the same rows."""
        return db.session.query(self.model).filter(self.query().whereclause)

    def get_count_query(self) -> Any:
        """Flask-Admin counts with this: the same rows."""
        return self.get_query().with_entities(self.identity())

    def identity(self) -> Any:
        """The primary key."""
        return inspect(self.model).primary_key[0]

    def get_one(self, id: Any) -> Any:
        """The row behind an id of the address, or 404: unknown, malformed and foreign ids all look the same."""
        keys = inspect(self.model).primary_key
        parts = id.split(".") if isinstance(id, str) else []
        if len(parts) != len(keys):
            abort(404)
        wanted = [_typed(key, part) for key, part in zip(keys, parts, strict=True)]
        statement = self.query().where(*(key == value for key, value in zip(keys, wanted, strict=True)))
        return db.session.scalars(statement).one_or_none() or abort(404)

    def row_link(self) -> Callable[[Any], str | None] | None:
        """To the row's own page, where the screen says so."""
        if not self.opens_details:
            return super().row_link()
        base = self.address("details_view")
        return lambda row: f"{base}?id={row.id}"

    @expose("/details/")
    def details_view(self) -> ResponseReturnValue:
        """One row with everything that is known of it."""
        row = self.get_one(request.args.get("id"))
        pairs = [(label, Markup(html)) for label, html in self.pairs(row)]  # noqa: S704 -- `pairs` escapes
        return render_template("grid/details.html", screen=self, row=row, pairs=pairs)

    def pairs(self, row: Base) -> list[tuple[str, str]]:
        """Label and safe HTML of each attribute shown."""
        columns = inspect(self.model).columns
        relations = inspect(self.model).relationships
        named = self.details_of or [attribute.key for attribute in inspect(self.model).column_attrs]
        shown: list[tuple[str, str]] = []
        for name in named:
            if name in self.secret:
                continue
            value = getattr(row, name)
            related = name.removesuffix("_id")
            if name in relations or (name.endswith("_id") and related in relations):
                shown.append((label_of(related), formats.text(str(getattr(row, related) or ""))))
            elif name in columns:
                shown.append((label_of(name), formats.HTML[kind_of(name, columns[name])](value)))
        return shown


class ReadOnlyView(ScopedModelView):
    """A generated list of what has money or status: lists, filters, search, exports, details; nothing is changed here."""

    is_abstract = True


def _typed(key: Any, text: str) -> Any:
    wanted = key.type.python_type
    if wanted is int:
        if not (text.isascii() and text.isdigit() and int(text) <= LARGEST_ID):
            abort(404)
        return int(text)
    if wanted is str:
        return text if "\0" not in text else abort(404)
    try:
        return wanted.fromisoformat(text)
    except (AttributeError, ValueError):
        abort(404)


def label_of(name: str) -> str:
    """The label of an attribute.

    >>> label_of("past_due_cents"), label_of("next_due_on"), label_of("is_active"), label_of("e164")
    ('Past due', 'Next due', 'Active', 'Phone')
    """
    known = {"e164": "Phone", "imei": "IMEI", "id": "No.", "ip": "Address", "uuid": "UUID", "zip_code": "ZIP"}
    if name in known:
        return known[name]
    bare = name.removesuffix("_cents").removesuffix("_on").removesuffix("_at").removesuffix("_id")
    return bare.removeprefix("is_").replace("_", " ").capitalize()
