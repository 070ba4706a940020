"""What people type at the doors."""

from wtforms import BooleanField, Field
from wtforms.validators import ValidationError

from portal.core.formats import LANGUAGES
from portal.customers import places
from portal.identity.passwords import WeakPassword, require_strong
from portal.web.forms import ChoiceField, LineField, MailField, PasswordField, PortalForm, required
from portal.web.wording import LANGUAGE_NAMES, gettext, language
from portal.web.wording import lazy_gettext as _


class SignInForm(PortalForm):
    email = MailField(_("Work mail"), [required()])
    password = PasswordField(_("Password"), [required()])
    is_kept = BooleanField(_("Keep me signed in on this device"))


class SignUpForm(PortalForm):
    """An empty company is a person; an empty zone follows from the country."""

    name = LineField(_("Your name"), [required()])
    company = LineField(_("Company"))
    email = MailField(_("Work mail"), [required()])
    password = PasswordField(_("Password"), [required()])
    country = ChoiceField(_("Country"), [required()])
    language = ChoiceField(_("Language"), [required()])
    zone = ChoiceField(_("Time zone"))

    def offer(self) -> None:
        """Fill the lists in the reader's language."""
        self.country.choices = [("", gettext("Choose your country")), *places.countries(language())]
        self.language.choices = languages()
        self.zone.choices = [("", gettext("As in the country")), *zones()]

    def validate_password(self, field: Field) -> None:
        """Said together with what else is wrong, so that nobody has to send the form twice."""
        try:
            require_strong(field.data, about=(self.name.data or "", self.company.data or "", self.email.data or ""))
        except WeakPassword as weak:
            raise ValidationError(gettext(weak.message)) from weak


class ConfirmForm(PortalForm):
    password = PasswordField(_("Password"))


class ForgotForm(PortalForm):
    email = MailField(_("Work mail"), [required()])


class ResetForm(PortalForm):
    password = PasswordField(_("New password"), [required()])


def languages() -> list[tuple[str, str]]:
    """Each language by its own name."""
    return [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES]


def zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in places.zones()]
