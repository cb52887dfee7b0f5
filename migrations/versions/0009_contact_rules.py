"""Contact rules, what stands in the way of single customers, the rules behind each attempt; signals and their points.

Revision: 0009
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

EVERY, CALLS, CALLS_AND_TEXTS = (True, True, True), (True, False, False), (True, True, False)
RULES = (
    # name, state, kind, channels, most, days, from, until, phone kind, citation
    (
        "7 calls in 7 days",
        None,
        "attempts",
        CALLS,
        7,
        7,
        None,
        None,
        None,
        "12 CFR 1006.14(b)(2)(i)(A)",
    ),
    (
        "7 days after a conversation",
        None,
        "conversation",
        CALLS,
        0,
        7,
        None,
        None,
        None,
        "12 CFR 1006.14(b)(2)(i)(B)",
    ),
    (
        "8 AM to 9 PM at the customer's place",
        None,
        "hours",
        EVERY,
        0,
        0,
        dt.time(8),
        dt.time(21),
        None,
        "15 U.S.C. 1692c(a)(1); 12 CFR 1006.6(b)(1)",
    ),
    (
        "Massachusetts: 2 calls or texts in 7 days",
        "MA",
        "attempts",
        CALLS_AND_TEXTS,
        2,
        7,
        None,
        None,
        None,
        "940 CMR 7.04(1)(f)",
    ),
    (
        "Massachusetts: 2 in 30 days at work",
        "MA",
        "attempts",
        CALLS_AND_TEXTS,
        2,
        30,
        None,
        None,
        "work",
        "940 CMR 7.04(1)(f)",
    ),
    (
        "Washington: 3 calls or texts in 7 days",
        "WA",
        "attempts",
        CALLS_AND_TEXTS,
        3,
        7,
        None,
        None,
        None,
        "RCW 19.16.250(13)",
    ),
    (
        "Washington: 1 a week at work",
        "WA",
        "attempts",
        CALLS_AND_TEXTS,
        1,
        7,
        None,
        None,
        "work",
        "RCW 19.16.250(13)",
    ),
)

POINTS = (
    ("first_payment_default", 40),
    ("broken_promise", 20),
    ("declines", 20),
    ("hard_decline", 25),
    ("card_expiring", 10),
    ("shared_card", 20),
    ("no_autopay", 10),
    ("phone_dead", 25),
    ("partial_payer", 10),
    ("payday_payer", -5),
    ("on_time_run", -20),
    ("paid_early", -10),
    ("second_lease", -15),
)
BANDS = (("low", 0), ("medium", 25), ("high", 50))


def upgrade() -> None:
    _create_contact_rule()
    _create_contact_restriction()
    _create_contact_override()
    _create_contact_attempt()
    _create_signals()


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _create_contact_rule() -> None:
    rule = op.create_table(
        "contact_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("is_for_calls", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("is_for_texts", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_for_emails", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("most", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("days", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("from_time", sa.Time(), nullable=True),
        sa.Column("until_time", sa.Time(), nullable=True),
        sa.Column("phone_kind", sa.String(24), nullable=True),
        sa.Column("citation", sa.String(length=160), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("most >= 0 and days >= 0", name=op.f("ck_contact_rule_not_negative")),
        sa.CheckConstraint("kind <> 'attempts' or (most > 0 and days > 0)", name=op.f("ck_contact_rule_attempts_have_a_number")),
        sa.CheckConstraint("kind <> 'conversation' or days > 0", name=op.f("ck_contact_rule_conversations_have_days")),
        sa.CheckConstraint("kind <> 'hours' or from_time < until_time", name=op.f("ck_contact_rule_hours_begin_before_they_end")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_rule")),
        sa.UniqueConstraint("name", name=op.f("uq_contact_rule_name")),
    )
    op.bulk_insert(
        rule,
        [
            {
                "name": name,
                "state": state,
                "kind": kind,
                "is_for_calls": channels[0],
                "is_for_texts": channels[1],
                "is_for_emails": channels[2],
                "most": most,
                "days": days,
                "from_time": from_time,
                "until_time": until_time,
                "phone_kind": phone_kind,
                "citation": citation,
            }
            for name, state, kind, channels, most, days, from_time, until_time, phone_kind, citation in RULES
        ],
    )


def _create_contact_restriction() -> None:
    op.create_table(
        "contact_restriction",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("channel", sa.String(24), nullable=True),
        sa.Column("weekdays", postgresql.ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("from_time", sa.Time(), nullable=True),
        sa.Column("until_time", sa.Time(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", sa.BigInteger(), nullable=True),
        _reference("contact_restriction", "customer_id", "customer"),
        _reference("contact_restriction", "created_by_id", "staff"),
        _reference("contact_restriction", "lifted_by_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_restriction")),
    )
    op.create_index("ix_contact_restriction_customer_id", "contact_restriction", ["customer_id"])
    op.create_index(
        "ix_contact_restriction_standing",
        "contact_restriction",
        ["customer_id"],
        postgresql_where=sa.text("lifted_at is null"),
    )


def _create_contact_override() -> None:
    op.create_table(
        "contact_override",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("blocked_by", sa.String(length=400), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by_id", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        _reference("contact_override", "account_id", "account"),
        _reference("contact_override", "given_by_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_override")),
    )
    op.create_index(op.f("ix_contact_override_account_id"), "contact_override", ["account_id"])


def _create_contact_attempt() -> None:
    op.create_table(
        "contact_attempt",
        sa.Column("activity_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(24), nullable=False),
        sa.Column("is_inbound", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_allowed", sa.Boolean(), nullable=False),
        sa.Column("blocked_by", sa.String(length=400), nullable=True),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("override_id", sa.BigInteger(), nullable=True),
        _reference("contact_attempt", "activity_id", "activity"),
        _reference("contact_attempt", "account_id", "account"),
        _reference("contact_attempt", "override_id", "contact_override"),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_contact_attempt")),
    )
    op.create_index(op.f("ix_contact_attempt_account_id"), "contact_attempt", ["account_id"])


def _create_signals() -> None:
    op.create_table(
        "account_behavior",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("judged", sa.SmallInteger(), nullable=False),
        sa.Column("on_time", sa.SmallInteger(), nullable=False),
        sa.Column("on_time_rate", sa.Numeric(5, 4), nullable=True),
        sa.Column("days_late", sa.Numeric(7, 2), nullable=True),
        sa.Column("pti_rate", sa.Numeric(9, 4), nullable=True),
        sa.Column("score", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("risk", sa.String(24), server_default="low", nullable=False),
        _reference("account_behavior", "account_id", "account"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_behavior")),
    )
    op.create_index("ix_account_behavior_score_account_id", "account_behavior", ["score", "account_id"])
    op.create_index("ix_account_behavior_risk_score_account_id", "account_behavior", ["risk", "score", "account_id"])
    op.create_table(
        "account_signal",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("evidence", sa.String(length=200), nullable=False),
        _reference("account_signal", "account_id", "account"),
        sa.PrimaryKeyConstraint("account_id", "kind", name=op.f("pk_account_signal")),
    )
    op.create_index("ix_account_signal_kind", "account_signal", ["kind"])
    weight = op.create_table(
        "signal_weight",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("points", sa.SmallInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("points between -100 and 100", name=op.f("ck_signal_weight_points_within_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_weight")),
        sa.UniqueConstraint("kind", name=op.f("uq_signal_weight_kind")),
    )
    band = op.create_table(
        "risk_band",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("risk", sa.String(24), nullable=False),
        sa.Column("from_score", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("from_score between 0 and 1000", name=op.f("ck_risk_band_from_score_within_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_band")),
        sa.UniqueConstraint("risk", name=op.f("uq_risk_band_risk")),
    )
    op.bulk_insert(weight, [{"kind": kind, "points": points} for kind, points in POINTS])
    op.bulk_insert(band, [{"risk": risk, "from_score": from_score} for risk, from_score in BANDS])


def downgrade() -> None:
    for table in (
        "risk_band",
        "signal_weight",
        "account_signal",
        "account_behavior",
        "contact_attempt",
        "contact_override",
        "contact_restriction",
        "contact_rule",
    ):
        op.drop_table(table)
