"""What somebody asks a list for: filters and words, as plain text that goes into a URL, a saved view or a job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode


@dataclass(frozen=True)
class Criteria:
    """Filters by parameter name, and the words of the search box."""

    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: str = ""

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]], known: Iterable[str]) -> Criteria:
        """Pick the known parameters out of a query string's pairs; empty values are no filter."""
        wanted = frozenset(known)
        filters: dict[str, tuple[str, ...]] = {}
        words = ""
        for name, value in pairs:
            value = value.strip().replace("\0", "")
            if name == "q":
                words = value[:200]
            elif name in wanted and value:
                filters[name] = (*filters.get(name, ()), value)
        return cls(filters, words)

    @classmethod
    def parse(cls, query_string: str, known: Iterable[str]) -> Criteria:
        """The same, from a query string."""
        return cls.of(parse_qsl(query_string), known)

    def pairs(self) -> list[tuple[str, str]]:
        """Back to the pairs of a query string, words first."""
        words = [("q", self.words)] if self.words else []
        return words + [(name, value) for name, values in self.filters.items() for value in values]

    def query_string(self) -> str:
        """Back to a query string."""
        return urlencode(self.pairs())

    def without(self, names: Iterable[str]) -> Criteria:
        """The same without some parameters."""
        dropped = frozenset(names)
        kept = {name: values for name, values in self.filters.items() if name not in dropped}
        return Criteria(kept, "" if "q" in dropped else self.words)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked: every row is meant."""
        return not self.filters and not self.words

    def as_json(self) -> dict[str, Any]:
        """For a job's arguments and the audit trail."""
        return {"filters": {name: list(values) for name, values in self.filters.items()}, "words": self.words}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Criteria:
        """Back from a job's arguments."""
        return cls({name: tuple(values) for name, values in given["filters"].items()}, given["words"])
