"""The bases of all screens: a page of one's own, a page with a list, and Flask-Admin's two kinds of generated lists.

Permission, row scope, CSRF and audit sit here and in the gate, so a new screen cannot forget them. What Flask-Admin brings
along and must not be reachable (its unscoped look-ups, inline updates, bulk delete, its own exports) is not routed at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_admin import BaseView, expose
from flask_admin.contrib.sqla import ModelView
from markupsafe import Markup
from sqlalchemy import inspect, select

from admin_views import formats
from admin_views.gate import LARGEST_ID, Demand, Gated, actor, person, viewer
from admin_views.grid.form_fields import DeskModelConverter, given_by_the_database
from admin_views.grid.page import Button
from admin_views.grid.screen import GridScreen
from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Base
from app.queries.listing.fields import kind_of
from app.queries.scope import scope
from app.services.portfolio import records
from app.transaction import transaction

__all__ = ["EditableView", "GridPage", "Page", "ReadOnlyView", "RecordService", "expose"]


class Page(Gated, BaseView):
    """A screen of one's own: `title`, `url`, `endpoint`, `minimum_role`, and methods with `@expose`."""

    is_abstract = True
    title: ClassVar[str] = ""
    url: Any = None
    endpoint: Any = None

    def __init__(self) -> None:
        cls: Any = type(self)
        if cls._default_view is None and cls._urls:
            cls._default_view = cls._urls[0][1]  # Two screens may share an address; only one of them answers its root.
        super().__init__(name=cls.title, endpoint=cls.endpoint, url=cls.url)


class GridPage(Page, GridScreen):
    """A page of one's own around a full list: `template` extends grid/page.html."""

    is_abstract = True


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


class RecordService(NamedTuple):
    """The three commands behind a form (`app.services.portfolio.records` has them for records without rules of their own)."""

    create: Callable[..., Any]
    """(session, model, values, *, now, actor) → row"""
    change: Callable[..., Any]
    """(session, row, values, *, version, now, actor)"""
    remove: Callable[..., Any] | None
    """(session, row, *, now, actor); None where nothing is ever removed."""


class EditableView(ScopedModelView):
    """A generated list of plain records with forms: every change goes through a service, in one transaction.

    Raises:
        TypeError: at class creation, when `form_columns` is missing: a form of all columns would let anybody set any.
    """

    is_abstract = True
    can_create = can_edit = can_delete = True
    form_columns: Any = ()
    form_labels: ClassVar[Mapping[str, str]] = {}
    form_help: ClassVar[Mapping[str, str]] = {}
    form_more: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Further arguments of a field, as WTForms takes them: filters, validators."""
    model_form_converter = DeskModelConverter
    service: ClassVar[RecordService] = RecordService(records.create, records.change, records.remove)
    change_role: ClassVar[Role] = Role.ADMIN
    """Who may create, change and remove; `minimum_role` says who may look."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__dict__.get("is_abstract", False) and not cls.form_columns:
            raise TypeError(f"{cls.__name__} has no form_columns: say which columns its form changes.")
        changes = Demand(cls.change_role)
        cls.demands = {**cls.demands, "create_view": changes, "edit_view": changes, "delete_view": changes}

    def _refresh_forms_cache(self) -> None:
        """One form for creating and changing, of the declared columns alone."""
        super()._refresh_forms_cache()
        self.form_args = {name: self._field_arguments(name) for name in self.form_columns}
        self._create_form_class = self._edit_form_class = self.scaffold_form()

    def _field_arguments(self, name: str) -> dict[str, Any]:
        shown = {"label": self.form_labels.get(name, label_of(name)), "description": self.form_help.get(name, "")}
        default = given_by_the_database(inspect(self.model).columns.get(name))
        return shown | ({} if default is None else {"default": default}) | dict(self.form_more.get(name, {}))

    @property
    def money_fields(self) -> list[str]:
        """The fields that are amounts."""
        return [name for name in self.form_columns if name.endswith("_cents")]

    def may_change(self) -> bool:
        """Whether the signed-in person may create, change and remove here."""
        return person().role.includes(self.change_role)

    def page_buttons(self) -> Sequence[Button]:
        """A button that creates, in front of the declared ones."""
        if not self.may_change() or not self.can_create:
            return super().page_buttons()
        new = Button(f"New {self.noun_of_one}", self.address("create_view"), icon="plus-lg", kind="primary", sheet=True)
        return [new, *super().page_buttons()]

    @property
    def noun_of_one(self) -> str:
        """The noun in the singular.

        Companies → company, branches of one kind → as declared without its s.
        """
        return f"{self.noun[:-3]}y" if self.noun.endswith("ies") else self.noun.removesuffix("s")

    def row_buttons(self, row: Any) -> Sequence[Button]:
        """Change, on the page of one row."""
        if not self.may_change() or not self.can_edit:
            return ()
        return [Button("Change", self.address("edit_view", id=key_of(row)), icon="pencil", sheet=True)]

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> ResponseReturnValue:
        """An empty form, then the new row."""
        form = self._create_form_class(get_form_data())
        if request.method == "POST" and form.validate():
            try:
                with transaction() as session:
                    row = self.service.create(session, self.model, self.values(form), now=now(), actor=actor())
                    said = str(row)
            except RuleViolation as refusal:
                self.refuse(form, refusal)
            else:
                return self.saved(f"{said} was added.")
        return self.form_page(form, None)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> ResponseReturnValue:
        """The row in a form; saved only when nobody else changed it since the form was opened."""
        row = self.get_one(request.args.get("id"))
        form = self._edit_form_class(get_form_data(), obj=row)
        if request.method == "POST" and form.validate():
            values = self.values(form)
            try:
                with transaction() as session:
                    version = request.form.get("version", type=int)
                    self.service.change(session, row, values, version=version or 0, now=now(), actor=actor())
                    said = str(row)
            except RuleViolation as refusal:
                self.refuse(form, refusal)
                row = self.get_one(request.args.get("id"))
            else:
                return self.saved(f"{said} was saved.")
        return self.form_page(form, row)

    @expose("/delete/", methods=("GET", "POST"))
    def delete_view(self) -> ResponseReturnValue:
        """Ask, then remove the row."""
        if not self.can_delete or self.service.remove is None:
            abort(404)
        row = self.get_one(request.args.get("id"))
        if request.method == "GET":
            return render_template("grid/delete.html", screen=self, row=row, key=key_of(row))
        said = str(row)
        try:
            with transaction() as session:
                self.service.remove(session, row, now=now(), actor=actor())
        except RuleViolation as refusal:
            flash(refusal.message, "error")
            return self.left()
        return self.saved(f"{said} was removed.")

    def values(self, form: Any) -> dict[str, Any]:
        """What the form says, by attribute: the declared ones and no other."""
        return {name: form[name].data for name in self.form_columns}

    def refuse(self, form: Any, refusal: RuleViolation) -> None:
        """Put a rule's sentence beside its field, or on top."""
        if refusal.field in form:
            form[refusal.field].errors = [*form[refusal.field].errors, refusal.message]
        else:
            form.form_errors.append(refusal.message)

    def form_page(self, form: Any, row: Any) -> ResponseReturnValue:
        """The form as a page, or in the side sheet."""
        wrong = bool(form.errors)
        # A refused form goes back with the version it was filled from, so that a second try is refused as well.
        version = request.form.get("version") if wrong else getattr(row, "version", "")
        page = render_template(
            "grid/form.html", screen=self, form=form, row=row, key=key_of(row) if row is not None else None, version=version
        )
        return page, 422 if wrong else 200

    def saved(self, sentence: str) -> ResponseReturnValue:
        """Back to the list with a message."""
        flash(sentence, "success")
        return self.left()

    def left(self) -> ResponseReturnValue:
        """Back to the list, from a page or from the sheet."""
        return redirect(self.address("index_view"), 303)


def get_form_data() -> Any:
    """What was posted, or None so that the form shows the row."""
    return request.form if request.method == "POST" else None


def key_of(row: Any) -> str:
    """The primary key as it stands in an address."""
    return ".".join(str(value) for value in inspect(row).identity or ())


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
