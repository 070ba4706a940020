"""Paystack: charges stored cards, offers a hosted page, announces, answers. Tables: paystack_tables.py."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from portal.core.money import CURRENCIES, Money
from portal.gateways import http
from portal.gateways.base import (
    Ability,
    Answer,
    ChargeList,
    ChargeOrder,
    ChargeOutcome,
    CheckoutOrder,
    CustomerRecord,
    LookUp,
    News,
    NewsKind,
    Outcome,
    Payable,
    WrongAmount,
    WrongKey,
    WrongRequest,
)
from portal.gateways.paystack_answers import charged, is_refusal, says, sentence
from portal.gateways.paystack_calls import PAGE_SIZE, stamp
from portal.gateways.paystack_reading import charge_outcome, money, wire_amount
from portal.gateways.paystack_returns import PaystackReturns
from portal.gateways.paystack_tables import (
    DUPLICATE,
    EVENTS,
    LARGEST_WIRE_AMOUNT,
    MINIMA,
    NOT_FOUND,
    WIRE_UNITS,
)
from portal.gateways.probes import CONNECTED, Probe, probed
from portal.gateways.protocols import Deadlines
from portal.gateways.told import part, text

BASE_URL = "https://api.paystack.co"
SIGNATURE = "x-paystack-signature"
_KEY = re.compile(r"sk_(test|live)_[A-Za-z0-9_-]+")
_REFERENCE = re.compile(r"[A-Za-z0-9.=-]{1,100}")


class Paystack(PaystackReturns):
    """One Paystack account. `former_keys` are only believed in signatures, while a rotated key is phased out."""

    name = "paystack"
    abilities = frozenset(Ability) - {Ability.DIRECT}
    secret_names: ClassVar[tuple[str, ...]] = ("secret_key",)

    def __init__(
        self,
        *,
        secrets: Mapping[str, str],
        mode: str = "",
        base_url: str = "",
        former_secrets: Sequence[Mapping[str, str]] = (),
        deadlines: Deadlines | None = None,
    ) -> None:
        self._key = secrets.get("secret_key", "")
        key = _KEY.fullmatch(self._key)
        if key is None:
            raise WrongKey("A Paystack secret key begins with sk_test_ or sk_live_.")
        if mode not in ("", key[1]):
            raise WrongKey("This is a %(key)s key, and the account is used in %(mode)s mode.", key=key[1], mode=mode)
        self.mode = key[1]
        self._base_url = (base_url or BASE_URL).rstrip("/")
        if self.mode == "live" and urlsplit(self._base_url).scheme != "https":
            raise WrongKey("A live key is only ever sent over https.")
        self.deadlines = deadlines or Deadlines()
        self._former_keys = tuple(former["secret_key"] for former in former_secrets if former.get("secret_key"))

    @staticmethod
    def least(currency: str) -> Money | None:
        """The documented minimum of a currency; None for one that Paystack does not take."""
        return money(MINIMA.get(currency), currency)

    def minimum(self, currency: str) -> Money | None:
        return self.least(currency)

    def require_payable(self, amount: Money) -> None:
        least = self.minimum(amount.currency)
        if least is None:
            raise WrongAmount(f"Paystack takes no {amount.currency}.")
        if amount < least:
            raise WrongAmount(f"Paystack takes no less than {wire_amount(least) / WIRE_UNITS:.2f} {amount.currency}.")
        if wire_amount(amount) > LARGEST_WIRE_AMOUNT:
            raise WrongAmount("The amount is more than Paystack takes at once.")

    def charge(self, order: ChargeOrder) -> ChargeOutcome:
        """Charge a stored card. A decline is an answer and silence is UNKNOWN; neither raises."""
        self.require_payable(order.amount)
        body = self._order(order.reference, order.amount, order.payer_email, order.notes) | {
            "authorization_code": order.method_token,
            "queue": order.is_scheduled,
        }
        if order.return_url:
            body["callback_url"] = order.return_url
        try:
            reply = self._ask("POST", "/transaction/charge_authorization", body=body, seconds=self.deadlines.charge)
        except http.NotSent as error:
            return ChargeOutcome(Outcome.NOT_SENT, order.reference, reason=str(error))
        except http.Silence as error:
            return ChargeOutcome(Outcome.UNKNOWN, order.reference, reason=str(error))
        return charged(reply, order.reference)

    def checkout(self, order: CheckoutOrder) -> Payable:
        """A hosted page for `order`. The link is told only once: if the answer is lost, take another reference."""
        self.require_payable(order.amount)
        body = self._order(order.reference, order.amount, order.payer_email, order.notes)
        body["callback_url"] = order.return_url
        if order.cancel_url:
            body["metadata"]["cancel_action"] = order.cancel_url
        if order.saves_method:
            body["channels"] = ["card"]
            body["metadata"]["custom_filters"] = {"recurring": True}
        try:
            reply = self._ask("POST", "/transaction/initialize", body=body, seconds=self.deadlines.page)
        except http.NotSent as error:
            return Payable(Outcome.NOT_SENT, order.reference, reason=str(error))
        except http.Silence as error:
            return Payable(Outcome.UNKNOWN, order.reference, reason=str(error))
        told = part(reply.body.get("data"))
        link = text(told.get("authorization_url"))
        if reply.status < 300 and urlsplit(link).scheme in self._schemes and told.get("reference") == order.reference:
            return Payable(Outcome.ACTION_REQUIRED, order.reference, link, text(told.get("access_code")))
        if reply.status == 429:
            return Payable(Outcome.NOT_SENT, order.reference, reason=sentence(reply))
        if is_refusal(reply) and not says(reply, "duplicate_reference", DUPLICATE):
            raise WrongRequest(sentence(reply))
        return Payable(Outcome.UNKNOWN, order.reference, reason=sentence(reply))

    def look_up(
        self, reference: str, *, gateway_ref: str = "", session: str = "", since: datetime | None = None
    ) -> LookUp:
        """What became of `reference`, as Paystack knows it now; it needs to be told nothing else."""
        reply = self._read(f"/transaction/verify/{quote(reference, safe='')}")
        if isinstance(reply, str):
            return LookUp(Answer.SILENT, reason=reply)
        told = part(reply.body.get("data"))
        if reply.status == 200 and reply.body.get("status") is True and told.get("reference") == reference:
            return LookUp(Answer.FOUND, charge_outcome(told, reference, is_final=True))
        if reply.status in (400, 404) and says(reply, "transaction_not_found", NOT_FOUND):
            return LookUp(Answer.NOT_FOUND, reason=sentence(reply))
        return LookUp(Answer.SILENT, reason=sentence(reply))

    def charges_between(self, since: datetime, until: datetime, page: int = 1) -> ChargeList:
        """Transactions created in [since, until], newest first, a hundred to a page."""
        rows = self._rows("/transaction", {"from": stamp(since), "to": stamp(until)}, page)
        if isinstance(rows, str):
            return ChargeList(Answer.SILENT, reason=rows)
        charges = tuple(charge_outcome(row, text(row.get("reference")), is_final=True) for row in rows)
        return ChargeList(Answer.FOUND, charges, page + 1 if len(rows) == PAGE_SIZE else None)

    def customer(self, email: str, first_name: str = "", last_name: str = "") -> CustomerRecord:
        """Make the payer known under `email`, or find the one that is."""
        body = {"email": email, "first_name": first_name, "last_name": last_name}
        try:
            reply = self._ask("POST", "/customer", body=body, seconds=self.deadlines.page)
        except (http.NotSent, http.Silence) as error:
            return CustomerRecord(Answer.SILENT, reason=str(error))
        code = text(part(reply.body.get("data")).get("customer_code"))
        if reply.status < 300 and code:
            return CustomerRecord(Answer.FOUND, code)
        return CustomerRecord(Answer.SILENT, reason=sentence(reply))

    def forget(self, method_token: str) -> Outcome:
        """Make a stored method unusable. One that Paystack does not know counts as done."""
        body = {"authorization_code": method_token}
        try:
            reply = self._ask("POST", "/customer/authorization/deactivate", body=body, seconds=self.deadlines.page)
        except http.NotSent:
            return Outcome.NOT_SENT
        except http.Silence:
            return Outcome.UNKNOWN
        is_gone = reply.body.get("status") is True or (reply.status == 404 and is_refusal(reply))
        return Outcome.SUCCEEDED if is_gone else Outcome.UNKNOWN

    def probe(self) -> Probe:
        """Ask for the balance: free of effects, and refused with a wrong key."""
        try:
            reply = self._ask("GET", "/balance", seconds=self.deadlines.page)
        except WrongKey as error:
            return probed(error.sentence, error.values)
        except http.NotSent as error:
            return probed("%(gateway)s cannot be reached: %(why)s.", {"gateway": "Paystack", "why": error})
        except http.Silence as error:
            return probed("%(gateway)s did not answer properly: %(why)s.", {"gateway": "Paystack", "why": error})
        latency, rows = round(reply.seconds * 1000), reply.body.get("data")
        ahead = http.seconds_ahead_of(reply)
        if reply.status != 200 or not isinstance(rows, list):
            return probed(
                "%(gateway)s answered: %(words)s", {"gateway": "Paystack", "words": sentence(reply)},
                latency_ms=latency, clock_ahead=ahead,
            )  # fmt: skip
        currencies = sorted({text(part(row).get("currency")) for row in rows} & set(CURRENCIES))
        account = f"{self.mode} mode, {', '.join(currencies)}"
        return probed(
            CONNECTED[self.mode], {"gateway": "Paystack"},
            ok=True, latency_ms=latency, account=account, clock_ahead=ahead,
        )  # fmt: skip

    def is_genuine(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether the raw bytes were signed with our key, or with a former one."""
        told = next((value for name, value in headers.items() if name.lower() == SIGNATURE), "")
        claimed = told.encode("utf-8", "replace")
        genuine = False
        for key in (self._key, *self._former_keys):
            signature = hmac.new(key.encode(), body, hashlib.sha512).hexdigest()
            genuine |= hmac.compare_digest(signature.encode(), claimed)
        return genuine

    def read_news(self, body: bytes) -> News:
        """What the body claims to be about. Never raises."""
        try:
            told = http.read_json(body)
        except ValueError:
            return News(NewsKind.UNREADABLE)
        event, about = text(told.get("event")), part(told.get("data"))
        transaction = part(about.get("transaction"))
        reference = about.get("reference") or about.get("transaction_reference") or transaction.get("reference")
        return News(EVENTS.get(event, NewsKind.OTHER), event, text(reference), text(about.get("id")))

    @property
    def _schemes(self) -> tuple[str, ...]:
        return ("https",) if self._base_url.startswith("https:") else ("https", "http")

    def _order(self, reference: str, amount: Money, email: str, notes: Mapping[str, str]) -> dict[str, Any]:
        if not _REFERENCE.fullmatch(reference):
            raise WrongRequest("A reference consists of letters, digits and . = - only.")
        return {
            "reference": reference,
            "amount": wire_amount(amount),
            "currency": amount.currency,
            "email": email,
            "metadata": dict(notes),
        }
