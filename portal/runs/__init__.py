"""Billing runs: what one will do, did, and left for a person."""
