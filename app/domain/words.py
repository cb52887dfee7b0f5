"""The base of every list of words that rows, rules and screens share."""

from enum import StrEnum
from typing import TYPE_CHECKING, Self


class Word(StrEnum):
    """A stored value together with the label that people read.

    Value and label live in one place so that a screen can never spell a status differently from the next one. A member
    is its value (`AccountStatus.ACTIVE == "active"`), so it goes to the database, to JSON and into a URL as it is.

    >>> class Channel(Word):
    ...     TEXT_MESSAGE = "text", "Text message"
    >>> Channel("text").label, str(Channel.TEXT_MESSAGE), Channel.TEXT_MESSAGE == "text"
    ('Text message', 'text', True)
    >>> Channel.choices()
    [('text', 'Text message')]
    """

    _value_: str
    label: str

    if TYPE_CHECKING:

        @property
        def value(self) -> str:
            """The stored value; at run time Enum's own property."""

    # The default is for type checkers, who see a look-up `AccountStatus("active")` as a call of this.
    def __new__(cls, value: str, label: str = "") -> Self:
        """Make a member out of the pair that its definition gives."""
        if not label:
            raise TypeError(f"{cls.__name__}: {value!r} needs a label behind its value.")
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        return word

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """(value, label) of each member in the order of definition, as a select field wants them."""
        return [(word.value, word.label) for word in cls]
