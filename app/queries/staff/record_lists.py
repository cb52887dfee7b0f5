"""Settings and saved views."""

from __future__ import annotations

from app.models import SavedView, Setting
from app.queries.listing import Field, Flag, Join, Listing, Sort, Text
from app.queries.servicing.hanging import By

SETTINGS = Listing(
    Setting,
    joins=(Join("by", By, Setting.changed_by_id == By.id, is_outer=True),),
    fields=(
        Field("name", Setting.name, sort=True),
        Field("value", Setting.value),
        Field("changed_at", Setting.changed_at),
        Field("by", By.name, "by"),
    ),
    filters=(Text("name", "Name", Setting.name),),
    order="name",
)

SAVED_VIEWS = Listing(
    SavedView,
    joins=(Join("by", By, SavedView.owner_id == By.id),),
    fields=(
        Field("page", SavedView.page),
        Field("name", SavedView.name),
        Field("query_string", SavedView.query_string),
        Field("is_shared", SavedView.is_shared),
        Field("created_at", SavedView.created_at),
        Field("by", By.name, "by"),
    ),
    sorts={"place": Sort((SavedView.page, SavedView.name))},
    filters=(Flag("shared", "Shared", SavedView.is_shared), Text("page", "Page", SavedView.page)),
    order="place",
)
