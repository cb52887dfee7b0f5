"""What was done on accounts."""

from __future__ import annotations

from admin_views.grid import Column
from admin_views.records.common import BY, CUSTOMER, Record
from app.models import Activity, Assignment, BucketChange, Note, Promise, StatusChange
from app.queries.collections import record_lists as collections
from app.queries.servicing import record_lists as servicing


class Activities(Record):
    """What was done."""

    title, url, endpoint, noun = "Activity", "/admin/records/activity", "records_activity", "activities"
    says = "Calls and how they ended, texts, changes of hands"
    model = Activity
    listing = collections.ACTIVITIES
    columns = (
        CUSTOMER,
        Column("at", "Date", sort="newest", card="detail", card_label=""),
        Column("kind", "Kind"),
        Column("disposition", "Outcome", card="state"),
        Column("summary", "What", wide=True),
        BY,
        Column("withdrawn_at", "Taken back", shown=False),
    )
    empty = ("Nothing was done yet", "Calls, texts and assignments stand here as they happen.")


class Notes(Record):
    """What was written down."""

    title, url, endpoint, noun = "Notes", "/admin/records/notes", "records_notes", "notes"
    says = "Everything that was written down about accounts"
    model = Note
    listing = collections.NOTES
    columns = (
        CUSTOMER,
        Column("created_at", "Written", sort="newest", card="detail", card_label=""),
        Column("body", "Note", wide=True),
        BY,
        Column("withdrawn_at", "Taken back", shown=False),
    )
    empty = ("There are no notes yet", "Write one on an account.")


class Promises(Record):
    """Promises to pay."""

    title, url, endpoint, noun = "Promises", "/admin/records/promises", "records_promises", "promises"
    says = "Who promised what by when, and whether it was kept"
    model = Promise
    listing = collections.PROMISES
    columns = (
        CUSTOMER,
        Column("due_on", "By", weekday=True, card="detail"),
        Column("amount_cents", "Amount", card="figure"),
        Column("method", "Method"),
        Column("status", "Status", card="state"),
        Column("made_at", "Made", sort="newest"),
        Column("resolved_on", "Decided"),
        Column("by", "Taken by"),
    )
    empty = ("Nobody promised anything yet", "Take a promise on an account.")


class Assignments(Record):
    """Whose book."""

    title, url, endpoint, noun = "Assignments", "/admin/records/assignments", "records_assignments", "assignments"
    says = "In whose book an account was, from when until when, and why"
    model = Assignment
    listing = collections.ASSIGNMENTS
    columns = (
        CUSTOMER,
        Column("collector", "Collector", card="figure"),
        Column("from_at", "From", sort="newest", card="detail", card_label=""),
        Column("until_at", "Until"),
        Column("is_manual", "By hand"),
        Column("reason", "Reason", wide=True),
        BY,
    )
    empty = ("No account is assigned yet", "Tick accounts in the list and assign them.")


class StatusChanges(Record):
    """From status to status."""

    title, url, endpoint, noun = "Status changes", "/admin/records/status-changes", "records_status_changes", "changes"
    says = "From which status to which, when and why"
    model = StatusChange
    listing = servicing.STATUS_CHANGES
    columns = (
        CUSTOMER,
        Column("business_on", "Date", card="detail", card_label=""),
        Column("at", "Written", sort="newest", shown=False),
        Column("from_status", "From"),
        Column("to_status", "To", card="state"),
        Column("reason", "Reason", wide=True),
        BY,
    )
    empty = ("No status has changed yet", "The end of day and people change them.")


class BucketChanges(Record):
    """From bucket to bucket."""

    title, url, endpoint, noun = "Bucket changes", "/admin/records/bucket-changes", "records_bucket_changes", "changes"
    says = "Which account moved from which bucket to which"
    model = BucketChange
    listing = collections.BUCKET_CHANGES
    columns = (
        CUSTOMER,
        Column("business_on", "Date", card="detail", card_label=""),
        Column("from_bucket", "From"),
        Column("to_bucket", "To", card="state"),
        Column("from_days", "Days before"),
        Column("to_days", "Days after"),
        Column("reason", "Reason"),
    )
    empty = ("No account has changed its bucket yet", "The end of day records it.")
