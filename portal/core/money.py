"""Money in whole minor units, the one rounding rule, and splitting without loss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.core.errors import Invalid, PortalError

BOUND = 10**15

_ZERO_DIGITS = "BIF CLP DJF GNF IDR ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO_DIGITS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF ILS INR IRR JMD KES KGS
KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW
"""
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

# ISO 4217, with one exception: no gateway can move Indonesian sen, so the rupiah has no minor unit here.
CURRENCIES: dict[str, int] = {
    code: places
    for places, codes in ((0, _ZERO_DIGITS), (2, _TWO_DIGITS), (3, _THREE_DIGITS))
    for code in codes.split()
}


class MoneyError(PortalError):
    """Amounts that cannot be: out of bounds, of two currencies, of no currency, or not whole."""

    code = "money"


class OutOfBounds(MoneyError, Invalid):
    """More than can be booked. Whoever asks can bring that about, with a quantity for one."""

    code = "amount_out_of_bounds"


def digits(currency: str) -> int:
    """How many decimals `currency` is counted in: 2 for NGN, 0 for IDR and JPY, 3 for KWD."""
    try:
        return CURRENCIES[currency]
    except KeyError:
        raise MoneyError(f"There is no currency {currency!r}.") from None


def round_half_away(exact: Fraction) -> int:
    """The nearest whole number; a half goes away from zero, so that a credit mirrors its charge."""
    whole = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return whole if exact >= 0 else -whole


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` whole minor units of `currency`, at most 10^15 of them on either side of zero."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError(f"An amount is a whole number of minor units, not {self.minor!r}.")
        if not -BOUND <= self.minor <= BOUND:
            raise OutOfBounds("This comes to more than can be booked. Please write smaller numbers.")
        if self.currency not in CURRENCIES:
            raise MoneyError(f"There is no currency {self.currency!r}.")

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The sum of `amounts`, zero of `currency` when there are none."""
        whole = cls.zero(currency)
        for amount in amounts:
            whole += amount
        return whole

    @property
    def is_zero(self) -> bool:
        return self.minor == 0

    @property
    def is_positive(self) -> bool:
        return self.minor > 0

    @property
    def is_negative(self) -> bool:
        return self.minor < 0

    def times(self, factor: Fraction | int) -> Money:
        """This amount `factor` times, rounded once, half away from zero."""
        if isinstance(factor, bool) or not isinstance(factor, Fraction | int):
            raise MoneyError(f"Money is multiplied by whole numbers and fractions, not by {factor!r}.")
        return Money(round_half_away(Fraction(factor) * self.minor), self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.minor), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other)

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise MoneyError(f"{other!r} is not money.")
        if other.currency != self.currency:
            raise MoneyError(f"{self.currency} and {other.currency} cannot be reckoned together.")
        return other.minor


def allocate(total: Money, weights: Sequence[int]) -> list[Money]:
    """`total` split in proportion to `weights`; the parts always sum to the whole.

    What rounding down leaves over goes, one minor unit each, to the largest fractions, earlier parts
    first among equals. A negative total is the mirror of the positive one.
    """
    if not weights or min(weights) < 0 or sum(weights) == 0:
        raise MoneyError("An amount is split by weights that are not negative and not all zero.")
    scale, sign = sum(weights), -1 if total.minor < 0 else 1
    parts = [divmod(abs(total.minor) * weight, scale) for weight in weights]
    shares = [share for share, _ in parts]
    largest_first = sorted(range(len(parts)), key=lambda place: -parts[place][1])
    for place in largest_first[: abs(total.minor) - sum(shares)]:
        shares[place] += 1
    return [Money(sign * share, total.currency) for share in shares]
