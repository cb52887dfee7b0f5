"""Form fields of generated forms: money as dollars, words as a choice, related rows within scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_admin.contrib.sqla.fields import QuerySelectField
from flask_admin.contrib.sqla.form import AdminModelConverter
from sqlalchemy import Boolean, Date, Integer, select
from wtforms import DateField, SelectField, StringField, ValidationError
from wtforms.fields.choices import Choice
from wtforms.widgets import Select

from admin_views.gate import viewer
from app.domain.errors import RuleViolation
from app.domain.money import cents_from_text, dollars
from app.extensions import db
from app.models.base import WordType
from app.queries.scope import scope

MOST_OPTIONS = 500


class CentsField(StringField):
    """An amount: dollars on the form, whole cents in `data`."""

    def process_data(self, value: int | None) -> None:
        """Keep the cents."""
        self.data = value

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read dollars. Raises ValueError with a sentence."""
        text = (valuelist or [""])[0].strip()
        if not text:
            self.data = None
            return
        try:
            self.data = cents_from_text(text)
        except RuleViolation as refusal:
            self.data = None
            raise ValueError(refusal.message) from refusal

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(dollars(self.data))


class VisibleRowField(QuerySelectField):
    """One of the related rows that the signed-in person may see; a foreign id is no valid choice."""

    widget = Select()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.type = "QuerySelectField"  # Templates tell a choice from a line of text by this name.

    def iter_choices(self) -> Iterator[Choice]:
        """The rows by name, and in front of them nothing at all where that is allowed."""
        for value, label, is_selected, *_ in super().iter_choices():
            yield Choice(str(value), str(label), bool(is_selected), {})

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not offered, with a sentence."""
        try:
            super().pre_validate(form)
        except ValidationError as error:
            raise ValidationError("Choose one of these.") from error


def given_by_the_database(column: Any) -> Any:
    """What the database would put into a column that nobody filled, so that an empty form shows it; None for nothing."""
    if column is None or column.server_default is None:
        return None
    text = str(getattr(column.server_default.arg, "text", column.server_default.arg))
    if isinstance(column.type, Boolean):
        return text == "true"
    return int(text) if isinstance(column.type, Integer) else text


class DeskModelConverter(AdminModelConverter):
    """Flask-Admin's converter with our types, and without its unscoped selects and its client-side widgets."""

    def get_converter(self, column: Any) -> Any:
        """Money and words first, then what Flask-Admin knows."""
        if column.name.endswith("_cents"):
            return self._cents
        if isinstance(column.type, WordType):
            return self._word
        if isinstance(column.type, Date):
            return self._date
        return super().get_converter(column)

    def _cents(self, *, field_args: dict[str, Any], **_: Any) -> CentsField:
        return CentsField(**field_args)

    def _date(self, *, field_args: dict[str, Any], **_: Any) -> DateField:
        return DateField(**field_args)  # The browser's own calendar; Flask-Admin's brings scripts of its own.

    def _word(self, *, column: Any, field_args: dict[str, Any], **_: Any) -> SelectField:
        words = column.type.words
        blank = [("", "")] if column.nullable else []

        def coerce(value: Any) -> Any:
            return words(value) if value else None

        return SelectField(choices=dict([*blank, *words.choices()]), coerce=coerce, **field_args)

    def _model_select_field(self, prop: Any, multiple: Any, remote_model: Any, **kwargs: Any) -> VisibleRowField:
        if multiple:
            raise NotImplementedError(f"{prop.key}: many related rows are chosen on a page of their own.")

        def rows() -> Any:
            statement = scope(select(remote_model), remote_model, viewer()).order_by(remote_model.name)
            return db.session.scalars(statement.limit(MOST_OPTIONS)).all()

        kwargs.setdefault("query_factory", rows)
        kwargs.setdefault("blank_text", "None")
        return VisibleRowField(get_label=str, **kwargs)
