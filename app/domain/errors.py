"""How a rule says no, and how bulk work says what is wrong with a row."""

from dataclasses import dataclass

from app.domain.words import Word


class RuleViolation(Exception):
    """A rule refused something, said in a sentence for people.

    Screens put the sentence beside the field when one is named, or on top of the page when none is.

    >>> try:
    ...     raise RuleViolation("A payment must be more than $0.00.", field="amount")
    ... except RuleViolation as refusal:
    ...     print(refusal.field, "-", refusal)
    amount - A payment must be more than $0.00.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        """Keep the sentence and, where one input is to blame, the name of its field."""
        super().__init__(message)
        self.message = message
        self.field = field


class Severity(Word):
    """Whether a problem keeps a row out."""

    WARNING = "warning", "Warning"
    ERROR = "error", "Error"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one cell of bulk work; collected and shown together, never raised midway.

    `row` is the row number as the file's reader sees it, `column` the header; None stands for all of them.
    """

    row: int | None
    column: str | None
    message: str
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        """Whether the row stays out because of it."""
        return self.severity is Severity.ERROR
