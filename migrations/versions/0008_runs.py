"""Billing runs with their progress and exceptions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "billing_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_by", sa.Text, nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("planned", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("hold_reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status IN ('planned', 'running')) = (next_action_at IS NOT NULL)",
            name=op.f("ck_billing_runs_clock_moves"),
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'held', 'running', 'finished', 'finished_with_exceptions', 'aborted')",
            name=op.f("ck_billing_runs_status_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_runs")),
        sa.UniqueConstraint("ref", name=op.f("uq_billing_runs_ref")),
    )
    op.create_index(
        "ix_billing_runs_due",
        "billing_runs",
        ["next_action_at", "id"],
        unique=False,
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    op.create_index(
        "ix_billing_runs_one_at_a_time",
        "billing_runs",
        [sa.literal_column("(true)")],
        unique=True,
        postgresql_where=sa.text("status IN ('planned', 'held', 'running')"),
    )
    op.create_index(
        "ix_billing_runs_one_per_slot",
        "billing_runs",
        ["slot"],
        unique=True,
        postgresql_where=sa.text("slot IS NOT NULL"),
    )
    op.create_table(
        "run_batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["billing_runs.id"], name=op.f("fk_run_batches_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_batches")),
    )
    op.create_index(op.f("ix_run_batches_run_id"), "run_batches", ["run_id"], unique=False)
    op.create_table(
        "run_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text, nullable=True),
        sa.CheckConstraint(
            "status IN ('held', 'released', 'rejected', 'parked', 'failed')", name=op.f("ck_run_items_status_known")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["billing_runs.id"], name=op.f("fk_run_items_run_id")),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_run_items_subscription_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_items")),
    )
    op.create_index("ix_run_items_once", "run_items", ["run_id", "subscription_id"], unique=True)
    op.create_index(op.f("ix_run_items_subscription_id"), "run_items", ["subscription_id"], unique=False)


def downgrade() -> None:
    op.drop_table("run_items")
    op.drop_table("run_batches")
    op.drop_table("billing_runs")
