"""Indexes from which the first page of staff sums what is held, what was billed and what money came in."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MONEY_IN = sa.text("money_place IS NOT NULL AND event LIKE 'payment.%' AND event <> 'payment.fee_charged'")


def upgrade() -> None:
    op.create_index("ix_subscription_items_held", "subscription_items", ["price_id", "quantity", "until_on"])
    op.drop_index("ix_subscription_items_price_id", "subscription_items")
    op.create_index("ix_run_batches_created_at", "run_batches", ["created_at"])
    op.create_index(
        "ix_journal_entries_money_in",
        "journal_entries",
        ["currency", "posted_on"],
        postgresql_include=["debit", "amount_minor"],
        postgresql_where=MONEY_IN,
    )


def downgrade() -> None:
    op.drop_index("ix_journal_entries_money_in", "journal_entries")
    op.drop_index("ix_run_batches_created_at", "run_batches")
    op.create_index("ix_subscription_items_price_id", "subscription_items", ["price_id"])
    op.drop_index("ix_subscription_items_held", "subscription_items")
