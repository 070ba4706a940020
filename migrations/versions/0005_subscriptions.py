"""Subscriptions, items, history, scheduled changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("interval_unit", sa.Text, nullable=False),
        sa.Column("interval_count", sa.BigInteger(), nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("due_days", sa.BigInteger(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=True),
        sa.Column("period_number", sa.BigInteger(), nullable=False),
        sa.Column("period_start_on", sa.Date(), nullable=True),
        sa.Column("period_end_on", sa.Date(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("trial_ends_on", sa.Date(), nullable=True),
        sa.Column("cancel_on", sa.Date(), nullable=True),
        sa.Column("pause_on", sa.Date(), nullable=True),
        sa.Column("resume_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("next_bill_on", sa.Date(), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("access_override_until", sa.Date(), nullable=True),
        sa.Column("cancel_reason", sa.Text, nullable=False),
        sa.Column("previous_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("collection IN ('pull', 'push')", name=op.f("ck_subscriptions_collection_known")),
        sa.CheckConstraint(
            "interval_unit IN ('day', 'week', 'month', 'year')", name=op.f("ck_subscriptions_interval_unit_known")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'pending', 'trialing', 'active', 'past_due', 'suspended', 'paused', 'canceled', 'expired')",
            name=op.f("ck_subscriptions_status_known"),
        ),
        sa.CheckConstraint(
            "status IN ('trialing', 'active', 'past_due') AND next_action_at IS NOT NULL OR status IN ('pending', 'suspended', 'paused') OR status IN ('draft', 'canceled', 'expired') AND next_action_at IS NULL",
            name=op.f("ck_subscriptions_clock_moves"),
        ),
        sa.CheckConstraint("period_start_on < period_end_on", name=op.f("ck_subscriptions_period_has_days")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_subscriptions_customer_id")),
        sa.ForeignKeyConstraint(["previous_id"], ["subscriptions.id"], name=op.f("fk_subscriptions_previous_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("ref", name=op.f("uq_subscriptions_ref")),
    )
    op.create_index(op.f("ix_subscriptions_customer_id"), "subscriptions", ["customer_id"], unique=False)
    op.create_index(
        "ix_subscriptions_due",
        "subscriptions",
        ["next_action_at", "id"],
        unique=False,
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    listed = sa.text("COALESCE(next_bill_on, '9999-12-31'::date)")
    op.create_index("ix_subscriptions_listed", "subscriptions", [listed, "id"])
    op.create_table(
        "scheduled_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'executed', 'failed', 'canceled')", name=op.f("ck_scheduled_changes_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_scheduled_changes_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_changes")),
    )
    op.create_index(
        "ix_scheduled_changes_one_pending",
        "scheduled_changes",
        ["subscription_id"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        op.f("ix_scheduled_changes_subscription_id"), "scheduled_changes", ["subscription_id"], unique=False
    )
    op.create_table(
        "subscription_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("from_status", sa.Text, nullable=False),
        sa.Column("to_status", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_subscription_changes_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_changes")),
    )
    op.create_index(
        op.f("ix_subscription_changes_subscription_id"), "subscription_changes", ["subscription_id"], unique=False
    )
    op.create_index(
        "ix_subscription_changes_moves",
        "subscription_changes",
        ["at"],
        unique=False,
        postgresql_where=sa.text("from_status <> to_status OR event = 'changed'"),
    )
    op.create_table(
        "subscription_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("price_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint("quantity BETWEEN 1 AND 1000000", name=op.f("ck_subscription_items_quantity_in_bounds")),
        sa.ForeignKeyConstraint(["price_id"], ["prices.id"], name=op.f("fk_subscription_items_price_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_subscription_items_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_items")),
    )
    op.create_index(
        "ix_subscription_items_live",
        "subscription_items",
        ["subscription_id"],
        unique=False,
        postgresql_where=sa.text("until_on IS NULL"),
    )
    op.create_index(op.f("ix_subscription_items_price_id"), "subscription_items", ["price_id"], unique=False)
    op.create_index(
        op.f("ix_subscription_items_subscription_id"), "subscription_items", ["subscription_id"], unique=False
    )
    op.execute(
        "CREATE TRIGGER subscription_changes_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON subscription_changes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("subscription_items")
    op.drop_table("subscription_changes")
    op.drop_table("scheduled_changes")
    op.drop_table("subscriptions")
