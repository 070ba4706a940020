"""The journal and customer balances."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journal_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("debit", sa.Text, nullable=False),
        sa.Column("credit", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("money_place", sa.Text, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(debit IN ('cash', 'bank') OR credit IN ('cash', 'bank')) = (money_place IS NOT NULL)",
            name=op.f("ck_journal_entries_money_has_a_place"),
        ),
        sa.CheckConstraint(
            "debit IN ('receivable', 'cash', 'bank', 'customer_balance', 'deferred_revenue', 'revenue', 'tax_payable', 'refunds_in_transit', 'unmatched_money', 'gateway_fees', 'bad_debt', 'goodwill') AND credit IN ('receivable', 'cash', 'bank', 'customer_balance', 'deferred_revenue', 'revenue', 'tax_payable', 'refunds_in_transit', 'unmatched_money', 'gateway_fees', 'bad_debt', 'goodwill')",
            name=op.f("ck_journal_entries_accounts_known"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_journal_entries_amount_positive")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_journal_entries_two_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entries")),
    )
    op.create_index("ix_journal_entries_customer", "journal_entries", ["customer_id", "id"], unique=False)
    op.create_index("ix_journal_entries_document", "journal_entries", ["document"], unique=False)
    op.create_index(
        "ix_journal_entries_posted_on", "journal_entries", ["posted_on"], unique=False, postgresql_using="brin"
    )
    op.create_index(
        "ix_journal_entries_recognised_once",
        "journal_entries",
        ["line_id", "posted_on"],
        unique=True,
        postgresql_where=sa.text("event = 'revenue.recognised'"),
    )
    op.create_table(
        "customer_balances",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_customer_balances_amount_not_negative")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_balances_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "currency", name=op.f("pk_customer_balances")),
    )
    op.execute(
        "CREATE TRIGGER journal_entries_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("customer_balances")
    op.drop_table("journal_entries")
