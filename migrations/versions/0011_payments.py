"""Gateway accounts, methods, attempts, payments, news."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("gateway", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("base_url", sa.Text, nullable=False),
        sa.Column("hook_token", sa.Text, nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.Column("former_secrets", sa.LargeBinary(), nullable=True),
        sa.Column("currencies", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("calls_per_minute", sa.BigInteger(), nullable=False),
        sa.Column("stopped_reason", sa.Text, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_gateway_accounts_mode_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_accounts")),
        sa.UniqueConstraint("gateway", "mode", name=op.f("uq_gateway_accounts_gateway_mode")),
        sa.UniqueConstraint("hook_token", name=op.f("uq_gateway_accounts_hook_token")),
        sa.UniqueConstraint("ref", name=op.f("uq_gateway_accounts_ref")),
    )
    op.create_index(
        "ix_gateway_accounts_one_enabled",
        "gateway_accounts",
        ["gateway"],
        unique=True,
        postgresql_where=sa.text("is_enabled"),
    )
    op.create_table(
        "gateway_news",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("gateway_account_id", sa.BigInteger(), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'received') = (next_action_at IS NOT NULL)", name=op.f("ck_gateway_news_received_waits")
        ),
        sa.CheckConstraint(
            "status IN ('received', 'processed', 'ignored', 'failed')", name=op.f("ck_gateway_news_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["gateway_account_id"], ["gateway_accounts.id"], name=op.f("fk_gateway_news_gateway_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_news")),
        sa.UniqueConstraint(
            "gateway_account_id", "body_digest", name=op.f("uq_gateway_news_gateway_account_id_body_digest")
        ),
    )
    op.create_index("ix_gateway_news_reference", "gateway_news", ["reference"], unique=False)
    op.create_index(
        "ix_gateway_news_due",
        "gateway_news",
        ["next_action_at", "id"],
        unique=False,
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    op.create_table(
        "payment_methods",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("gateway_account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("payer_email", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("last4", sa.Text, nullable=False),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("is_refused", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_payment_methods_customer_id")),
        sa.ForeignKeyConstraint(
            ["gateway_account_id"], ["gateway_accounts.id"], name=op.f("fk_payment_methods_gateway_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_methods")),
        sa.UniqueConstraint(
            "customer_id",
            "gateway_account_id",
            "fingerprint",
            name=op.f("uq_payment_methods_customer_id_gateway_account_id_fingerprint"),
        ),
        sa.UniqueConstraint("ref", name=op.f("uq_payment_methods_ref")),
    )
    op.create_index(op.f("ix_payment_methods_customer_id"), "payment_methods", ["customer_id"], unique=False)
    op.create_index(
        "ix_payment_methods_one_default",
        "payment_methods",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("is_default AND removed_at IS NULL"),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("attempt_id", sa.BigInteger(), nullable=True),
        sa.Column("gateway_account_id", sa.BigInteger(), nullable=True),
        sa.Column("gateway_ref", sa.Text, nullable=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("form_key", sa.Text, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('booked', 'reversed')", name=op.f("ck_payments_status_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint(
            "refunded_minor BETWEEN 0 AND amount_minor", name=op.f("ck_payments_refunded_at_most_amount")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_payments_customer_id")),
        sa.ForeignKeyConstraint(
            ["gateway_account_id"], ["gateway_accounts.id"], name=op.f("fk_payments_gateway_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_payments_attempt_id")),
        sa.UniqueConstraint("form_key", name=op.f("uq_payments_form_key")),
        sa.UniqueConstraint(
            "gateway_account_id", "gateway_ref", name=op.f("uq_payments_gateway_account_id_gateway_ref")
        ),
        sa.UniqueConstraint("ref", name=op.f("uq_payments_ref")),
    )
    op.create_index("ix_payments_customer", "payments", ["customer_id", "id"], unique=False)
    op.create_index("ix_payments_received", "payments", ["received_on", "id"], unique=False)
    op.create_table(
        "subscription_methods",
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("method_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["method_id"], ["payment_methods.id"], name=op.f("fk_subscription_methods_method_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_subscription_methods_subscription_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_subscription_methods")),
    )
    op.create_index(op.f("ix_subscription_methods_method_id"), "subscription_methods", ["method_id"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=True),
        sa.Column("gateway_account_id", sa.BigInteger(), nullable=False),
        sa.Column("method_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("gateway_ref", sa.Text, nullable=True),
        sa.Column("payable", postgresql.JSONB(astext_type=sa.Text), nullable=True),
        sa.Column("decline", sa.Text, nullable=True),
        sa.Column("decline_code", sa.Text, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("sends", sa.BigInteger(), nullable=False),
        sa.Column("queries", sa.BigInteger(), nullable=False),
        sa.Column("misses", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status IN ('waiting', 'sending', 'pending', 'action_required', 'unknown', 'superseded')) OR next_action_at IS NULL",
            name=op.f("ck_attempts_closed_waits_for_nothing"),
        ),
        sa.CheckConstraint(
            "invoice_id IS NOT NULL OR kind = 'payable'", name=op.f("ck_attempts_charges_have_an_invoice")
        ),
        sa.CheckConstraint("kind IN ('charge', 'payable')", name=op.f("ck_attempts_kind_known")),
        sa.CheckConstraint(
            "status IN ('waiting', 'sending', 'pending', 'action_required', 'unknown', 'succeeded', 'declined', 'canceled', 'expired', 'superseded')",
            name=op.f("ck_attempts_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('waiting', 'sending', 'pending', 'action_required', 'unknown') OR next_action_at IS NOT NULL",
            name=op.f("ck_attempts_live_waits_for_the_clock"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_attempts_amount_positive")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_attempts_customer_id")),
        sa.ForeignKeyConstraint(
            ["gateway_account_id"], ["gateway_accounts.id"], name=op.f("fk_attempts_gateway_account_id")
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_attempts_invoice_id")),
        sa.ForeignKeyConstraint(["method_id"], ["payment_methods.id"], name=op.f("fk_attempts_method_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint(
            "gateway_account_id", "gateway_ref", name=op.f("uq_attempts_gateway_account_id_gateway_ref")
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_attempts_reference")),
    )
    op.create_index(op.f("ix_attempts_customer_id"), "attempts", ["customer_id"], unique=False)
    op.create_index(
        "ix_attempts_due",
        "attempts",
        ["next_action_at", "id"],
        unique=False,
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_attempts_invoice_id"), "attempts", ["invoice_id"], unique=False)
    op.create_index(
        "ix_attempts_one_live",
        "attempts",
        ["invoice_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('waiting', 'sending', 'pending', 'action_required', 'unknown')"),
    )
    op.create_index(
        "ix_attempts_one_live_to_balance",
        "attempts",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text(
            "invoice_id IS NULL AND status IN ('waiting', 'sending', 'pending', 'action_required', 'unknown')"
        ),
    )
    op.create_index(
        "ix_attempts_waiting",
        "attempts",
        ["gateway_account_id", "next_action_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "ix_attempts_declined",
        "attempts",
        ["closed_at"],
        unique=False,
        postgresql_where=sa.text("status = 'declined'"),
    )
    op.create_table(
        "payment_allocations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_payment_allocations_invoice_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_payment_allocations_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_allocations")),
    )
    op.create_index(op.f("ix_payment_allocations_invoice_id"), "payment_allocations", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_payment_allocations_payment_id"), "payment_allocations", ["payment_id"], unique=False)
    op.execute(
        "CREATE TRIGGER payment_allocations_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_allocations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("payment_allocations")
    op.drop_table("attempts")
    op.drop_table("subscription_methods")
    op.drop_table("payments")
    op.drop_table("payment_methods")
    op.drop_table("gateway_news")
    op.drop_table("gateway_accounts")
