"""Invoices, lines, credit notes, number series, documents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


# A number makes the content stand still; the status, what is paid and the due day may move.
FROZEN = (
    "ref, customer_id, subscription_id, quote_id, scheduled_change_id, run_id, kind, series, number, label, currency,"
    " period_number, period_start_on, period_end_on, issued_on, net_minor, tax_minor, total_minor, payment_reference,"
    " memo, created_at, issued_at"
)
TRIGGERS = (
    f"""CREATE TRIGGER invoices_stand BEFORE UPDATE OF {FROZEN} ON invoices
        FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER invoices_keep_parties BEFORE UPDATE OF parties ON invoices FOR EACH ROW
        WHEN (OLD.number IS NOT NULL AND current_setting('portal.erasing', true) IS DISTINCT FROM 'on')
        EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER invoices_kept BEFORE DELETE ON invoices
        FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER invoices_not_emptied BEFORE TRUNCATE ON invoices
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE FUNCTION refuse_change_of_issued_line() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM invoices WHERE id = OLD.invoice_id AND number IS NOT NULL) THEN
                RAISE EXCEPTION 'invoice_lines stand still once their invoice is issued'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END $$""",
    """CREATE TRIGGER invoice_lines_stand BEFORE UPDATE OF invoice_id, position, kind, parent_id, item_id, price_id,
        tax_rate_id, text, quantity, unit_minor, amount_minor, from_on, until_on, derivation OR DELETE ON invoice_lines
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_issued_line()""",
    """CREATE TRIGGER invoice_lines_not_emptied BEFORE TRUNCATE ON invoice_lines
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER credit_notes_stand BEFORE UPDATE OF ref, customer_id, invoice_id, series, number, label, reason,
        currency, issued_on, net_minor, tax_minor, total_minor, to_invoice_minor, to_balance_minor, to_refund_minor,
        parties, created_at OR DELETE OR TRUNCATE ON credit_notes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER credit_note_lines_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_note_lines
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
)


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("renderer", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject", "language", "renderer", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_next_action_at"), "documents", ["next_action_at"], unique=False)
    op.create_table(
        "number_series",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.Column("pattern", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_number_series")),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=True),
        sa.Column("quote_id", sa.BigInteger(), nullable=True),
        sa.Column("scheduled_change_id", sa.BigInteger(), nullable=True),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.Text, nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("period_number", sa.BigInteger(), nullable=True),
        sa.Column("period_start_on", sa.Date(), nullable=True),
        sa.Column("period_end_on", sa.Date(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("credited_minor", sa.BigInteger(), nullable=False),
        sa.Column("noted_minor", sa.BigInteger(), nullable=False),
        sa.Column("written_off_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "open_minor",
            sa.BigInteger(),
            sa.Computed(
                "CASE WHEN status IN ('draft', 'void') THEN 0 ELSE total_minor - paid_minor - credited_minor - written_off_minor END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("parties", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("payment_reference", sa.Text, nullable=False),
        sa.Column("memo", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(number IS NULL) = (status = 'draft')", name=op.f("ck_invoices_numbered_when_issued")),
        sa.CheckConstraint(
            "kind IN ('first', 'period', 'change', 'final', 'manual')", name=op.f("ck_invoices_kind_known")
        ),
        sa.CheckConstraint("status <> 'paid' OR open_minor = 0", name=op.f("ck_invoices_paid_means_nothing_open")),
        sa.CheckConstraint("status <> 'void' OR paid_minor = 0", name=op.f("ck_invoices_void_means_nothing_paid")),
        sa.CheckConstraint(
            "status IN ('draft', 'issued', 'paid', 'void', 'written_off')", name=op.f("ck_invoices_status_known")
        ),
        sa.CheckConstraint(
            "noted_minor BETWEEN 0 AND total_minor OR total_minor < 0", name=op.f("ck_invoices_noted_at_most_total")
        ),
        sa.CheckConstraint("open_minor >= 0", name=op.f("ck_invoices_open_not_negative")),
        sa.CheckConstraint("total_minor = net_minor + tax_minor", name=op.f("ck_invoices_total_adds_up")),
        sa.CheckConstraint("total_minor >= 0", name=op.f("ck_invoices_total_not_negative")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_invoices_customer_id")),
        sa.ForeignKeyConstraint(["quote_id"], ["quotes.id"], name=op.f("fk_invoices_quote_id")),
        sa.ForeignKeyConstraint(["run_id"], ["billing_runs.id"], name=op.f("fk_invoices_run_id")),
        sa.ForeignKeyConstraint(
            ["scheduled_change_id"], ["scheduled_changes.id"], name=op.f("fk_invoices_scheduled_change_id")
        ),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_invoices_subscription_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("ref", name=op.f("uq_invoices_ref")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_invoices_series_number")),
    )
    op.create_index("ix_invoices_customer", "invoices", ["customer_id", "id"], unique=False)
    op.create_index(
        "ix_invoices_due",
        "invoices",
        ["next_action_at", "id"],
        unique=False,
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    op.create_index("ix_invoices_issued_on", "invoices", ["issued_on", "id"], unique=False)
    op.create_index("ix_invoices_listed", "invoices", [sa.text("COALESCE(issued_on, '9999-12-31'::date)"), "id"])
    op.create_index(
        "ix_invoices_one_per_period",
        "invoices",
        ["subscription_id", "period_start_on"],
        unique=True,
        postgresql_where=sa.text("kind IN ('first', 'period') AND status <> 'void'"),
    )
    op.create_index(
        "ix_invoices_open", "invoices", ["customer_id"], unique=False, postgresql_where=sa.text("status = 'issued'")
    )
    op.create_index(op.f("ix_invoices_quote_id"), "invoices", ["quote_id"], unique=False)
    op.create_index("ix_invoices_run", "invoices", ["run_id"], unique=False)
    op.create_index(op.f("ix_invoices_scheduled_change_id"), "invoices", ["scheduled_change_id"], unique=False)
    op.create_index(op.f("ix_invoices_subscription_id"), "invoices", ["subscription_id"], unique=False)
    op.create_table(
        "credit_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("to_invoice_minor", sa.BigInteger(), nullable=False),
        sa.Column("to_balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("to_refund_minor", sa.BigInteger(), nullable=False),
        sa.Column("parties", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('issued', 'void')", name=op.f("ck_credit_notes_status_known")),
        sa.CheckConstraint(
            "to_invoice_minor + to_balance_minor + to_refund_minor = total_minor",
            name=op.f("ck_credit_notes_places_sum_up"),
        ),
        sa.CheckConstraint("total_minor > 0", name=op.f("ck_credit_notes_total_positive")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_credit_notes_customer_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_credit_notes_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_notes")),
        sa.UniqueConstraint("ref", name=op.f("uq_credit_notes_ref")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_credit_notes_series_number")),
    )
    op.create_index("ix_credit_notes_customer", "credit_notes", ["customer_id", "id"], unique=False)
    op.create_index(op.f("ix_credit_notes_invoice_id"), "credit_notes", ["invoice_id"], unique=False)
    op.create_table(
        "invoice_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("price_id", sa.BigInteger(), nullable=True),
        sa.Column("tax_rate_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("derivation", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("recognise_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('plan', 'addon', 'usage', 'unused_time', 'discount', 'manual', 'tax')",
            name=op.f("ck_invoice_lines_kind_known"),
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_lines_invoice_id")),
        sa.ForeignKeyConstraint(["price_id"], ["prices.id"], name=op.f("fk_invoice_lines_price_id")),
        sa.ForeignKeyConstraint(["item_id"], ["subscription_items.id"], name=op.f("fk_invoice_lines_item_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["invoice_lines.id"], name=op.f("fk_invoice_lines_parent_id")),
        sa.ForeignKeyConstraint(["tax_rate_id"], ["tax_rates.id"], name=op.f("fk_invoice_lines_tax_rate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_lines")),
        sa.UniqueConstraint("invoice_id", "position", name=op.f("uq_invoice_lines_invoice_id_position")),
    )
    op.create_index(
        "ix_invoice_lines_unearned",
        "invoice_lines",
        ["recognise_on", "id"],
        unique=False,
        postgresql_where=sa.text("recognise_on IS NOT NULL"),
    )
    op.create_table(
        "credit_note_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("credit_note_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("invoice_line_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("derivation", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.ForeignKeyConstraint(
            ["credit_note_id"], ["credit_notes.id"], name=op.f("fk_credit_note_lines_credit_note_id")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_line_id"], ["invoice_lines.id"], name=op.f("fk_credit_note_lines_invoice_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_note_lines")),
        sa.UniqueConstraint("credit_note_id", "position", name=op.f("uq_credit_note_lines_credit_note_id_position")),
    )
    op.create_index(
        op.f("ix_credit_note_lines_invoice_line_id"), "credit_note_lines", ["invoice_line_id"], unique=False
    )
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("credit_note_lines")
    op.drop_table("invoice_lines")
    op.drop_table("credit_notes")
    op.drop_table("invoices")
    op.drop_table("number_series")
    op.drop_table("documents")
    op.execute("DROP FUNCTION refuse_change_of_issued_line")
