"""What a person reads on a page: tables by their heads, figures by their labels."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser


def text_of(html: str) -> str:
    """The words of a piece of a page, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@dataclass
class Table:
    """The texts of a table, row by row."""

    heads: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def row(self, start: str) -> dict[str, str]:
        """The row whose first cell begins so, by head; of two heads with one name the second is called `name 2`."""
        names: list[str] = []
        for head in self.heads:
            names.append(f"{head} 2" if head in names else head)
        found = [row for row in self.rows if row[0].startswith(start)]
        assert len(found) == 1, f"{len(found)} rows begin with {start!r}: {self.rows}"
        return dict(zip(names, found[0], strict=True))


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Table] = []
        self._part = ""
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.found.append(Table())
        elif tag in ("thead", "tbody", "tfoot"):
            self._part = tag
        elif tag == "tr" and self._part == "tbody":
            self.found[-1].rows.append([])
        elif tag in ("th", "td"):
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td") and self._cell is not None:
            words = " ".join(" ".join(self._cell).split())
            if self._part == "thead":
                self.found[-1].heads.append(words)
            elif self._part == "tbody":
                self.found[-1].rows[-1].append(words)
            self._cell = None
        elif tag in ("thead", "tbody", "tfoot"):
            self._part = ""

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def tables(page: str) -> list[Table]:
    """Every table of a page, in order."""
    parser = _Tables()
    parser.feed(page)
    return parser.found


def table(page: str, *heads: str) -> Table:
    """The table that has these heads among its own, in this order."""
    fitting = [each for each in tables(page) if [head for head in each.heads if head in heads] == list(heads)]
    assert fitting, f"no table with {heads}; there are {[each.heads for each in tables(page)]}"
    return fitting[0]


def figures(page: str) -> dict[str, tuple[str, str]]:
    """The band's figures: label → (value, what stands under it)."""
    cells = re.findall(r'<(a|div) class="fig[^"]*".*?</\1>', page, re.S)
    found = {}
    for match in re.finditer(r'<(a|div) class="fig[^"]*".*?</\1>', page, re.S):
        label, value, detail = (_part(match[0], name) for name in ("l", "v", "d"))
        found[label] = (value, detail)
    assert len(found) == len(cells)
    return found


def _part(figure: str, name: str) -> str:
    inside = re.search(
        rf'<span class="{name}(?: [^"]*)?"[^>]*>(.*?)(?=<span class="[vd](?: [^"]*)?"|</(?:a|div)>$)', figure, re.S
    )
    return text_of(inside[1]) if inside else ""
