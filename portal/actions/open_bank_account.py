"""Where customers send money to: another account takes the place of the present one, agreed by two people."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.actions import _bank_details
from portal.banking import iban
from portal.banking.models import BankAccount
from portal.banking.states import BankAccountStatus
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.core.ids import public_ref
from portal.core.money import CURRENCIES, Money
from portal.identity import approvals
from portal.identity.approvals import Wish

LONGEST_NAME = 140
MOST_DETAILS = 6
LONGEST_DETAIL = 60


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """As the bank prints them; `details` are pairs of a name and a value that the scheme wants besides."""

    name: str
    currency: str
    holder: str
    bank: str
    number: str
    bic: str = ""
    details: tuple[tuple[str, str], ...] = ()


class AccountKnown(Refused):
    """This account is open already, or waits for a second person. Nothing was changed."""

    code = "bank_account_known"


def open_bank_account(wanted: AccountDetails, *, reason: str, actor: Actor, at: datetime) -> str:
    """Propose it; where nobody else may agree it is open at once, and stands on invoices from the next one on.

    Returns its reference. Everybody who may change bank details is told. Raises Invalid with the field, AccountKnown.
    """
    wanted = _sound(wanted)
    if not reason.strip():
        raise Invalid("Please say why.", field="reason")
    with transaction() as session:
        _bank_details.lock_all(session)
        _require_fresh(session, wanted)
        account = BankAccount(
            ref=public_ref("bnk"), **_columns(wanted), status=BankAccountStatus.PROPOSED, is_shown=False, created_at=at
        )
        session.add(account)
        session.flush()
        audit.record(
            session, actor, "bank_account.proposed", at=at, subject=account.ref, reason=reason.strip(),
            currency=wanted.currency,
        )  # fmt: skip
        if _bank_details.has_second_person(session, actor):
            facts = _bank_details.facts_of(account)
            wish = Wish(_bank_details.OPEN, account.ref, None, Money.zero(account.currency), facts, reason)
            approvals.ask(session, wish, actor=actor, at=at)
            _bank_details.tell(session, account, "proposed", actor=actor, at=at)
        else:
            _bank_details.open_now(session, account, actor=actor, at=at)
        return account.ref


def _columns(wanted: AccountDetails) -> dict[str, object]:
    return asdict(wanted) | {"details": [list(pair) for pair in wanted.details]}


def _require_fresh(session: Session, wanted: AccountDetails) -> None:
    known = (
        (BankAccount.currency == wanted.currency)
        & (BankAccount.number == wanted.number)
        & BankAccount.status.in_([BankAccountStatus.PROPOSED, BankAccountStatus.OPEN])
    )
    if session.scalar(select(exists().where(known))):
        raise AccountKnown("This account is open already, or waits for a second person. Nothing was changed.")


def _sound(wanted: AccountDetails) -> AccountDetails:
    """As it is stored. Raises Invalid with the field."""
    number, bic = iban.plain(wanted.number), iban.plain(wanted.bic)
    if wanted.currency not in CURRENCIES:
        raise Invalid("There is no such currency.", field="currency")
    for field in ("name", "holder", "bank"):
        if not 1 <= len(getattr(wanted, field).strip()) <= LONGEST_NAME:
            raise Invalid("Between 1 and %(most)s characters.", field=field, most=LONGEST_NAME)
    if not iban.is_number(number):
        raise Invalid("An account number has 4 to 34 letters and digits.", field="number")
    if iban.looks_like_iban(number) and not iban.is_iban(number):
        raise Invalid("The check digits of this IBAN do not fit. Please compare it again.", field="number")
    if bic and not iban.is_bic(bic):
        raise Invalid("A BIC has 8 or 11 letters and digits.", field="bic")
    details = tuple((name.strip(), value.strip()) for name, value in wanted.details if name.strip() or value.strip())
    if len(details) > MOST_DETAILS or any(not 1 <= len(word) <= LONGEST_DETAIL for pair in details for word in pair):
        raise Invalid(
            "Each line is a name, a colon and a value; %(most)s lines at the most.", field="details", most=MOST_DETAILS
        )
    return AccountDetails(
        wanted.name.strip(), wanted.currency, wanted.holder.strip(), wanted.bank.strip(), number, bic, details
    )
