"""Indexes by which lists count what is rare, and find where customers are, without reading a whole book."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

RARE_INVOICES = sa.text("status IN ('draft', 'void', 'written_off')")
RARE_SUBSCRIPTIONS = sa.text("status <> 'active'")
PARKED = sa.text("parked_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_invoices_rare", "invoices", ["status", "id"], postgresql_where=RARE_INVOICES)
    op.create_index("ix_subscriptions_rare", "subscriptions", ["status", "id"], postgresql_where=RARE_SUBSCRIPTIONS)
    op.create_index("ix_customers_parked", "customers", ["id"], postgresql_where=PARKED)
    op.create_index("ix_customers_country", "customers", ["country"])


def downgrade() -> None:
    op.drop_index("ix_customers_country", "customers")
    op.drop_index("ix_customers_parked", "customers")
    op.drop_index("ix_subscriptions_rare", "subscriptions")
    op.drop_index("ix_invoices_rare", "invoices")
