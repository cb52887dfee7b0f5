"""The list engine of the screens: state in the URL, rows in one pass, exports, saved views, bulk actions."""

from admin_views.grid.actions import BulkAction, Selection
from admin_views.grid.cells import customer_column
from admin_views.grid.columns import Column
from admin_views.grid.page import Button
from admin_views.grid.views import View

__all__ = ["BulkAction", "Button", "Column", "Selection", "View", "customer_column"]
