"""Unit credits: balances and entries."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credit_balances",
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("credit_type_id", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units >= 0", name=op.f("ck_credit_balances_units_not_negative")),
        sa.ForeignKeyConstraint(
            ["credit_type_id"], ["credit_types.id"], name=op.f("fk_credit_balances_credit_type_id")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_credit_balances_subscription_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", "credit_type_id", name=op.f("pk_credit_balances")),
    )
    op.create_table(
        "credit_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("credit_type_id", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("units_after", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("period_start_on", sa.Date(), nullable=True),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('grant', 'discard', 'spent', 'added', 'taken_back')",
            name=op.f("ck_credit_entries_reason_known"),
        ),
        sa.CheckConstraint("units_after >= 0", name=op.f("ck_credit_entries_units_after_not_negative")),
        sa.ForeignKeyConstraint(["credit_type_id"], ["credit_types.id"], name=op.f("fk_credit_entries_credit_type_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_credit_entries_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entries")),
    )
    op.create_index(
        "ix_credit_entries_once_per_period",
        "credit_entries",
        ["subscription_id", "credit_type_id", "period_start_on", "reason"],
        unique=True,
        postgresql_where=sa.text("reason IN ('grant', 'discard')"),
    )
    op.create_index(op.f("ix_credit_entries_subscription_id"), "credit_entries", ["subscription_id"], unique=False)
    op.execute(
        "CREATE TRIGGER credit_entries_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("credit_entries")
    op.drop_table("credit_balances")
