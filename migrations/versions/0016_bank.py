"""Bank accounts, what the bank said about payments, and invoices that go by post."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# Whoever pays must find the account that stands on the paper: its details never change under it.
TRIGGERS = (
    """CREATE TRIGGER bank_accounts_stand BEFORE UPDATE OF ref, currency, holder, bank, number, bic, details, created_at
        ON bank_accounts FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER bank_accounts_kept BEFORE DELETE OR TRUNCATE ON bank_accounts
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER bank_receipts_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_receipts
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
)


def upgrade() -> None:
    op.create_table(
        "bank_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("bic", sa.Text, nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('proposed', 'open', 'rejected', 'closed')", name=op.f("ck_bank_accounts_status_known")
        ),
        sa.CheckConstraint("NOT is_shown OR status = 'open'", name=op.f("ck_bank_accounts_shown_is_open")),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_bank_accounts_closed_at_a_time")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_accounts")),
        sa.UniqueConstraint("ref", name=op.f("uq_bank_accounts_ref")),
    )
    op.create_index(
        "ix_bank_accounts_one_shown", "bank_accounts", ["currency"], unique=True, postgresql_where=sa.text("is_shown")
    )
    op.create_index(
        "ix_bank_accounts_one_open",
        "bank_accounts",
        ["currency", "number"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'open')"),
    )
    op.create_table(
        "bank_receipts",
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("bank_account_id", sa.BigInteger(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("payer", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("proof_name", sa.Text, nullable=True),
        sa.Column("proof_digest", sa.Text, nullable=True),
        sa.Column("proof_type", sa.Text, nullable=True),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_bank_receipts_amount_positive")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_bank_receipts_payment_id")),
        sa.ForeignKeyConstraint(
            ["bank_account_id"], ["bank_accounts.id"], name=op.f("fk_bank_receipts_bank_account_id")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_bank_receipts")),
    )
    op.create_index("ix_bank_receipts_alike", "bank_receipts", ["bank_account_id", "value_on", "amount_minor"])
    op.create_index("ix_bank_receipts_reference", "bank_receipts", ["reference"])
    op.create_index(
        "ix_bank_receipts_proof_digest",
        "bank_receipts",
        ["proof_digest"],
        postgresql_where=sa.text("proof_digest IS NOT NULL"),
    )
    op.create_index("ix_payments_unmatched", "payments", ["id"], postgresql_where=sa.text("customer_id IS NULL"))
    op.create_index(
        "ix_invoices_payment_reference",
        "invoices",
        ["payment_reference"],
        unique=True,
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    _by_post()
    for trigger in TRIGGERS:
        op.execute(trigger)


def _by_post() -> None:
    op.add_column("customers", sa.Column("delivery", sa.Text, nullable=False, server_default="mail"))
    op.create_check_constraint(op.f("ck_customers_delivery_known"), "customers", "delivery IN ('mail', 'post')")
    op.create_table(
        "print_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("letters", sa.BigInteger(), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('printing', 'printed')", name=op.f("ck_print_runs_status_known")),
        sa.CheckConstraint(
            "(status = 'printing') = (next_action_at IS NOT NULL)", name=op.f("ck_print_runs_printing_waits")
        ),
        sa.CheckConstraint(
            "(status = 'printed') = (digest IS NOT NULL)", name=op.f("ck_print_runs_printed_has_a_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_runs")),
        sa.UniqueConstraint("ref", name=op.f("uq_print_runs_ref")),
    )
    op.create_index(
        "ix_print_runs_due",
        "print_runs",
        ["next_action_at", "id"],
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    op.create_table(
        "post_letters",
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("print_run_id", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(print_run_id IS NULL) = (position IS NULL)", name=op.f("ck_post_letters_placed_in_a_run")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_post_letters_invoice_id")),
        sa.ForeignKeyConstraint(["print_run_id"], ["print_runs.id"], name=op.f("fk_post_letters_print_run_id")),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_post_letters")),
        sa.UniqueConstraint("print_run_id", "position", name=op.f("uq_post_letters_print_run_id_position")),
    )
    op.create_index(
        "ix_post_letters_waiting", "post_letters", ["invoice_id"], postgresql_where=sa.text("print_run_id IS NULL")
    )


def downgrade() -> None:
    op.drop_table("post_letters")
    op.drop_table("print_runs")
    op.drop_constraint(op.f("ck_customers_delivery_known"), "customers")
    op.drop_column("customers", "delivery")
    op.drop_index("ix_invoices_payment_reference", "invoices")
    op.drop_index("ix_payments_unmatched", "payments")
    op.drop_table("bank_receipts")
    op.drop_table("bank_accounts")
