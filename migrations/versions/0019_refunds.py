"""Refunds and disputes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

LIVE = "'requested', 'approved', 'sending', 'pending', 'needs_attention', 'unknown'"
WAITING = sa.text("next_action_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("credit_note_id", sa.BigInteger(), nullable=True),
        sa.Column("gateway_account_id", sa.BigInteger(), nullable=True),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("gateway_ref", sa.Text, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("bank_details", sa.LargeBinary(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(), nullable=True),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("sends", sa.BigInteger(), nullable=False),
        sa.Column("queries", sa.BigInteger(), nullable=False),
        sa.Column("misses", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            f"status IN ({LIVE}, 'succeeded', 'failed', 'canceled')",
            name=op.f("ck_refunds_status_known"),
        ),
        sa.CheckConstraint("way IN ('gateway', 'by_hand')", name=op.f("ck_refunds_way_known")),
        sa.CheckConstraint("source IN ('credit_note', 'balance', 'outside')", name=op.f("ck_refunds_source_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount_positive")),
        sa.CheckConstraint(
            "source <> 'credit_note' OR credit_note_id IS NOT NULL", name=op.f("ck_refunds_hangs_on_its_note")
        ),
        sa.CheckConstraint("way <> 'gateway' OR gateway_account_id IS NOT NULL", name=op.f("ck_refunds_gateway_known")),
        sa.CheckConstraint(
            "way <> 'by_hand' OR status <> 'succeeded' OR evidence IS NOT NULL",
            name=op.f("ck_refunds_by_hand_is_proved"),
        ),
        sa.CheckConstraint(
            "(way = 'gateway' AND status IN ('approved', 'sending', 'pending', 'unknown')) = "
            "(next_action_at IS NOT NULL)",
            name=op.f("ck_refunds_clock_moves"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_refunds_customer_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id")),
        sa.ForeignKeyConstraint(["credit_note_id"], ["credit_notes.id"], name=op.f("fk_refunds_credit_note_id")),
        sa.ForeignKeyConstraint(
            ["gateway_account_id"], ["gateway_accounts.id"], name=op.f("fk_refunds_gateway_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("ref", name=op.f("uq_refunds_ref")),
        sa.UniqueConstraint(
            "gateway_account_id", "gateway_ref", name=op.f("uq_refunds_gateway_account_id_gateway_ref")
        ),
    )
    op.create_index(op.f("ix_refunds_payment_id"), "refunds", ["payment_id"], unique=False)
    op.create_index(op.f("ix_refunds_credit_note_id"), "refunds", ["credit_note_id"], unique=False)
    op.create_index("ix_refunds_customer", "refunds", ["customer_id", "id"], unique=False)
    op.create_index(
        "ix_refunds_one_live", "refunds", ["payment_id"], unique=True, postgresql_where=sa.text(f"status IN ({LIVE})")
    )
    op.create_index("ix_refunds_due", "refunds", ["next_action_at", "id"], unique=False, postgresql_where=WAITING)
    _create_disputes()


def _create_disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("gateway_account_id", sa.BigInteger(), nullable=False),
        sa.Column("gateway_ref", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("claim", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text, nullable=True),
        sa.Column("answer_text", sa.Text, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queries", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('needs_response', 'under_review', 'won', 'lost')", name=op.f("ck_disputes_status_known")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_disputes_amount_positive")),
        sa.CheckConstraint("answer IN ('accept', 'contest')", name=op.f("ck_disputes_answer_known")),
        sa.CheckConstraint(
            "(status IN ('needs_response', 'under_review')) = (next_action_at IS NOT NULL)",
            name=op.f("ck_disputes_open_is_asked_about"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_disputes_customer_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_disputes_payment_id")),
        sa.ForeignKeyConstraint(
            ["gateway_account_id"], ["gateway_accounts.id"], name=op.f("fk_disputes_gateway_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("ref", name=op.f("uq_disputes_ref")),
        sa.UniqueConstraint(
            "gateway_account_id", "gateway_ref", name=op.f("uq_disputes_gateway_account_id_gateway_ref")
        ),
    )
    op.create_index(op.f("ix_disputes_payment_id"), "disputes", ["payment_id"], unique=False)
    op.create_index("ix_disputes_customer", "disputes", ["customer_id", "id"], unique=False)
    op.create_index("ix_disputes_due", "disputes", ["next_action_at", "id"], unique=False, postgresql_where=WAITING)
    op.create_table(
        "dispute_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_notes_dispute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_notes")),
    )
    op.create_index(op.f("ix_dispute_notes_dispute_id"), "dispute_notes", ["dispute_id"], unique=False)


def downgrade() -> None:
    op.drop_table("dispute_notes")
    op.drop_table("disputes")
    op.drop_table("refunds")
