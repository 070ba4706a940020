"""The pages about records: home, search, customers, subscriptions, invoices, payments."""

from flask import Blueprint

from portal.web.staff import (
    bank_accounts,
    customers,
    disputes,
    doubts,
    enter_customer,
    give_subscription,
    home,
    invoices,
    payment_deeds,
    payments,
    print_runs,
    record_payment,
    refunds,
    search,
    subscription_changes,
    subscription_deeds,
    subscriptions,
    write_invoice,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.bp,
    print_runs.bp,
    bank_accounts.bp,
    search.bp,
    enter_customer.bp,
    customers.bp,
    write_invoice.bp,
    give_subscription.bp,
    subscriptions.bp,
    subscription_changes.bp,
    subscription_deeds.bp,
    invoices.bp,
    record_payment.bp,
    payment_deeds.bp,
    payments.bp,
    refunds.bp,
    disputes.bp,
    doubts.bp,
)
