"""What our books and a gateway's say of the same money."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KINDS = (
    "foreign_charge", "lost_charge", "paid_while_waiting", "paid_while_sending", "paid_while_pending",
    "paid_while_open", "paid_while_unknown", "paid_though_declined", "paid_though_canceled", "paid_though_expired",
    "paid_though_superseded", "paid_not_booked", "paid_twice", "booked_too_much", "booked_too_little",
    "currency_differs", "fee_differs", "day_differs", "number_differs", "session_differs", "payer_differs",
    "mode_differs", "booked_though_declined", "booked_though_pending", "booked_though_open",
    "booked_though_unclear", "booked_though_missing", "booked_without_charge", "open_though_declined",
    "open_though_missing", "waiting_though_known", "closed_though_pending", "returned_unseen",
    "reversed_here_only", "refund_outside", "refund_lost", "refund_missing", "refund_twice",
    "refund_amount_differs", "refund_of_other_payment", "refund_done_unbooked", "refund_done_though_failed",
    "refund_failed_unbooked", "refund_failed_though_done", "refund_pending_though_done",
    "refund_pending_though_failed", "refund_wants_details", "refunded_beyond_payment", "dispute_unknown",
    "dispute_foreign", "dispute_missing", "dispute_amount_differs", "dispute_deadline_differs",
    "dispute_of_other_payment", "dispute_won_unbooked", "dispute_lost_unbooked", "dispute_won_though_lost",
    "dispute_lost_though_won", "dispute_reopened", "dispute_answer_missing", "dispute_answered_elsewhere",
)  # fmt: skip
_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("gateway_account_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("charges", sa.BigInteger(), nullable=False),
        sa.Column("refunds", sa.BigInteger(), nullable=False),
        sa.Column("disputes", sa.BigInteger(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'finished', 'failed')", name=op.f("ck_reconciliations_status_known")),
        sa.CheckConstraint(
            "(status = 'waiting') = (next_action_at IS NOT NULL)", name=op.f("ck_reconciliations_waiting_is_due")
        ),
        sa.CheckConstraint(
            "(status = 'waiting') = (finished_at IS NULL)", name=op.f("ck_reconciliations_finished_once")
        ),
        sa.ForeignKeyConstraint(
            ["gateway_account_id"], ["gateway_accounts.id"], name=op.f("fk_reconciliations_gateway_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
        sa.UniqueConstraint("ref", name=op.f("uq_reconciliations_ref")),
    )
    op.create_index(
        "ix_reconciliations_one_waiting",
        "reconciliations",
        ["gateway_account_id"],
        unique=True,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index("ix_reconciliations_account", "reconciliations", ["gateway_account_id", "id"])
    op.create_index(
        "ix_reconciliations_due",
        "reconciliations",
        ["next_action_at", "id"],
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    _create_differences()


def _create_differences() -> None:
    known = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_table(
        "differences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("gateway_account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("ours", postgresql.JSONB(), nullable=False),
        sa.Column("theirs", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text, nullable=True),
        sa.Column("note", sa.Text, nullable=False),
        sa.CheckConstraint(f"kind IN ({known})", name=op.f("ck_differences_kind_known")),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_differences_closed_by_somebody")),
        sa.CheckConstraint(
            "(amount_minor IS NULL) = (currency IS NULL)", name=op.f("ck_differences_amount_has_a_currency")
        ),
        sa.ForeignKeyConstraint(
            ["gateway_account_id"], ["gateway_accounts.id"], name=op.f("fk_differences_gateway_account_id")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_differences_customer_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_differences_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_differences")),
        sa.UniqueConstraint("ref", name=op.f("uq_differences_ref")),
    )
    op.create_index(
        "ix_differences_one_open",
        "differences",
        ["gateway_account_id", "kind", "subject"],
        unique=True,
        postgresql_where=_OPEN,
    )
    op.create_index("ix_differences_open", "differences", ["id"], postgresql_where=_OPEN)
    op.create_index("ix_differences_closed", "differences", ["id"], postgresql_where=sa.text("closed_at IS NOT NULL"))
    op.create_index("ix_differences_subject", "differences", ["gateway_account_id", "subject"])
    op.create_index(op.f("ix_differences_customer_id"), "differences", ["customer_id"])
    op.create_index(op.f("ix_differences_payment_id"), "differences", ["payment_id"])


def downgrade() -> None:
    op.drop_table("differences")
    op.drop_table("reconciliations")
