"""The core: business, switches, clock, ticks, heartbeats, outbox, audit, tasks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# Fired for tables that only ever grow. The error names the table.
APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% stands still: what is written there is corrected by another row', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""
KEEP_ENTRIES = """
CREATE TRIGGER audit_entries_stand BEFORE UPDATE OF at, actor, actor_user_id, deed, customer_id, subject, reason,
    cause, facts, personal_digest OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
SEAL_ONCE = """
CREATE TRIGGER audit_entries_sealed_once BEFORE UPDATE OF seal_id ON audit_entries
    FOR EACH ROW WHEN (OLD.seal_id IS NOT NULL) EXECUTE FUNCTION refuse_change()
"""
KEEP_SEALS = """
CREATE TRIGGER audit_seals_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
FIRST_BUSINESS = """
INSERT INTO business (id, name, legal_name, address, country, tax_number, email, zone, language, currency,
                      run_hour, accent, settings)
VALUES (1, 'Your company', 'Your company', '', 'NG', '', 'billing@example.com', 'Africa/Lagos', 'en', 'NGN',
        6, '#2337ff', '{}')
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(APPEND_ONLY)
    op.create_table(
        "audit_seals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("first_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("last_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seals")),
    )
    op.create_table(
        "business",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("legal_name", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("tax_number", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("run_hour", sa.BigInteger(), nullable=False),
        sa.Column("accent", sa.Text, nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_business_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("business_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(posted_at IS NULL) = (next_action_at IS NOT NULL)", name=op.f("ck_outbox_waits_until_posted")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["next_action_at", "id"],
        unique=False,
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    op.create_table(
        "switches",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switches")),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_customer", "tasks", ["customer_id"], unique=False)
    op.create_index(
        "ix_tasks_one_open", "tasks", ["kind", "subject"], unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_table(
        "request_keys",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_request_keys")),
    )
    op.create_table(
        "ticks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("name", "slot", name=op.f("pk_ticks")),
    )
    op.create_table(
        "virtual_clock",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shift_seconds", sa.BigInteger(), nullable=False),
        sa.Column("target_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_virtual_clock_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_virtual_clock")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("actor_user_id", sa.BigInteger(), nullable=True),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("personal_digest", sa.LargeBinary(), nullable=True),
        sa.Column("seal_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["seal_id"], ["audit_seals.id"], name=op.f("fk_audit_entries_seal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"], unique=False, postgresql_using="brin")
    op.create_index("ix_audit_entries_customer", "audit_entries", ["customer_id", "id"], unique=False)
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject", "id"], unique=False)
    op.create_index(
        "ix_audit_entries_unsealed", "audit_entries", ["id"], unique=False, postgresql_where=sa.text("seal_id IS NULL")
    )
    op.create_table(
        "audit_personal",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_entries.id"], name=op.f("fk_audit_personal_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_personal")),
    )
    for statement in (KEEP_ENTRIES, SEAL_ONCE, KEEP_SEALS, FIRST_BUSINESS):
        op.execute(statement)
    op.execute(
        "INSERT INTO switches (name, is_on, reason) VALUES ('stop_charges', false, ''), ('stop_mails', false, ''), ('read_only', false, '')"
    )
    op.execute("INSERT INTO virtual_clock (id, shift_seconds) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_table("audit_personal")
    op.drop_table("audit_entries")
    op.drop_table("virtual_clock")
    op.drop_table("ticks")
    op.drop_table("request_keys")
    op.drop_table("tasks")
    op.drop_table("switches")
    op.drop_table("outbox")
    op.drop_table("heartbeats")
    op.drop_table("business")
    op.drop_table("audit_seals")
    op.execute("DROP FUNCTION refuse_change")
