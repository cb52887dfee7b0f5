"""The bases of all screens: a page of one's own, a page with a list, and Flask-Admin's two kinds of generated lists.

Permission, row scope, CSRF and audit sit in them and in the gate, so a new screen cannot forget them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from flask_admin import BaseView, expose

from admin_views.gate import Gated
from admin_views.grid.editing import EditableView, RecordService
from admin_views.grid.generated import ReadOnlyView
from admin_views.grid.screen import GridScreen

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
