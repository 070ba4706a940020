"""The base of every form: strict fields, errors beside them, nothing unknown, and a key that makes sending twice safe.

A page writer derives from `PortalForm`, gives fields from here, calls `form.validate_on_submit()` and, when that is
false after a post, shows the same partial with 422. `form.form_key.data` is the one-time key for the action.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from wtforms import Field, HiddenField, StringField
from wtforms.validators import StopValidation, ValidationError

from portal.core.errors import Invalid
from portal.core.formats import symbol
from portal.core.money import Money
from portal.web.filters import written
from portal.web.reading import Unreadable, read_amount, read_count, read_day
from portal.web.refusals import said
from portal.web.wording import gettext as _

KEY_PATTERN = re.compile(r"[A-Za-z0-9_-]{22,43}")
MOST_OF_A_THING = 999_999
LONGEST_LINE = 200
LONGEST_TEXT = 2000
LONGEST_MAIL = 254
# Line breaks and tabs belong into long texts only; other control characters, and the signs that write text backwards,
# into none.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202d\u202e]")
_BREAKS = re.compile(r"[\t\r\n]")
_MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s.,;<>\"]{2,}")


def init_forms(app: Flask) -> None:
    app.config["WTF_I18N_ENABLED"] = False  # our own sentences, in our own catalogues
    app.jinja_env.globals["form_key"] = fresh_key


def fresh_key() -> str:
    """A one-time key; the action that gets it twice does its deed once."""
    return secrets.token_urlsafe(24)


def posted_key() -> str:
    """The one-time key of a form that has nothing but buttons."""
    key = request.form.get("form_key", "")
    if KEY_PATTERN.fullmatch(key) is None:
        raise Invalid(_("This form is not complete. Load the page again and repeat it."), field="form_key")
    return key


def only_fields(*names: str) -> None:
    """Refuse a post without a form class that brings a field besides `names`, the key and the token."""
    if set(request.form) - {*names, "form_key", "csrf_token"}:
        raise Invalid(_("The form contains a field that does not belong there. Nothing was saved."))


class PortalForm(FlaskForm):  # type: ignore[misc]
    """Every form carries a one-time key and refuses fields that it does not know."""

    form_key = HiddenField(default=fresh_key)

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        unknown = {*request.form, *request.files} - {field.name for field in self} - {"csrf_token"}
        if unknown:
            self.form_errors.append(_("The form contains a field that does not belong there. Nothing was saved."))
        return is_valid and not unknown

    def validate_form_key(self, field: Field) -> None:
        if KEY_PATTERN.fullmatch(request.form.get(field.name, "")) is None:
            field.data = fresh_key()
            raise ValidationError(_("This form is not complete. Please send it again."))

    @property
    def wrong_fields(self) -> list[Field]:
        """The fields to point at, in their order on the page."""
        return [field for field in self if field.errors and field.name != "csrf_token"]

    def refuse(self, error: Invalid) -> None:
        """Show what an action could not accept beside the field it named, or above the form."""
        field = self._fields.get(error.field)
        if field is None:
            self.form_errors.append(said(error))
        else:
            field.errors = [*field.errors, said(error)]


def required(field_must: str = "") -> Callable[[Any, Any], None]:
    """Something must be there; `field_must` says so in the field's own words."""

    def check(_form: Any, field: Any) -> None:
        if field.data in (None, "", False) and not field.errors:
            raise StopValidation(field_must or _("This is needed."))

    check.field_flags = {"required": True}  # type: ignore[attr-defined]
    return check


class _Read(Field):  # type: ignore[misc]
    """`data` is a value once the form is validated; `raw` is what was typed, shown again when it is wrong."""

    data: Any
    raw = ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if valuelist:
            self.raw = valuelist[0].strip()
            self.data = None

    def pre_validate(self, form: Any) -> None:
        if not self.raw:
            return
        try:
            self.data = self.read(self.raw)
        except Unreadable:
            raise StopValidation(self.complaint()) from None

    def _value(self) -> str:
        return self.raw or (self.write(self.data) if self.data is not None else "")

    def read(self, text: str) -> Any:
        raise NotImplementedError

    def write(self, value: Any) -> str:
        return str(value)

    def complaint(self) -> str:
        raise NotImplementedError


class MoneyField(_Read):
    """An amount in `currency`, which the view may set before validating; `data` is Money, positive or as `takes_zero`
    says."""

    def __init__(
        self, label: str = "", validators: Any = None, currency: str = "NGN", takes_zero: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.currency = currency
        self.takes_zero = takes_zero

    @property
    def unit(self) -> str:
        """The sign beside the input."""
        return symbol(self.currency).strip()

    def read(self, text: str) -> Money:
        amount = read_amount(text, self.currency, written())
        if not amount.is_positive and not (self.takes_zero and amount.is_zero):
            raise Unreadable
        return amount

    def write(self, value: Any) -> str:
        return written().plain_amount(value)

    def complaint(self) -> str:
        return _("Write an amount like %(example)s.", example=written().plain_amount(Money(4837500, self.currency)))


class QuantityField(_Read):
    """A whole number from `least` to `most`."""

    def __init__(
        self, label: str = "", validators: Any = None, least: int = 0, most: int = MOST_OF_A_THING, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.least = least
        self.most = most

    def read(self, text: str) -> int:
        number = read_count(text, self.most)
        if number < self.least:
            raise Unreadable
        return number

    def complaint(self) -> str:
        return _("Write a whole number from %(least)s to %(most)s.", least=self.least, most=written().count(self.most))


class DayField(_Read):
    """A day, sent by the browser's own picker."""

    def read(self, text: str) -> Any:
        return read_day(text)

    def complaint(self) -> str:
        return _("Choose a day, or write it as year-month-day.")


class LineField(StringField):  # type: ignore[misc]
    """One line of text, trimmed, at most `most` characters."""

    def __init__(self, label: str = "", validators: Any = None, most: int = LONGEST_LINE, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.most = most

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if valuelist:
            self.data = valuelist[0].strip()

    def pre_validate(self, form: Any) -> None:
        text = self.data or ""
        if len(text) > self.most:
            raise StopValidation(_("At most %(most)s characters.", most=written().count(self.most)))
        if _CONTROLS.search(text) or (not self.takes_breaks and _BREAKS.search(text)):
            raise StopValidation(_("This contains characters that cannot be stored."))

    takes_breaks = False


class TextField(LineField):
    """Text of several lines."""

    takes_breaks = True

    def __init__(self, label: str = "", validators: Any = None, most: int = LONGEST_TEXT, **kwargs: Any) -> None:
        super().__init__(label, validators, most, **kwargs)


class MailField(LineField):
    """A mail address, kept as typed but for the space around it."""

    def __init__(self, label: str = "", validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, LONGEST_MAIL, **kwargs)

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data and _MAIL.fullmatch(self.data) is None:
            raise StopValidation(_("Write a mail address like ada@example.com."))


class PasswordField(LineField):
    """A password: not trimmed, never sent back."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if valuelist:
            self.data = valuelist[0]

    def _value(self) -> str:
        return ""


class ChoiceField(Field):  # type: ignore[misc]
    """One of `choices`, (value, word) pairs that the view may set before validating; anything else is refused."""

    data: Any
    choices: Any

    def __init__(
        self, label: str = "", validators: Any = None, choices: Sequence[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.choices = choices

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Value, word, and whether it is the one chosen."""
        return [(value, word, value == self.data) for value, word in self.choices]

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = valuelist[0] if valuelist else None

    def pre_validate(self, form: Any) -> None:
        if all(self.data != value for value, _word in self.choices):
            raise StopValidation(_("Choose one of the list."))


class ManyField(Field):  # type: ignore[misc]
    """Some of `choices`, ticked one by one; anything else is refused. `data` is a list of values."""

    data: Any
    choices: Any = ()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = list(dict.fromkeys(valuelist))

    def pre_validate(self, form: Any) -> None:
        if set(self.data or ()) - {value for value, _word in self.choices}:
            raise StopValidation(_("Choose from the list."))


class UploadField(Field):  # type: ignore[misc]
    """A file that was sent along; `data` is its content, empty without one, at most `most` bytes and one."""

    data: Any

    def __init__(self, label: str = "", validators: Any = None, most: int = 0, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.most = most

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        sent = valuelist[0] if valuelist else None
        self.data = sent.read(self.most + 1) if isinstance(sent, FileStorage) else b""
