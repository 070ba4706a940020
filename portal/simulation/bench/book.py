"""A book of any number of subscriptions, written by SQL: customers with stored cards, each with one monthly plan.

Every subscription renews on the first of March 2027. They come in waves of equal size, one hour apart, so that a
measurement can renew a part of the book and the next one another part.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.secrets import Vault

ANCHOR = date(2027, 1, 1)
FIRST_WAVE = datetime(2027, 2, 28, 23, tzinfo=UTC)  # the first instant of March in Lagos
WAVE = timedelta(hours=1)
METHODS_AT_ONCE = 5_000
PAYER = "payer{number}@bench.example"
TOKEN = "AUTH_bench"  # noqa: S105  (of a card that does not exist)

_CUSTOMERS = text(
    """
    INSERT INTO customers (ref, name, email, address, country, class, tax_number, is_tax_exempt, language, zone,
                           currency, version, created_at)
    SELECT 'cus_bench' || n, 'Customer ' || n || ' Ltd', 'payer' || n || '@bench.example',
           n || E' Broad Street\\nLagos', 'NG', 'business', '', false, 'en', 'Africa/Lagos', 'NGN', 1, :at
      FROM generate_series(1, :count) n
    """
)
_SUBSCRIPTIONS = text(
    """
    INSERT INTO subscriptions (ref, customer_id, status, currency, interval_unit, interval_count, collection, due_days,
                               anchor_on, period_number, period_start_on, period_end_on, started_on, next_bill_on,
                               next_action_at, cancel_reason, version, created_at)
    SELECT 'sub_bench' || c.id, c.id, 'active', 'NGN', 'month', 1, 'pull', 0, :anchor, 1,
           CAST(:anchor AS date) + interval '1 month', CAST(:anchor AS date) + interval '2 months', :anchor,
           CAST(:anchor AS date) + interval '2 months', CAST(:first AS timestamptz)
           + interval '1 hour' * ((row_number() OVER (ORDER BY c.id) - 1) / :wave), '', 1, :at
      FROM customers c WHERE c.ref LIKE 'cus_bench%'
    """
)
_ITEMS = text(
    """
    INSERT INTO subscription_items (subscription_id, price_id, quantity, from_on)
    SELECT s.id, (CAST(:prices AS bigint[]))[1 + s.id % 3], 1, s.anchor_on FROM subscriptions s
    """
)
_PRICES = text(
    """
    SELECT r.id FROM prices r JOIN plans p ON p.id = r.plan_id
     WHERE p.kind = 'plan' AND r.currency = 'NGN' AND r.interval_unit = 'month' ORDER BY p.tier
    """
)
_METHODS = text(
    """
    INSERT INTO payment_methods (ref, customer_id, gateway_account_id, kind, token, payer_email, fingerprint, brand,
                                 last4, bank, expires_on, is_default, is_refused, created_at)
    SELECT 'pm_bench' || c.id, c.id, (SELECT id FROM gateway_accounts LIMIT 1), 'card', t.token, c.email,
           'SIG_' || c.id, 'visa', '4081', 'Test Bank', '2035-12-31', true, false, :at
      FROM unnest(CAST(:ids AS bigint[]), CAST(:tokens AS bytea[])) t (id, token) JOIN customers c ON c.id = t.id
    """
)
_LAST_MONTH = text(
    """
    WITH i AS (
        INSERT INTO invoices (ref, customer_id, subscription_id, kind, status, series, number, label, currency,
                              period_number, period_start_on, period_end_on, issued_on, due_on, net_minor, tax_minor,
                              total_minor, paid_minor, credited_minor, noted_minor, written_off_minor, parties,
                              payment_reference, memo, created_at, issued_at, closed_at)
        SELECT 'inv_bench' || s.id, s.customer_id, s.id, 'period', 'paid', 'bench/2027', s.id, 'PAST-' || s.id,
               s.currency, 1, s.period_start_on, s.period_end_on, s.period_start_on, s.period_start_on,
               p.amount_minor, 0, p.amount_minor, p.amount_minor, 0, 0, 0, '{}', 'PAST-' || s.id, '', :at, :at, :at
          FROM subscriptions s JOIN subscription_items t ON t.subscription_id = s.id JOIN prices p ON p.id = t.price_id
        RETURNING id, net_minor, period_start_on, period_end_on)
    INSERT INTO invoice_lines (invoice_id, position, kind, text, quantity, unit_minor, amount_minor, from_on, until_on,
                               derivation)
    SELECT id, 1, 'plan', 'Plan', 1, net_minor, net_minor, period_start_on, period_end_on, '{}' FROM i
    """
)
_CREDITS = text(
    """
    WITH e AS (
        INSERT INTO credit_entries (subscription_id, credit_type_id, units, units_after, reason, period_start_on, cause,
                                    created_at)
        SELECT s.id, k.credit_type_id, k.units, k.units, 'grant', s.period_start_on, 'invoice.paid', :at
          FROM subscriptions s JOIN subscription_items t ON t.subscription_id = s.id
          JOIN prices p ON p.id = t.price_id JOIN plan_credits k ON k.plan_id = p.plan_id
        RETURNING subscription_id, credit_type_id, units)
    INSERT INTO credit_balances (subscription_id, credit_type_id, units) SELECT * FROM e
    """
)


def write(session: Session, count: int, *, wave: int, vault: Vault, at: datetime) -> None:
    """`count` customers with a card, a subscription, last month's invoice and its credits. The caller commits.

    The company with its catalogue and its gateway account must be there.
    """
    session.execute(_CUSTOMERS, {"count": count, "at": at})
    session.execute(_SUBSCRIPTIONS, {"anchor": ANCHOR, "first": FIRST_WAVE, "wave": wave, "at": at})
    session.execute(_ITEMS, {"prices": list(session.scalars(_PRICES))})
    ids = list(session.scalars(text("SELECT id FROM customers WHERE ref LIKE 'cus_bench%' ORDER BY id")))
    for some in _slices(ids):
        tokens = [vault.seal(TOKEN, place=f"payment_methods.token:pm_bench{each}") for each in some]
        session.execute(_METHODS, {"ids": some, "tokens": tokens, "at": at})
    session.execute(_LAST_MONTH, {"at": at})
    session.execute(_CREDITS, {"at": at})


def wave_at(number: int) -> datetime:
    """When the wave with this number is due, and all before it."""
    return FIRST_WAVE + number * WAVE


def _slices(ids: list[int]) -> Iterator[list[int]]:
    return (ids[start : start + METHODS_AT_ONCE] for start in range(0, len(ids), METHODS_AT_ONCE))
