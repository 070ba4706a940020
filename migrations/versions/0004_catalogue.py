"""The catalogue: plans, versioned prices, unit credits, taxes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


FREEZE_USED = """
CREATE TRIGGER prices_frozen_once_used BEFORE UPDATE OF plan_id, version, currency, interval_unit, interval_count,
    model, amount_minor, tiers, billed_in, tax_inclusive ON prices
    FOR EACH ROW WHEN (OLD.first_used_at IS NOT NULL) EXECUTE FUNCTION refuse_change()
"""
KEEP_USED = """
CREATE TRIGGER prices_kept_once_used BEFORE DELETE ON prices
    FOR EACH ROW WHEN (OLD.first_used_at IS NOT NULL) EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.create_table(
        "credit_types",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("turn", sa.Text, nullable=False),
        sa.CheckConstraint("turn IN ('resets', 'accumulates')", name=op.f("ck_credit_types_turn_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_types")),
        sa.UniqueConstraint("code", name=op.f("uq_credit_types_code")),
    )
    op.create_table(
        "plans",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("family", sa.Text, nullable=False),
        sa.Column("tier", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("features", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("product_class", sa.Text, nullable=False),
        sa.Column("trial_days", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('plan', 'addon')", name=op.f("ck_plans_kind_known")),
        sa.CheckConstraint("trial_days >= 0", name=op.f("ck_plans_trial_days_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("family", "tier", name=op.f("uq_plans_family_tier")),
        sa.UniqueConstraint("ref", name=op.f("uq_plans_ref")),
    )
    op.create_table(
        "tax_rates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("ppm", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.CheckConstraint("ppm BETWEEN 0 AND 1000000", name=op.f("ck_tax_rates_ppm_in_bounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rates")),
        sa.UniqueConstraint("code", "from_on", name=op.f("uq_tax_rates_code_from_on")),
    )
    op.create_table(
        "tax_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("customer_class", sa.Text, nullable=False),
        sa.Column("product_class", sa.Text, nullable=False),
        sa.Column("rate_codes", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("treatment", sa.Text, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "treatment IN ('standard', 'reverse_charge', 'exempt', 'outside_scope')",
            name=op.f("ck_tax_rules_treatment_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rules")),
        sa.UniqueConstraint(
            "country",
            "customer_class",
            "product_class",
            "from_on",
            name=op.f("uq_tax_rules_country_customer_class_product_class_from_on"),
        ),
    )
    op.create_table(
        "plan_credits",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("credit_type_id", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_plan_credits_units_positive")),
        sa.ForeignKeyConstraint(["credit_type_id"], ["credit_types.id"], name=op.f("fk_plan_credits_credit_type_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_credits_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "credit_type_id", name=op.f("pk_plan_credits")),
    )
    op.create_index(op.f("ix_plan_credits_credit_type_id"), "plan_credits", ["credit_type_id"], unique=False)
    op.create_table(
        "prices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("interval_unit", sa.Text, nullable=False),
        sa.Column("interval_count", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("package_units", sa.BigInteger(), nullable=False),
        sa.Column("tiers", postgresql.JSONB(astext_type=sa.Text), nullable=False),
        sa.Column("billed_in", sa.Text, nullable=False),
        sa.Column("tax_inclusive", sa.Boolean(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("billed_in IN ('advance', 'arrears')", name=op.f("ck_prices_billed_in_known")),
        sa.CheckConstraint(
            "interval_unit IN ('day', 'week', 'month', 'year')", name=op.f("ck_prices_interval_unit_known")
        ),
        sa.CheckConstraint(
            "model IN ('flat', 'per_unit', 'tiered', 'volume', 'package')", name=op.f("ck_prices_model_known")
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_prices_amount_not_negative")),
        sa.CheckConstraint("interval_count > 0", name=op.f("ck_prices_interval_positive")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_prices_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prices")),
        sa.UniqueConstraint(
            "plan_id",
            "currency",
            "interval_unit",
            "interval_count",
            "version",
            name=op.f("uq_prices_plan_id_currency_interval_unit_interval_count_version"),
        ),
        sa.UniqueConstraint("ref", name=op.f("uq_prices_ref")),
    )
    op.create_index(op.f("ix_prices_plan_id"), "prices", ["plan_id"], unique=False)
    op.execute(FREEZE_USED)
    op.execute(KEEP_USED)


def downgrade() -> None:
    op.drop_table("prices")
    op.drop_table("plan_credits")
    op.drop_table("tax_rules")
    op.drop_table("tax_rates")
    op.drop_table("plans")
    op.drop_table("credit_types")
