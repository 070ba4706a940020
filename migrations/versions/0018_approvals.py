"""What waits for a second person, limits by role and currency, and credit notes that are drafts first."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


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
    for name in PAYMENT_RULES:
        op.drop_constraint(op.f(f"ck_payments_{name}"), "payments")
    op.drop_column("payments", "reversed_minor")
    op.drop_table("approvals")
    for name in ("approval_limits", "limits"):
        op.drop_column("roles", name)
