"""iPaymu: offers a page or a payable of its own, announces, answers; rupiah only. Tables: ipaymu_tables.py.

It stores no method, gives nothing back, closes nothing early, and takes one reference as often as it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from portal.core.money import Money
from portal.gateways import http
from portal.gateways.base import (
    Ability,
    Answer,
    Channel,
    ChannelList,
    ChargeList,
    CheckoutOrder,
    LookUp,
    News,
    NewsKind,
    Outcome,
    Payable,
    WrongAmount,
    WrongKey,
    WrongRequest,
)
from portal.gateways.ipaymu_answers import (
    contents,
    is_refusal,
    is_taken,
    sentence,
    status,
)
from portal.gateways.ipaymu_calls import Calls
from portal.gateways.ipaymu_orders import direct_body, direct_of, page_body, page_of, require_complete
from portal.gateways.ipaymu_reading import (
    charge_outcome,
    is_on_page,
    is_open,
    moment,
    offered,
    rupiah,
    same_session,
    weight,
)
from portal.gateways.ipaymu_signing import callback_fields, is_signed
from portal.gateways.ipaymu_tables import (
    BASE_URLS,
    CLAIMS,
    CURRENCY,
    LARGEST,
    LIVE_HOST,
    MINIMUM,
    NO_PAYMENTS,
    PAGE_HOSTS,
    WAYS,
)
from portal.gateways.probes import CONNECTED, Probe, probed
from portal.gateways.protocols import Deadlines
from portal.gateways.told import text

SIGNATURE = "x-signature"
_VA = re.compile(r"[0-9]{6,20}")
_API_KEY = re.compile(r"[!-~]{8,200}")


class Ipaymu:
    """One iPaymu account: its number `va`, which is public, and its API key."""

    name = "ipaymu"
    abilities = frozenset(
        {Ability.CHECKOUT, Ability.DIRECT, Ability.NEWS, Ability.LOOK_UP, Ability.LIST, Ability.PROBE}
    )
    secret_names: ClassVar[tuple[str, ...]] = ("va", "api_key")

    def __init__(
        self,
        *,
        secrets: Mapping[str, str],
        mode: str = "",
        base_url: str = "",
        former_secrets: Sequence[Mapping[str, str]] = (),
        deadlines: Deadlines | None = None,
    ) -> None:
        va, key = secrets.get("va", ""), secrets.get("api_key", "")
        if not _VA.fullmatch(va):
            raise WrongKey("The number of an iPaymu account (VA) consists of 6 to 20 digits.", about="va")
        if not _API_KEY.fullmatch(key):
            raise WrongKey("An iPaymu API key has 8 to 200 letters, digits and signs, and no blanks.")
        self.mode = mode or ("test" if key.startswith("SANDBOX") else "live")
        base_url = (base_url or BASE_URLS[self.mode]).rstrip("/")
        address = urlsplit(base_url)
        if self.mode == "live" and (key.startswith("SANDBOX") or base_url != BASE_URLS["live"]):
            raise WrongKey(
                "In live mode an iPaymu key of production is sent to %(host)s, over https, only.", host=LIVE_HOST
            )
        if self.mode == "test" and address.hostname == LIVE_HOST:
            raise WrongKey("In test mode iPaymu's live address is not used.")
        self._hosts = frozenset(f"https://{host}" for host in PAGE_HOSTS[self.mode])
        if self.mode == "test":
            self._hosts |= {f"{address.scheme}://{address.hostname}"}
        self.deadlines = deadlines or Deadlines()
        self._calls = Calls(va, key, base_url, self.deadlines)
        self._va, self._vas = va, (va, *(former["va"] for former in former_secrets if former.get("va")))

    @staticmethod
    def least(currency: str) -> Money | None:
        """The documented minimum, of rupiah alone."""
        return Money(MINIMUM, CURRENCY) if currency == CURRENCY else None

    def minimum(self, currency: str) -> Money | None:
        return self.least(currency)

    def require_payable(self, amount: Money) -> None:
        if amount.currency != CURRENCY:
            raise WrongAmount(f"iPaymu takes no {amount.currency}, only {CURRENCY}.")
        if not MINIMUM <= amount.minor <= LARGEST:
            raise WrongAmount(f"iPaymu takes {MINIMUM} to {LARGEST} rupiah at once.")

    def checkout(self, order: CheckoutOrder) -> Payable:
        """A page, or for another channel a number, code or link. Nothing stops a second one under the same reference:

        after silence look the reference up before anything else is offered."""
        self.require_payable(order.amount)
        require_complete(order)
        is_page = order.channel is Channel.PAGE
        path, body = ("/api/v2/payment", page_body(order)) if is_page else self._direct(order)
        try:
            reply = self._calls.ask("POST", path, body, self.deadlines.page)
        except http.NotSent as error:
            return Payable(Outcome.NOT_SENT, order.reference, reason=str(error))
        except http.Silence as error:
            return Payable(Outcome.UNKNOWN, order.reference, reason=str(error))
        found = (page_of if is_page else direct_of)(contents(reply), order, self._hosts)
        if found is not None:
            return found
        if status(reply) == 429:
            return Payable(Outcome.NOT_SENT, order.reference, reason=sentence(reply))
        if is_refusal(reply):
            raise WrongRequest("iPaymu does not take this order: %(words)s", words=sentence(reply))
        return Payable(Outcome.UNKNOWN, order.reference, reason=sentence(reply))

    def look_up(
        self, reference: str, *, gateway_ref: str = "", session: str = "", since: datetime | None = None
    ) -> LookUp:
        """What became of `reference`: by iPaymu's number if that is known, else by going through the history.

        One page may have brought several transactions under one reference: the first paid one counts, then the last
        that is still open. Without `since` the whole history is gone through, as far as that goes.
        """
        if gateway_ref:
            told = self._calls.transaction(gateway_ref)
            if isinstance(told, LookUp):
                return told
            differs = _contradictions(told, reference, session)
            if differs:
                return LookUp(Answer.SILENT, reason="the transaction is another one's", contradicts=differs)
            heard = charge_outcome(told, reference, self.mode)
            if heard.outcome is Outcome.SUCCEEDED or is_open(told) or not is_on_page(told):
                return LookUp(Answer.FOUND, heard)
        rows = self._calls.history_of(reference, since)
        if isinstance(rows, str):
            return LookUp(Answer.SILENT, reason=rows)
        best = max(rows, key=weight, default=None)
        if best is None:
            return LookUp(Answer.NOT_FOUND, reason="no transaction of the time bears the reference")
        return self._confirmed(best, reference, session)

    def charges_between(self, since: datetime, until: datetime, page: int = 1) -> ChargeList:
        """Transactions created in [since, until], oldest first, at most twenty to a page."""
        answer = self._calls.history(since, until, page)
        if isinstance(answer, str):
            return ChargeList(Answer.SILENT, reason=answer)
        rows, pages = answer
        charges = tuple(
            charge_outcome(row, text(row.get("ReferenceId")), self.mode)
            for row in rows
            if _is_payment(row) and since <= (moment(row.get("CreatedDate")) or since) <= until
        )
        return ChargeList(Answer.FOUND, charges, page + 1 if page < pages else None)

    def channels(self) -> ChannelList:
        """The ways to pay that the account has at this moment."""
        try:
            reply = self._calls.ask("GET", "/api/v2/payment-channels", None, self.deadlines.page)
        except (http.NotSent, http.Silence) as error:
            return ChannelList(Answer.SILENT, reason=str(error))
        if not is_taken(reply) or not isinstance(reply.body.get("Data"), list):
            return ChannelList(Answer.SILENT, reason=sentence(reply))
        return ChannelList(Answer.FOUND, offered(reply.body["Data"]))

    def probe(self) -> Probe:
        """Ask for the balance: free of effects, and refused with a wrong key."""
        try:
            reply = self._calls.ask("POST", "/api/v2/balance", {"account": self._va}, self.deadlines.page)
        except WrongKey as error:
            return probed(error.sentence, error.values)
        except http.NotSent as error:
            return probed("%(gateway)s cannot be reached: %(why)s.", {"gateway": "iPaymu", "why": error})
        except http.Silence as error:
            return probed("%(gateway)s did not answer properly: %(why)s.", {"gateway": "iPaymu", "why": error})
        latency, ahead, told = round(reply.seconds * 1000), http.seconds_ahead_of(reply), contents(reply)
        if rupiah(told.get("MerchantBalance")) is None or text(told.get("Va")) not in ("", self._va):
            return probed(
                "%(gateway)s answered: %(words)s", {"gateway": "iPaymu", "words": sentence(reply)},
                latency_ms=latency, clock_ahead=ahead,
            )  # fmt: skip
        account = f"{self.mode} mode, {self._va}, {CURRENCY}"
        return probed(
            CONNECTED[self.mode], {"gateway": "iPaymu"},
            ok=True, latency_ms=latency, account=account, clock_ahead=ahead,
        )  # fmt: skip

    def is_genuine(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether it was signed with the account's number, which is public: noise is kept out, lies are not."""
        claimed = next((value for name, value in headers.items() if name.lower() == SIGNATURE), "")
        try:
            fields = callback_fields(body)
        except ValueError:
            return False
        return any(is_signed(fields, claimed, va) for va in self._vas)

    def read_news(self, body: bytes) -> News:
        """What a callback claims. Never raises."""
        try:
            told = callback_fields(body)
        except ValueError:
            return News(NewsKind.UNREADABLE)
        said = text(told.get("status")).lower()
        return News(
            NewsKind.CHARGE if told.get("trx_id") else NewsKind.OTHER,
            said,
            text(told.get("reference_id")),
            text(told.get("trx_id")),
            text(told.get("sid")),
            CLAIMS.get(said),
            rupiah(told.get("sub_total")),
        )

    def _direct(self, order: CheckoutOrder) -> tuple[str, dict[str, Any]]:
        if order.channel not in WAYS:
            raise WrongRequest("iPaymu has no %(channel)s.", channel=order.channel)
        return "/api/v2/payment/direct", direct_body(order)

    def _confirmed(self, row: Mapping[str, Any], reference: str, session: str) -> LookUp:
        told = self._calls.transaction(text(row.get("TransactionId")))
        if isinstance(told, LookUp):
            return LookUp(Answer.SILENT, reason=told.reason)
        differs = _contradictions(told, reference, session)
        if differs:
            return LookUp(Answer.SILENT, reason="the transaction is another one's", contradicts=differs)
        return LookUp(Answer.FOUND, charge_outcome(told, reference, self.mode))


def _contradictions(told: Mapping[str, Any], reference: str, session: str) -> tuple[str, ...]:
    """In what a transaction is not the one that was asked about."""
    differs = []
    if text(told.get("ReferenceId")) != reference:
        differs.append("reference")
    heard = text(told.get("SessionId"))
    if session and heard and not same_session(heard, session) and not same_session(heard, reference):
        differs.append("session")
    return tuple(differs)


def _is_payment(row: Mapping[str, Any]) -> bool:
    return text(row.get("Type")) not in {str(number) for number in NO_PAYMENTS}
