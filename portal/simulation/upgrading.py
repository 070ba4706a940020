"""Changing the plan in the browser: choose, look at the quote, confirm it."""

from __future__ import annotations

from portal.simulation.visitor import Lost, Visitor


def choose(visitor: Visitor, price_ref: str) -> None:
    """Take the plan that has this price, at exactly the quoted price. Raises Lost where a page is not as expected."""
    quote = visitor.send(visitor.open("/account/plan"), "/account/plan", {"price": price_ref})
    if quote.status != 200 or "/account/quotes/" not in quote.url:
        raise Lost(f"no quote for {price_ref}: {quote.status} at {quote.url}")
    answer = visitor.send(quote, "/accept")
    if answer.status != 200:
        raise Lost(f"the quote was not accepted: {answer.status} at {answer.url}")
