"""What waits for a second person, limits by role and currency, and credit notes that are drafts first."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


UNISSUED = "'draft', 'pending_approval', 'rejected'"
CAUSES = "'rule', 'billed_wrong', 'not_served', 'billed_twice', 'canceled', 'agreed', 'goodwill', 'other'"
NOTE_RULES = {
    "status_known": f"status IN ({UNISSUED}, 'issued', 'void')",
    "cause_known": f"cause IN ({CAUSES})",
    "numbered_when_issued": f"(number IS NULL) = (status IN ({UNISSUED}))",
    "issued_on_a_day": "(number IS NULL) = (issued_on IS NULL)",
    "drafted_by_somebody": "number IS NOT NULL OR drafted_by IS NOT NULL",
    "places_known": "to_invoice_minor >= 0 AND to_balance_minor >= 0 AND to_refund_minor >= 0",
}
STAND = (
    "DROP TRIGGER credit_notes_stand ON credit_notes",
    "DROP TRIGGER credit_note_lines_stand ON credit_note_lines",
    """CREATE TRIGGER credit_notes_stand BEFORE UPDATE OF ref, customer_id, invoice_id, series, number, label, cause,
        reason, drafted_by, approval_id, currency, issued_on, net_minor, tax_minor, total_minor, to_invoice_minor,
        to_balance_minor, to_refund_minor, parties, created_at ON credit_notes
        FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER credit_notes_kept BEFORE DELETE ON credit_notes
        FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER credit_notes_not_emptied BEFORE TRUNCATE ON credit_notes
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE FUNCTION refuse_change_of_noted_line() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM credit_notes WHERE id = OLD.credit_note_id AND number IS NOT NULL) THEN
                RAISE EXCEPTION 'credit_note_lines stand still once their credit note is issued'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END $$""",
    """CREATE TRIGGER credit_note_lines_stand BEFORE UPDATE OR DELETE ON credit_note_lines
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_noted_line()""",
    """CREATE TRIGGER credit_note_lines_not_emptied BEFORE TRUNCATE ON credit_note_lines
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
)
STAND_AS_BEFORE = (
    "DROP TRIGGER credit_note_lines_not_emptied ON credit_note_lines",
    "DROP TRIGGER credit_note_lines_stand ON credit_note_lines",
    "DROP FUNCTION refuse_change_of_noted_line",
    "DROP TRIGGER credit_notes_not_emptied ON credit_notes",
    "DROP TRIGGER credit_notes_kept ON credit_notes",
    "DROP TRIGGER credit_notes_stand ON credit_notes",
    "DELETE FROM credit_note_lines WHERE credit_note_id IN (SELECT id FROM credit_notes WHERE number IS NULL)",
    "DELETE FROM credit_notes WHERE number IS NULL",
    """CREATE TRIGGER credit_notes_stand BEFORE UPDATE OF ref, customer_id, invoice_id, series, number, label, reason,
        currency, issued_on, net_minor, tax_minor, total_minor, to_invoice_minor, to_balance_minor, to_refund_minor,
        parties, created_at OR DELETE OR TRUNCATE ON credit_notes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER credit_note_lines_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_note_lines
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
)
PAYMENT_RULES = {
    "reversed_at_most_rest": "reversed_minor BETWEEN 0 AND amount_minor - refunded_minor",
    "reversed_means_something_went_back": "status <> 'reversed' OR reversed_minor > 0",
}


def upgrade() -> None:
    for name in ("limits", "approval_limits"):
        op.add_column(
            "roles", sa.Column(name, postgresql.JSONB(astext_type=sa.Text), nullable=False, server_default="{}")
        )
        op.alter_column("roles", name, server_default=None)
    _create_approvals()
    op.add_column("payments", sa.Column("reversed_minor", sa.BigInteger(), nullable=False, server_default="0"))
    for name, rule in PAYMENT_RULES.items():
        op.create_check_constraint(op.f(f"ck_payments_{name}"), "payments", rule)
    _draft_credit_notes()


def _draft_credit_notes() -> None:
    for name in ("number", "label", "issued_on"):
        op.alter_column("credit_notes", name, nullable=True)
    for name, before in (("cause", "rule"), ("remark", "")):
        op.add_column("credit_notes", sa.Column(name, sa.Text, nullable=False, server_default=before))
        op.alter_column("credit_notes", name, server_default=None)
    for name, table in (("drafted_by", "users"), ("approval_id", "approvals")):
        op.add_column("credit_notes", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f"fk_credit_notes_{name}"), "credit_notes", table, [name], ["id"])
    op.create_index(op.f("ix_credit_notes_approval_id"), "credit_notes", ["approval_id"])
    op.create_index(
        "ix_credit_notes_waiting",
        "credit_notes",
        ["status", "id"],
        postgresql_where=sa.text(f"status IN ({UNISSUED})"),
    )
    op.drop_constraint(op.f("ck_credit_notes_status_known"), "credit_notes")
    for name, rule in NOTE_RULES.items():
        op.create_check_constraint(op.f(f"ck_credit_notes_{name}"), "credit_notes", rule)
    for statement in STAND:
        op.execute(statement)


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.Text, nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text, nullable=False),
        sa.Column("executed_digest", sa.LargeBinary(), nullable=True),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_approvals_decided_by_another")),
        sa.CheckConstraint(
            "decision IN ('approved', 'rejected', 'withdrawn', 'outdated')", name=op.f("ck_approvals_decision_known")
        ),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_approvals_decided_at_a_time")),
        sa.CheckConstraint(
            "(decided_by IS NOT NULL) = (decision IS NOT NULL AND decision IN ('approved', 'rejected'))",
            name=op.f("ck_approvals_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "(executed_digest IS NULL) = (executed_at IS NULL)", name=op.f("ck_approvals_executed_at_a_time")
        ),
        sa.CheckConstraint(
            "executed_digest IS NULL OR decision = 'approved'", name=op.f("ck_approvals_executed_when_approved")
        ),
        sa.CheckConstraint("executed_digest = digest", name=op.f("ck_approvals_executed_as_approved")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_approvals_amount_not_negative")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_approvals_requested_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_approvals_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("ref", name=op.f("uq_approvals_ref")),
    )
    waiting = sa.text("decision IS NULL")
    op.create_index("ix_approvals_one_open", "approvals", ["deed", "subject"], unique=True, postgresql_where=waiting)
    op.create_index("ix_approvals_waiting", "approvals", ["requested_at", "id"], postgresql_where=waiting)
    op.create_index("ix_approvals_subject", "approvals", ["subject"])
    op.create_index(op.f("ix_approvals_requested_by"), "approvals", ["requested_by"])
    op.create_index(op.f("ix_approvals_decided_by"), "approvals", ["decided_by"])


def downgrade() -> None:
    for statement in STAND_AS_BEFORE:
        op.execute(statement)
    for name in NOTE_RULES:
        op.drop_constraint(op.f(f"ck_credit_notes_{name}"), "credit_notes")
    op.create_check_constraint(op.f("ck_credit_notes_status_known"), "credit_notes", "status IN ('issued', 'void')")
    op.drop_index("ix_credit_notes_waiting", "credit_notes")
    for name in ("approval_id", "drafted_by", "remark", "cause"):
        op.drop_column("credit_notes", name)
    for name in ("number", "label", "issued_on"):
        op.alter_column("credit_notes", name, nullable=False)
    for name in PAYMENT_RULES:
        op.drop_constraint(op.f(f"ck_payments_{name}"), "payments")
    op.drop_column("payments", "reversed_minor")
    op.drop_table("approvals")
    for name in ("approval_limits", "limits"):
        op.drop_column("roles", name)
