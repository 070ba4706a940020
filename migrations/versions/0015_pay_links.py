"""Links on which anybody can pay one invoice."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Links carry the version of their invoice; raising it makes every earlier one worthless."""
    op.execute(
        """
        ALTER TABLE invoices
          ADD COLUMN link_version bigint NOT NULL DEFAULT 1,
          ADD CONSTRAINT ck_invoices_link_version_counts CHECK (link_version > 0)
        """
    )


def downgrade() -> None:
    op.execute("ALTER TABLE invoices DROP COLUMN link_version")
