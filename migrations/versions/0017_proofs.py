"""Proofs of transfer and bank statements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# What a bank or a customer said is evidence: it stays as it came.
TRIGGERS = (
    """CREATE TRIGGER bank_lines_stand BEFORE UPDATE OF ref, bank_account_id, import_id, row, fingerprint, booked_on,
        value_on, amount_minor, currency, name, account, reference, entry_ref, created_at
        ON bank_lines FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER bank_lines_kept BEFORE DELETE OR TRUNCATE ON bank_lines
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER transfer_proofs_stand BEFORE UPDATE OF ref, customer_id, invoice_id, amount_minor, currency, paid_on,
        file_digest, submitted_at ON transfer_proofs FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER transfer_proofs_kept BEFORE DELETE OR TRUNCATE ON transfer_proofs
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
)


def upgrade() -> None:
    _statements()
    _lines()
    _proofs()
    for trigger in TRIGGERS:
        op.execute(trigger)


def _statements() -> None:
    op.create_table(
        "csv_layouts",
        sa.Column("bank_account_id", sa.BigInteger(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bank_account_id"], ["bank_accounts.id"], name=op.f("fk_csv_layouts_bank_account_id")),
        sa.PrimaryKeyConstraint("bank_account_id", name=op.f("pk_csv_layouts")),
    )
    op.create_table(
        "statement_imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("bank_account_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("file_digest", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.Column("wrong", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("imported_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('draft', 'running', 'finished', 'abandoned')", name=op.f("ck_statement_imports_status_known")
        ),
        sa.CheckConstraint("form IN ('csv', 'camt053')", name=op.f("ck_statement_imports_form_known")),
        sa.CheckConstraint(
            "(status = 'running') = (next_action_at IS NOT NULL)", name=op.f("ck_statement_imports_running_waits")
        ),
        sa.CheckConstraint("taken + known = done AND done <= rows", name=op.f("ck_statement_imports_done_adds_up")),
        sa.ForeignKeyConstraint(
            ["bank_account_id"], ["bank_accounts.id"], name=op.f("fk_statement_imports_bank_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_imports")),
        sa.UniqueConstraint("ref", name=op.f("uq_statement_imports_ref")),
    )
    op.create_index(op.f("ix_statement_imports_bank_account_id"), "statement_imports", ["bank_account_id"])
    op.create_index(
        "ix_statement_imports_one_file",
        "statement_imports",
        ["bank_account_id", "file_digest"],
        unique=True,
        postgresql_where=sa.text("status <> 'abandoned'"),
    )
    _due("statement_imports")


def _lines() -> None:
    op.create_table(
        "bank_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("bank_account_id", sa.BigInteger(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("entry_ref", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("is_suggested", sa.Boolean(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('read', 'booked', 'ignored', 'out')", name=op.f("ck_bank_lines_status_known")),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_bank_lines_amount_not_zero")),
        sa.CheckConstraint("(status = 'out') = (amount_minor < 0)", name=op.f("ck_bank_lines_out_is_negative")),
        sa.CheckConstraint(
            "(status = 'booked') = (payment_id IS NOT NULL)", name=op.f("ck_bank_lines_booked_is_a_payment")
        ),
        sa.CheckConstraint("(status = 'read') = (next_action_at IS NOT NULL)", name=op.f("ck_bank_lines_read_waits")),
        sa.CheckConstraint("status <> 'ignored' OR reason <> ''", name=op.f("ck_bank_lines_ignored_for_a_reason")),
        sa.ForeignKeyConstraint(["bank_account_id"], ["bank_accounts.id"], name=op.f("fk_bank_lines_bank_account_id")),
        sa.ForeignKeyConstraint(["import_id"], ["statement_imports.id"], name=op.f("fk_bank_lines_import_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_bank_lines_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_lines")),
        sa.UniqueConstraint("ref", name=op.f("uq_bank_lines_ref")),
        sa.UniqueConstraint("bank_account_id", "fingerprint", name=op.f("uq_bank_lines_bank_account_id_fingerprint")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_bank_lines_payment_id")),
    )
    op.create_index("ix_bank_lines_import", "bank_lines", ["import_id", "row", "id"])
    _due("bank_lines")


def _proofs() -> None:
    op.create_table(
        "transfer_proofs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("payer", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("file_digest", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("submitted_by", sa.Text, nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('submitted', 'accepted', 'rejected')", name=op.f("ck_transfer_proofs_status_known")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_transfer_proofs_amount_positive")),
        sa.CheckConstraint(
            "(status = 'submitted') = (decided_at IS NULL)", name=op.f("ck_transfer_proofs_decided_at_a_time")
        ),
        sa.CheckConstraint(
            "(status = 'accepted') = (payment_id IS NOT NULL)", name=op.f("ck_transfer_proofs_accepted_is_a_payment")
        ),
        sa.CheckConstraint(
            "status <> 'rejected' OR reason <> ''", name=op.f("ck_transfer_proofs_rejected_for_a_reason")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_transfer_proofs_customer_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_transfer_proofs_invoice_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_transfer_proofs_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_proofs")),
        sa.UniqueConstraint("ref", name=op.f("uq_transfer_proofs_ref")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_transfer_proofs_payment_id")),
    )
    op.create_index(op.f("ix_transfer_proofs_customer_id"), "transfer_proofs", ["customer_id"])
    op.create_index(op.f("ix_transfer_proofs_invoice_id"), "transfer_proofs", ["invoice_id"])
    op.create_index(
        "ix_transfer_proofs_one_file",
        "transfer_proofs",
        ["invoice_id", "file_digest"],
        unique=True,
        postgresql_where=sa.text("status <> 'rejected'"),
    )
    op.create_index("ix_transfer_proofs_digest", "transfer_proofs", ["file_digest"])
    op.create_index(
        "ix_transfer_proofs_submitted",
        "transfer_proofs",
        ["submitted_on", "id"],
        postgresql_where=sa.text("status = 'submitted'"),
    )


def _due(table: str) -> None:
    op.create_index(
        f"ix_{table}_due", table, ["next_action_at", "id"], postgresql_where=sa.text("next_action_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_table("transfer_proofs")
    op.drop_table("bank_lines")
    op.drop_table("statement_imports")
    op.drop_table("csv_layouts")
