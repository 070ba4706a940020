"""The forms of the payment config. Keys are typed and never sent back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import g
from wtforms import Field
from wtforms.validators import StopValidation

from portal.actions.configure_gateway import MOST_CALLS, Configuration, channel_codes
from portal.actions.store_gateway_keys import OVERLAPS
from portal.core.money import CURRENCIES
from portal.gateways.registry import opens
from portal.payments.models import GatewayAccount
from portal.web.forms import ChoiceField, PasswordField, PortalForm, QuantityField, required
from portal.web.pay.ways import name_of
from portal.web.security import limiter
from portal.web.wording import gettext, ngettext
from portal.web.wording import lazy_gettext as _

LONGEST_KEY = 200
limit_tries = limiter.limit(
    "6 per minute; 30 per hour",
    key_func=lambda: f"keys {g.user.user_id}",
    deduct_when=lambda said: said.status_code == 422,
)


class TicksField(Field):  # type: ignore[misc]
    """Any of `choices`, (value, word) pairs that the view sets before validating; `data` is what was ticked."""

    data: Any
    choices: Sequence[tuple[str, str]] = ()

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Value, word, and whether it is ticked."""
        return [(value, word, value in (self.data or ())) for value, word in self.choices]

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = list(valuelist)

    def pre_validate(self, form: Any) -> None:
        if not set(self.data or ()) <= {value for value, _word in self.choices}:
            raise StopValidation(gettext("Choose from the list."))


class KeysForm(PortalForm):
    """What both gateways' forms share: how long the old keys are believed, and who changes them."""

    overlap = ChoiceField(_("Old keys are believed in callbacks for"), [required()], default="86400")
    password = PasswordField(_("Your password"), [required()])

    def offer(self) -> None:
        self.overlap.choices = [(str(int(one.total_seconds())), _span(one)) for one in OVERLAPS]

    @property
    def keys(self) -> dict[str, str]:
        return {field.name: field.data or "" for field in self.key_fields}

    @property
    def key_fields(self) -> list[Field]:
        return [field for field in self if field.name in self.names]

    names: tuple[str, ...] = ()

    @property
    def lasting(self) -> timedelta:
        return timedelta(seconds=int(self.overlap.data))


class PaystackKeys(KeysForm):
    names = ("secret_key",)
    secret_key = PasswordField(_("Secret key"), [required()], most=LONGEST_KEY)


class IpaymuKeys(KeysForm):
    names = ("va", "api_key")
    va = PasswordField(_("VA number"), [required()], most=LONGEST_KEY)
    api_key = PasswordField(_("API key"), [required()], most=LONGEST_KEY)


class SettingsForm(PortalForm):
    currencies = TicksField(_("Currencies"))
    channels = TicksField(_("Ways to pay without its page"))
    calls_per_minute = QuantityField(_("Calls a minute at most"), [required()], most=MOST_CALLS)

    def offer(self, account: GatewayAccount) -> None:
        takes = opens(account.gateway).least
        self.currencies.choices = [(one, one) for one in sorted(CURRENCIES) if takes(one) is not None]
        names = {one["code"]: one["name"] for one in (account.last_test or {}).get("channels", [])}
        self.channels.choices = [
            (code, names.get(code) or name_of(code.partition(":")[2])) for code in channel_codes(account.gateway)
        ]

    def wish(self) -> Configuration:
        return Configuration(self.currencies.data or [], self.channels.data or [], self.calls_per_minute.data)


KEYS: dict[str, type[KeysForm]] = {"paystack": PaystackKeys, "ipaymu": IpaymuKeys}


def _span(span: timedelta) -> str:
    return ngettext("%(n)s day", "%(n)s days", span.days, n=span.days) if span else gettext("not at all")
