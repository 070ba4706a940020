"""What the page about gateways keeps: offered channels, the last test, keys that are phased out; and whom it counts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "gateway_accounts", sa.Column("channels", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}")
    )
    op.alter_column("gateway_accounts", "channels", server_default=None)
    op.add_column("gateway_accounts", sa.Column("last_test", postgresql.JSONB(), nullable=True))
    op.add_column("gateway_accounts", sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE gateway_accounts SET former_secrets = NULL WHERE former_secrets IS NOT NULL")
    op.create_check_constraint(
        op.f("ck_gateway_accounts_former_keys_end"),
        "gateway_accounts",
        "(former_secrets IS NULL) = (next_action_at IS NULL)",
    )
    op.create_index(
        "ix_gateway_accounts_due",
        "gateway_accounts",
        ["next_action_at", "id"],
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    op.create_index("ix_gateway_news_heard", "gateway_news", ["gateway_account_id", "received_at"])
    op.create_index(
        "ix_gateway_news_refused",
        "gateway_news",
        ["gateway_account_id", "received_at"],
        postgresql_where=sa.text("signature <> 'valid'"),
    )


def downgrade() -> None:
    op.drop_index("ix_gateway_news_refused", "gateway_news")
    op.drop_index("ix_gateway_news_heard", "gateway_news")
    op.drop_index("ix_gateway_accounts_due", "gateway_accounts")
    op.drop_constraint(op.f("ck_gateway_accounts_former_keys_end"), "gateway_accounts")
    for column in ("next_action_at", "last_test", "channels"):
        op.drop_column("gateway_accounts", column)
