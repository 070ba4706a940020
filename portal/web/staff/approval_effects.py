"""What a request would do to the books, in one line that is told by what was asked for and needs no look elsewhere."""

from collections.abc import Callable, Mapping
from typing import Any

from portal.core.money import Money
from portal.web.filters import written
from portal.web.wording import gettext as _

Facts = Mapping[str, Any]


def effect(deed: str, minor: int, currency: str, facts: Facts) -> str:
    """The line of the list; the request's own page has the postings. Empty for a deed that nobody described."""
    said = EFFECTS.get(deed)
    return said(Money(minor, currency), facts) if said else ""


def _credit(amount: Money, facts: Facts) -> str:
    """Each place that the note gives something to."""
    owed, balance, back = (_part(amount, facts, f"to_{place}") for place in ("invoice", "balance", "refund"))
    return _joined(
        (owed, _("%(sum)s less is owed", sum=_money(owed))),
        (balance, _("%(sum)s to the balance", sum=_money(balance))),
        (back, _("%(sum)s leaves as a refund", sum=_money(back))),
    )


def _uncredit(amount: Money, facts: Facts) -> str:
    balance = _part(amount, facts, "to_balance")
    owed = amount - balance
    return _joined(
        (owed, _("%(sum)s is owed again", sum=_money(owed))),
        (balance, _("%(sum)s leaves the balance", sum=_money(balance))),
    )


def _void(amount: Money, facts: Facts) -> str:
    owed, balance = _part(amount, facts, "open"), _part(amount, facts, "from_balance")
    return _joined(
        (owed, _("%(sum)s is owed no more, revenue and tax go back", sum=_money(owed))),
        (balance, _("%(sum)s to the balance", sum=_money(balance))),
    )


def _record(amount: Money, facts: Facts) -> str:
    """Money into the bank; what the invoices do not need is the customer's balance."""
    paid = Money(sum(int(share) for _invoice, share in facts.get("shares", ())), amount.currency)
    rest = amount - paid
    return _joined(
        (paid, _("%(sum)s comes in and pays what is owed", sum=_money(paid))),
        (rest, _("%(sum)s comes in for the balance", sum=_money(rest))),
    )


def _refund(amount: Money, facts: Facts) -> str:
    if facts.get("source") == "outside":
        return _("%(sum)s left already, and is booked", sum=_money(amount))
    if facts.get("source") == "balance":
        return _("%(sum)s leaves the balance for the customer", sum=_money(amount))
    return _("%(sum)s goes back to the customer", sum=_money(amount))


def _settle(amount: Money, facts: Facts) -> str:
    if facts.get("verdict") == "paid":
        return _("%(sum)s counts as collected", sum=_money(amount))
    return _("Nothing is booked; it may be charged again")


EFFECTS: dict[str, Callable[[Money, Facts], str]] = {
    "credit_note.issue": _credit,
    "credit_note.void": _uncredit,
    "invoice.void": _void,
    "invoice.write_off": lambda amount, _facts: _("%(sum)s becomes bad debt", sum=_money(amount)),
    "refund.send": _refund,
    "payment.record": _record,
    "payment.reverse": lambda amount, _facts: _("%(sum)s leaves the bank again and is owed", sum=_money(amount)),
    "bank_account.open": lambda _amount, _facts: _("Nothing is booked; customers are sent to this account"),
    "proof.accept": _record,
    "attempt.settle": _settle,
    "dispute.accept": lambda amount, _facts: _("%(sum)s goes back to the payer and is owed again", sum=_money(amount)),
}
"""By deed, as in `portal/actions/decide_approval.py`."""


def _part(amount: Money, facts: Facts, name: str) -> Money:
    """Minor units among the facts, as money of the same currency."""
    return Money(int(facts.get(name) or 0), amount.currency)


def _money(amount: Money) -> str:
    return written().money(amount)


def _joined(*parts: tuple[Money, str]) -> str:
    return ", ".join(words for amount, words in parts if not amount.is_zero)
