"""What forms say of a value that they cannot read: what to do, instead of what the library found."""

from __future__ import annotations

from flask_admin.form import BaseForm
from flask_wtf import FlaskForm

_DAY = "Enter a day, such as 11/20/2026."
_CHOICE = "Choose one of the list."
_WORDS = {
    "This field is required.": "Fill this in.",
    "Not a valid choice.": _CHOICE,
    "Invalid Choice: could not coerce.": _CHOICE,
    "Invalid value, must be one of: %(values)s.": _CHOICE,
    "Not a valid date value.": _DAY,
    "Not a valid datetime value.": _DAY,
    "Not a valid time value.": "Enter a time, such as 3:30 PM.",
    "Not a valid integer value.": "Enter a whole number, such as 12.",
    "Not a valid decimal value.": "Enter a number, such as 1.5.",
    "Not a valid float value.": "Enter a number, such as 1.5.",
    "Number must be at least %(min)s.": "Enter %(min)s or more.",
    "Number must be at most %(max)s.": "Enter at most %(max)s.",
    "Number must be between %(min)s and %(max)s.": "Enter a number from %(min)s to %(max)s.",
    "Field cannot be longer than %(max)d characters.": "At most %(max)d characters fit here.",
    "Field cannot be longer than %(max)d character.": "At most %(max)d character fits here.",
}


class FormWords:
    """A catalogue as WTForms asks for it."""

    def gettext(self, string: str) -> str:
        """The sentence for one of the library's."""
        return _WORDS.get(string, string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The same for sentences that count."""
        return self.gettext(singular if n == 1 else plural)


def install() -> None:
    """Let every form speak like this, the generated ones as well: each library asks its own catalogue."""
    words = FormWords()
    for form_class in (FlaskForm, BaseForm):
        form_class.Meta.get_translations = lambda meta, form: words
