"""What was done on accounts: notes, activities, promises, assignments; and the buckets."""

from __future__ import annotations

from sqlalchemy.orm import aliased

from app.domain.collections.contact import ActivityKind, Disposition, PromiseStatus
from app.models import Activity, Assignment, Bucket, BucketChange, Note, Promise, Staff
from app.queries.listing import Choice, Dates, Field, Flag, Join, Listing, Money, Numbers, One, Sort
from app.queries.servicing.hanging import hanging

NOTES = hanging(
    Note,
    Note.account_id,
    (
        Field("created_at", Note.created_at),
        Field("body", Note.body),
        Field("withdrawn_at", Note.withdrawn_at),
    ),
    (Dates("created", "Written", Note.created_at), Flag("withdrawn", "Taken back", Note.withdrawn_at.is_not(None))),
    order="-newest",
    by=Note.created_by_id,
    sorts={"newest": Sort((Note.id,))},
)

ACTIVITIES = hanging(
    Activity,
    Activity.account_id,
    (
        Field("at", Activity.at),
        Field("kind", Activity.kind),
        Field("disposition", Activity.disposition),
        Field("summary", Activity.summary),
        Field("withdrawn_at", Activity.withdrawn_at),
    ),
    (
        Choice("kind", "Kind", Activity.kind, words=ActivityKind),
        Choice("disposition", "Outcome", Activity.disposition, words=Disposition),
        Dates("at", "Date", Activity.at),
        One("by", "By", Activity.staff_id, model=Staff, order_by=Staff.name, none="The program", me="Me"),
    ),
    order="-newest",
    by=Activity.staff_id,
    sorts={"newest": Sort((Activity.id,))},
)

PROMISES = hanging(
    Promise,
    Promise.account_id,
    (
        Field("made_at", Promise.made_at),
        Field("due_on", Promise.due_on),
        Field("amount_cents", Promise.amount_cents, total=True),
        Field("method", Promise.method),
        Field("status", Promise.status),
        Field("resolved_on", Promise.resolved_on),
    ),
    (
        Choice("status", "Status", Promise.status, words=PromiseStatus),
        Dates("due", "Due", Promise.due_on),
        Dates("made", "Made", Promise.made_at),
        Money("amount", "Amount", Promise.amount_cents),
        One("by", "Taken by", Promise.taken_by_id, model=Staff, order_by=Staff.name, me="Me"),
    ),
    order="-newest",
    by=Promise.taken_by_id,
    sorts={"newest": Sort((Promise.id,))},
)

Collector = aliased(Staff, name="collector")

ASSIGNMENTS = hanging(
    Assignment,
    Assignment.account_id,
    (
        Field("from_at", Assignment.from_at),
        Field("until_at", Assignment.until_at),
        Field("collector", Collector.name, "collector"),
        Field("is_manual", Assignment.is_manual),
        Field("reason", Assignment.reason),
    ),
    (
        One("collector", "Collector", Assignment.staff_id, model=Staff, order_by=Staff.name, me="Me"),
        Flag("current", "Current", Assignment.until_at.is_(None)),
        Flag("manual", "By hand", Assignment.is_manual),
        Dates("from", "From", Assignment.from_at),
    ),
    order="-newest",
    by=Assignment.by_id,
    joins=(Join("collector", Collector, Assignment.staff_id == Collector.id),),
    sorts={"newest": Sort((Assignment.id,))},
)

BUCKET_CHANGES = hanging(
    BucketChange,
    BucketChange.account_id,
    (
        Field("business_on", BucketChange.business_on, sort=True),
        Field("from_bucket", BucketChange.from_bucket),
        Field("to_bucket", BucketChange.to_bucket),
        Field("from_days", BucketChange.from_days),
        Field("to_days", BucketChange.to_days),
        Field("reason", BucketChange.reason),
    ),
    (Dates("on", "Business date", BucketChange.business_on), Numbers("to_days", "Days past due", BucketChange.to_days)),
    order="-business_on",
    identity=BucketChange.account_id,
)

BUCKETS = Listing(
    Bucket,
    fields=(
        Field("scheme", Bucket.scheme),
        Field("label", Bucket.label),
        Field("from_days", Bucket.from_days),
        Field("to_days", Bucket.to_days),
    ),
    sorts={"place": Sort((Bucket.scheme, Bucket.from_days))},
    filters=(Choice("scheme", "Scheme", Bucket.scheme, words=[("report", "Report"), ("worklist", "Worklist")]),),
    order="place",
)
