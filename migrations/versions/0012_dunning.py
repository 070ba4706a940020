"""Dunning: policies, cases, debts, steps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dunning_policies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("pull_days", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("push_days", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("last_step", sa.Text, nullable=False),
        sa.Column("cancel_after_days", sa.BigInteger(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "last_step IN ('suspend', 'cancel', 'keep_past_due')", name=op.f("ck_dunning_policies_last_step_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_policies")),
        sa.UniqueConstraint("name", name=op.f("uq_dunning_policies_name")),
    )
    op.create_index(
        "ix_dunning_policies_one_default",
        "dunning_policies",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "dunning_cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("paused_kind", sa.Text, nullable=True),
        sa.Column("paused_reason", sa.Text, nullable=False),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "paused_kind IN ('promise', 'dispute', 'staff')", name=op.f("ck_dunning_cases_paused_kind_known")
        ),
        sa.CheckConstraint(
            "(status = 'paused') = (paused_until IS NOT NULL)", name=op.f("ck_dunning_cases_paused_until_a_day")
        ),
        sa.CheckConstraint(
            "status NOT IN ('open', 'paused') OR next_action_at IS NOT NULL",
            name=op.f("ck_dunning_cases_open_waits_for_the_clock"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'paused', 'exhausted') OR next_action_at IS NULL",
            name=op.f("ck_dunning_cases_closed_waits_for_nothing"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'paused', 'exhausted', 'recovered', 'stopped')",
            name=op.f("ck_dunning_cases_status_known"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_dunning_cases_customer_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_dunning_cases_owner_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["dunning_policies.id"], name=op.f("fk_dunning_cases_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_cases")),
        sa.UniqueConstraint("ref", name=op.f("uq_dunning_cases_ref")),
    )
    op.create_index(op.f("ix_dunning_cases_customer_id"), "dunning_cases", ["customer_id"], unique=False)
    op.create_index(
        "ix_dunning_cases_due",
        "dunning_cases",
        ["next_action_at", "id"],
        unique=False,
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    op.create_index(
        "ix_dunning_cases_one_live",
        "dunning_cases",
        ["customer_id", "currency"],
        unique=True,
        postgresql_where=sa.text("status IN ('open', 'paused', 'exhausted')"),
    )
    op.create_table(
        "dunning_steps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["dunning_cases.id"], name=op.f("fk_dunning_steps_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_steps")),
    )
    op.create_index(op.f("ix_dunning_steps_case_id"), "dunning_steps", ["case_id"], unique=False)
    op.create_table(
        "dunning_debts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("stepped_on", sa.Date(), nullable=True),
        sa.Column("is_hard", sa.Boolean(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["dunning_cases.id"], name=op.f("fk_dunning_debts_case_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_dunning_debts_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_debts")),
    )
    op.create_index(op.f("ix_dunning_debts_case_id"), "dunning_debts", ["case_id"], unique=False)
    op.create_index(op.f("ix_dunning_debts_invoice_id"), "dunning_debts", ["invoice_id"], unique=False)
    op.create_index(
        "ix_dunning_debts_one_open",
        "dunning_debts",
        ["invoice_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.execute(
        "INSERT INTO dunning_policies (name, pull_days, push_days, last_step, cancel_after_days, is_default) VALUES ('Standard', '{1,2,4,7,14}', '{-3,0,3,7,14}', 'suspend', 30, true)"
    )


def downgrade() -> None:
    op.drop_table("dunning_debts")
    op.drop_table("dunning_steps")
    op.drop_table("dunning_cases")
    op.drop_table("dunning_policies")
