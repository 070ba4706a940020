"""All pages of the customer's side."""

from flask import Blueprint

from portal.web.account import cancel, details, home, invoices, papers, payments, plan, proofs, quotes, subscriptions

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.bp,
    plan.bp,
    quotes.bp,
    payments.bp,
    invoices.bp,
    papers.bp,
    proofs.bp,
    subscriptions.bp,
    cancel.bp,
    details.bp,
)
