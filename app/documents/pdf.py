"""Drawing a paper as PDF, with reportlab: pure Python, so that nothing of the system has to be installed beside it."""

from __future__ import annotations

from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import reportlab
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as DrawnTable

from app.documents.paper import Paper, Table

MARGIN = 18 * mm
WIDTH = LETTER[0] - 2 * MARGIN
INK, QUIET, LINE, RED = (colors.HexColor(tone) for tone in ("#1c2127", "#5c6773", "#c9d0d7", "#a3262a"))
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
WIDE_PLAIN, WIDE_BOLD = "Vera", "Vera-Bold"
"""For names with letters that the built-in fonts lack."""


def drawn(paper: Paper, *, printed: str, is_packed: bool = True) -> bytes:
    """The paper as PDF. `printed` stands in the foot: when and by whom. Unpacked, its text can be read in the bytes."""
    buffer = BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=LETTER,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=f"{paper.title} {paper.number}",
        author=paper.issuer,
        pageCompression=int(is_packed),
        invariant=True,
    )

    def foot(canvas: Any, page: Any) -> None:
        canvas.saveState()
        said = f"{paper.issuer} · {paper.title} {paper.number} · {printed}"
        canvas.setFont(_font(said), 7.5)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 11 * mm, said)
        canvas.drawRightString(LETTER[0] - MARGIN, 11 * mm, f"Page {page.page}")
        canvas.restoreState()

    document.build(list(_story(paper)), onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()


def _story(paper: Paper) -> list[Flowable]:
    story: list[Flowable] = [_text(paper.issuer, size=9, color=QUIET), _text(f"{paper.title} {paper.number}", size=17, bold=True)]
    if paper.is_void:
        story += [
            Spacer(1, 2 * mm),
            _text("VOID: this payment was taken back.", size=11, bold=True, color=RED),
        ]
    story += [Spacer(1, 5 * mm), _head(paper), Spacer(1, 6 * mm)]
    for table in paper.tables:
        story += [_text(table.title, size=11, bold=True), Spacer(1, 1.5 * mm), _table(table), Spacer(1, 6 * mm)]
    story += [_text(note, size=8.5, color=QUIET) for note in paper.notes]
    return story


def _head(paper: Paper) -> Flowable:
    """To whom at the left; the figure and the facts at the right."""
    to_whom = [_text(line) for line in paper.addressee]
    label, value = paper.figure
    rows = [[_text(label, color=QUIET), _text(value, size=15, bold=True, right=True)]]
    rows += [[_text(name, color=QUIET), _text(said, right=True)] for name, said in paper.facts]
    facts = DrawnTable(rows, colWidths=[WIDTH * 0.24, WIDTH * 0.32], style=[("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *_PADDING])
    return DrawnTable([[to_whom, facts]], colWidths=[WIDTH * 0.44, WIDTH * 0.56], style=[("VALIGN", (0, 0), (-1, -1), "TOP")])


_PADDING = [("TOPPADDING", (0, 0), (-1, -1), 1.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)]


def _table(table: Table) -> Flowable:
    if not table.rows:
        return _text(table.empty or "Nothing.", color=QUIET)
    numeric = [column.is_numeric for column in table.columns]
    rows = [[_text(column.label, size=8, color=QUIET, right=column.is_numeric) for column in table.columns]]
    for place, row in enumerate(table.rows, start=1):
        is_total = table.has_total and place == len(table.rows)
        rows.append([_text(cell, bold=is_total, right=right) for cell, right in zip(row, numeric, strict=True)])
    style = [("LINEBELOW", (0, 0), (-1, 0), 0.7, INK), ("VALIGN", (0, 0), (-1, -1), "TOP"), *_PADDING]
    style += [("LINEBELOW", (0, 1), (-1, -1), 0.3, LINE)]
    if table.has_total:
        style += [("LINEABOVE", (0, -1), (-1, -1), 0.7, INK)]
    return DrawnTable(rows, colWidths=_widths(table), repeatRows=1, style=style)


def _widths(table: Table) -> list[float]:
    """Amounts and dates get what they need, words share the rest."""
    longest = [
        max(pdfmetrics.stringWidth(_plain(text), BOLD, 9) for text in (column.label, *(row[place] for row in table.rows)))
        for place, column in enumerate(table.columns)
    ]
    wanted = [width + 14 for width in longest]
    spare = WIDTH - sum(wanted)
    widest = max(range(len(wanted)), key=lambda place: wanted[place])
    wanted[widest] = max(40 * mm, wanted[widest] + spare) if spare < 0 else wanted[widest] + spare
    return wanted


def _text(text: str, *, size: float = 9, bold: bool = False, color: Any = INK, right: bool = False) -> Paragraph:
    style = ParagraphStyle("line", fontName=_font(text, bold=bold), fontSize=size, leading=size * 1.35, textColor=color)
    if right:
        style.alignment = TA_RIGHT
    return Paragraph(escape(text.replace("\N{MINUS SIGN}", "-")), style)


def _font(text: str, *, bold: bool = False) -> str:
    """The built-in font where its letters suffice."""
    if _plain(text) == text.replace("\N{MINUS SIGN}", "-"):
        return BOLD if bold else PLAIN
    _register_wide()
    return WIDE_BOLD if bold else WIDE_PLAIN


def _plain(text: str) -> str:
    """The text in the letters of the built-in fonts."""
    return text.replace("\N{MINUS SIGN}", "-").encode("cp1252", "replace").decode("cp1252")


@cache
def _register_wide() -> None:
    fonts = Path(reportlab.__file__).parent / "fonts"
    pdfmetrics.registerFont(TTFont(WIDE_PLAIN, str(fonts / "Vera.ttf")))
    pdfmetrics.registerFont(TTFont(WIDE_BOLD, str(fonts / "VeraBd.ttf")))
