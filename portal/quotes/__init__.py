"""Prices that were shown and are kept for a while."""
