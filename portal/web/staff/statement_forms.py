"""How a file's columns are said to be read: a form over the mapping of `portal/banking/statements/mapping.py`."""

from typing import Any

from wtforms import BooleanField

from portal.banking.statements.csv_rows import guessed
from portal.banking.statements.figures import DATE_FORMS
from portal.banking.statements.mapping import DECIMALS, DELIMITERS, ENCODINGS, MOST_COLUMNS, MOST_SKIPPED, CsvMapping
from portal.web.forms import ChoiceField, ManyField, PortalForm, QuantityField, required
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

COLUMNS = ("booked_on", "value_on", "amount", "debit", "credit", "mark", "name", "account", "entry_ref", "currency")
SAMPLES = {
    "Y-M-D": "2026-11-20",
    "D/M/Y": "20/11/2026",
    "M/D/Y": "11/20/2026",
    "D.M.Y": "20.11.2026",
    "D-M-Y": "20-11-2026",
    "D/M/YY": "20/11/26",
    "D.M.YY": "20.11.26",
    "D MON Y": "20 Nov 2026",
    "D-MON-Y": "20-Nov-2026",
    "YMD": "20261120",
}


class LayoutForm(PortalForm):
    """Which column is what. With `look` it is only shown how the file reads."""

    encoding = ChoiceField(_("Encoding"), [required()], choices=[(one, one.upper()) for one in ENCODINGS])
    delimiter = ChoiceField(_("Delimiter"), [required()])
    date_form = ChoiceField(_("Days are written"), [required()], choices=[(one, SAMPLES[one]) for one in DATE_FORMS])
    decimal = ChoiceField(_("Before the fraction"), [required()])
    sign = ChoiceField(_("Money in and out"), [required()])
    skipped = QuantityField(_("Rows above the first line"), [required()], least=0, most=MOST_SKIPPED)
    booked_on = ChoiceField(_("Booking day"))
    value_on = ChoiceField(_("Value day"))
    amount = ChoiceField(_("Amount"))
    debit = ChoiceField(_("Debit"))
    credit = ChoiceField(_("Credit"))
    mark = ChoiceField(_("Debit or credit"))
    name = ChoiceField(_("Payer"))
    account = ChoiceField(_("Payer's account"))
    entry_ref = ChoiceField(_("Bank's reference"))
    currency = ChoiceField(_("Currency"))
    reference = ManyField(_("Text of the payment"))
    leave_out = BooleanField()
    look = BooleanField()

    def offer(self, heads: list[str]) -> None:
        """The columns of this file, by what stands on top of them."""
        numbered = [(str(place), f"{place + 1}. {head}".strip()) for place, head in enumerate(heads[:MOST_COLUMNS])]
        for name in COLUMNS:
            self[name].choices = [("", gettext("none")), *numbered]
        self.reference.choices = numbered
        self.delimiter.choices = [
            (one, {"tab": gettext("tab"), ",": gettext("comma"), ";": gettext("semicolon")}.get(one, one))
            for one in DELIMITERS
        ]
        self.decimal.choices = [(one, {".": gettext("point"), ",": gettext("comma")}[one]) for one in DECIMALS]
        self.sign.choices = [
            ("signed", gettext("one column with a sign")),
            ("columns", gettext("a column each")),
            ("marked", gettext("a column says which")),
        ]

    def mapping(self) -> CsvMapping:
        """What was chosen, or MappingRefused with the field."""
        columns = {name: int(self[name].data) for name in COLUMNS if self[name].data}
        return CsvMapping(
            encoding=self.encoding.data,
            delimiter=self.delimiter.data,
            date_form=self.date_form.data,
            decimal=self.decimal.data,
            sign=self.sign.data,
            skipped=self.skipped.data or 0,
            columns=columns,
            reference=tuple(int(place) for place in self.reference.data or ()),
        )


def begun_with(kept: CsvMapping | None, content: bytes) -> dict[str, Any]:
    """What the form begins with: how the account was read last, else a guess."""
    if kept is None:
        encoding, delimiter = guessed(content)
        kept_values: dict[str, Any] = {"encoding": encoding, "delimiter": delimiter, "skipped": 1}
        return kept_values | {"date_form": "Y-M-D", "decimal": ".", "sign": "signed", "reference": []}
    names = ("encoding", "delimiter", "date_form", "decimal", "sign", "skipped")
    values = {name: getattr(kept, name) for name in names}
    columns = {name: str(place) for name, place in kept.columns.items()}
    return values | columns | {"reference": [str(place) for place in kept.reference]}
