"""Generated lists with forms: plain records that people create, change and remove."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import inspect

from admin_views.gate import Demand, actor, person
from admin_views.grid.form_fields import DeskModelConverter, given_by_the_database
from admin_views.grid.generated import ScopedModelView, label_of
from admin_views.grid.page import Button
from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.services.portfolio import records
from app.transaction import transaction


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
