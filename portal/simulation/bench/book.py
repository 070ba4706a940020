"""A book of any number of subscriptions, written by SQL: customers with stored cards, each with one monthly plan.

Every subscription was renewed on the first of February 2027 and may be renewed again from the first of March on. The
clock looks at none of them before the end of March: a measurement makes as many due as it wants, when it wants.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

from portal.core.secrets import Vault
from portal.simulation.bench import reference

ANCHOR = date(2027, 1, 1)
FEBRUARY = datetime(2027, 1, 31, 23, tzinfo=UTC)  # its first instant in Lagos
FIRST = datetime(2027, 2, 28, 23, tzinfo=UTC)  # of March, in Lagos: when what was renewed in February is due
LATER = datetime(2027, 3, 31, tzinfo=UTC)
METHODS_AT_ONCE = 5_000
TOKEN = "AUTH_bench"  # noqa: S105  (of a card that does not exist)

_CUSTOMERS = text(
    """
    INSERT INTO customers (ref, name, email, address, country, class, tax_number, is_tax_exempt, language, zone,
                           currency, version, created_at)
    SELECT 'cus_bench' || n, 'Customer ' || n || ' Ltd', 'payer' || n || '@bench.example',
           n || E' Broad Street\\nLagos', 'NG', 'business', '', false, 'en', 'Africa/Lagos', 'NGN', 1, :at
      FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n
    """
)
_SUBSCRIPTIONS = text(
    """
    INSERT INTO subscriptions (ref, customer_id, status, currency, interval_unit, interval_count, collection, due_days,
                               anchor_on, period_number, period_start_on, period_end_on, started_on, next_bill_on,
                               next_action_at, cancel_reason, version, created_at)
    SELECT 'sub_bench' || c.id, c.id, 'active', 'NGN', 'month', 1, 'pull', 0, CAST(:anchor AS date), 0,
           CAST(:anchor AS date), CAST(:anchor AS date) + interval '1 month', :anchor,
           CAST(:anchor AS date) + interval '1 month', :due_at, '', 1, :at
      FROM unnest(CAST(:ids AS bigint[])) c (id)
    """
)
_ITEMS = text(
    """
    INSERT INTO subscription_items (subscription_id, price_id, quantity, from_on)
    SELECT s.id, (CAST(:prices AS bigint[]))[1 + s.id % 3], 1, s.anchor_on
      FROM subscriptions s WHERE s.customer_id = ANY(:ids)
    """
)
_WITHOUT_SUBSCRIPTION = text(
    """
    SELECT c.id FROM customers c WHERE c.ref LIKE 'cus_bench%'
       AND NOT EXISTS (SELECT FROM subscriptions s WHERE s.customer_id = c.id) ORDER BY c.id
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
_LATER = text("UPDATE subscriptions SET next_action_at = :later WHERE next_action_at = :first")
_MAKE_DUE = text(
    """
    UPDATE subscriptions SET next_action_at = :at
     WHERE id IN (SELECT id FROM subscriptions WHERE next_action_at = :later ORDER BY id LIMIT :count)
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
         WHERE s.customer_id = ANY(:ids)
        RETURNING subscription_id, credit_type_id, units)
    INSERT INTO credit_balances (subscription_id, credit_type_id, units) SELECT * FROM e
    """
)


def grow(connection: Connection, count: int, *, vault: Vault) -> None:
    """Add customers with a card and a subscription that was renewed once, up to `count`; analyse. Commits.

    The company with its catalogue and its gateway account must be there.
    """
    began_at = FEBRUARY - timedelta(days=31)
    with connection.begin():
        there = connection.scalar(text("SELECT count(*) FROM customers WHERE ref LIKE 'cus_bench%'"))
        connection.execute(_CUSTOMERS, {"first": (there or 0) + 1, "last": count, "at": began_at})
        ids = list(connection.scalars(_WITHOUT_SUBSCRIPTION))
        connection.execute(_SUBSCRIPTIONS, {"ids": ids, "anchor": ANCHOR, "due_at": FEBRUARY, "at": began_at})
        connection.execute(_ITEMS, {"ids": ids, "prices": list(connection.scalars(_PRICES))})
        for some in _slices(ids):
            tokens = [vault.seal(TOKEN, place=f"payment_methods.token:pm_bench{each}") for each in some]
            connection.execute(_METHODS, {"ids": some, "tokens": tokens, "at": began_at})
        connection.execute(_CREDITS, {"ids": ids, "at": began_at})
    analyse(connection)
    reference.renew(connection, FEBRUARY)
    with connection.begin():
        connection.execute(_LATER, {"later": LATER, "first": FIRST})
    analyse(connection)


def make_due(connection: Connection, count: int, at: datetime) -> None:
    """Let `count` subscriptions that were not renewed in March be due `at` then."""
    with connection.begin():
        connection.execute(_MAKE_DUE, {"count": count, "at": at, "later": LATER})


def hour(number: int) -> datetime:
    """A time on the first of March, each later than the one before."""
    return FIRST + number * timedelta(hours=1)


def analyse(connection: Connection) -> None:
    """Fresh statistics: on tables grown from empty without them every figure would be of something else."""
    with connection.begin():
        connection.execute(text("ANALYZE"))


def _slices(ids: list[int]) -> Iterator[list[int]]:
    return (ids[start : start + METHODS_AT_ONCE] for start in range(0, len(ids), METHODS_AT_ONCE))
