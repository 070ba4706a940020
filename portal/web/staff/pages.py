"""The pages about records: home, search, customers, subscriptions, invoices, payments."""

from flask import Blueprint

from portal.web.staff import (
    customers,
    disputes,
    doubts,
    enter_customer,
    give_subscription,
    home,
    invoices,
    payments,
    refunds,
    search,
    subscription_changes,
    subscription_deeds,
    subscriptions,
    write_invoice,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.bp,
    search.bp,
    enter_customer.bp,
    customers.bp,
    write_invoice.bp,
    give_subscription.bp,
    subscriptions.bp,
    subscription_changes.bp,
    subscription_deeds.bp,
    invoices.bp,
    payments.bp,
    refunds.bp,
    disputes.bp,
    doubts.bp,
)
