"""An independent reading of derivations. It shares no code with what wrote them, not even the rounding.

Stored with each invoice line is how it was computed. Here the same is computed again from the stored inputs
alone, in exact fractions, so that a mistake in pricing, proration, taxes or rounding cannot hide behind itself.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any


class ReplayError(Exception):
    """The derivation cannot be read, or one of its steps did not come to what it says."""


def replay(derivation: Mapping[str, Any]) -> int:
    """The amount, in minor units, that the stored inputs come to. Every step must come to its recorded result."""
    try:
        ops = derivation["ops"]
        if not ops:
            raise ReplayError("The derivation has no steps.")
        amount = _RULES[ops[0]["rule"]](ops[0], None)
        _require_recorded(ops[0], amount)
        for op in ops[1:]:
            amount = _RULES[op["rule"]](op, amount)
            _require_recorded(op, amount)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as wrong:
        raise ReplayError(f"The derivation cannot be read: {wrong!r}.") from wrong
    return amount


def _require_recorded(op: Mapping[str, Any], amount: int) -> None:
    if op["result_minor"] != amount:
        raise ReplayError(f"The step {op['rule']!r} came to {amount}, recorded is {op['result_minor']}.")


def _nearest(exact: Fraction) -> int:
    """School rounding on the size of the number; the sign is put back afterwards."""
    size = abs(exact)
    below = int(size)
    rounded = below if size - below < Fraction(1, 2) else below + 1
    return rounded if exact > 0 else -rounded


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ReplayError(f"{value!r} is not a whole number.")
    return value


def _before(amount: int | None) -> int:
    if amount is None:
        raise ReplayError("The first step needs an amount before it.")
    return amount


def _price(op: Mapping[str, Any], _: int | None) -> int:
    quantity, model = _whole(op["quantity"]), op["model"]
    if model == "flat":
        return _whole(op["unit_minor"])
    if model == "per_unit":
        return quantity * _whole(op["unit_minor"])
    if model == "package":
        filled, begun = divmod(quantity, _whole(op["package_units"]))
        return (filled + (1 if begun else 0)) * _whole(op["unit_minor"])
    if model == "tiered":
        return _graduated(quantity, op["tiers"])
    if model == "volume":
        return _by_volume(quantity, op["tiers"])
    raise ReplayError(f"There is no price model {model!r}.")


def _graduated(quantity: int, tiers: list[list[int | None]]) -> int:
    total, floor = 0, 0
    for up_to, unit, flat in tiers:
        if quantity > floor:
            within = quantity - floor if up_to is None else min(quantity, up_to) - floor
            total += within * _whole(unit) + _whole(flat)
        floor = quantity if up_to is None else up_to
    return total


def _by_volume(quantity: int, tiers: list[list[int | None]]) -> int:
    if quantity == 0:
        return 0
    for up_to, unit, flat in tiers:
        if up_to is None or quantity <= up_to:
            return quantity * _whole(unit) + _whole(flat)
    raise ReplayError("No tier reaches the quantity.")


def _remaining_time(op: Mapping[str, Any], before: int | None) -> int:
    return _nearest(Fraction(_before(before) * _whole(op["days_left"]), _whole(op["days"])))


def _unused_time(op: Mapping[str, Any], _: int | None) -> int:
    return -_nearest(Fraction(_whole(op["charged_minor"]) * _whole(op["days_left"]), _whole(op["days"])))


def _tax(op: Mapping[str, Any], _: int | None) -> int:
    return _nearest(Fraction(_whole(op["base_minor"]) * _whole(op["ppm"]), _whole(op["out_of_ppm"])))


def _net_of_tax(op: Mapping[str, Any], before: int | None) -> int:
    ppms = [_whole(ppm) for ppm in op["ppms"]]
    gross = _before(before)
    return gross - sum(_nearest(Fraction(gross * ppm, 1_000_000 + sum(ppms))) for ppm in ppms)


def _discount(op: Mapping[str, Any], _: int | None) -> int:
    base = _whole(op["base_minor"])
    if "ppm" in op:
        return -_nearest(Fraction(base * _whole(op["ppm"]), 1_000_000))
    return -min(base, _whole(op["off_minor"]))


def _manual(op: Mapping[str, Any], _: int | None) -> int:
    return _whole(op["unit_minor"]) * _whole(op["quantity"])


_RULES: dict[str, Callable[[Mapping[str, Any], int | None], int]] = {
    "price": _price,
    "remaining_time": _remaining_time,
    "unused_time": _unused_time,
    "net_of_tax": _net_of_tax,
    "tax": _tax,
    "discount": _discount,
    "manual": _manual,
}
