"""Which invoice a transfer is for: by reference, then amount, then name."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.banking.matching import Owed, Reason, Recorded, Transfer, certain, likeness, same_money, suggestions
from portal.core.money import Money
from portal.invoicing.references import creditor_reference, printed

DAY = date(2026, 3, 10)


def owed(number: int = 1, minor: int = 45_000_00, name: str = "Zuma Analytics Ltd", currency: str = "NGN") -> Owed:
    return Owed(
        f"inv_{number}", f"INV-2026-{number:06}", creditor_reference(f"2026{number:06}"), Money(minor, currency),
        DAY + timedelta(days=number), number, f"cus_{number}", name,
    )  # fmt: skip


def transfer(minor: int = 45_000_00, text: str = "", name: str = "", currency: str = "NGN") -> Transfer:
    return Transfer(Money(minor, currency), DAY, text, name)


numbers = some.integers(1, 40)
amounts = some.sampled_from([10_000_00, 45_000_00, 45_000_01, 90_000_00])
names = some.sampled_from(["Zuma Analytics Ltd", "Lekki Insight Hub", "Ibadan Foods", "Zuma Foods"])
debts = some.lists(some.builds(owed, numbers, amounts, names), unique_by=lambda one: one.ref, max_size=12)
texts = some.one_of(
    some.builds(lambda n: f"payment {printed(owed(n).reference)} thanks", numbers),
    some.builds(lambda n: f"inv 2026 {n:06}", numbers),
    some.text(max_size=60),
)
transfers = some.builds(transfer, amounts, texts, names)


@given(transfers, debts)
def test_the_order_does_not_depend_on_how_the_debts_were_found(came, found):
    assert suggestions(came, found) == suggestions(came, reversed(found))


@given(transfers, debts)
def test_a_better_reference_beats_every_amount_and_a_better_amount_every_name(came, found):
    ranks = [one.rank for one in suggestions(came, found, limit=99)]
    assert ranks == sorted(ranks, reverse=True)


@given(transfers, debts, some.builds(owed, some.integers(41, 50), amounts, names))
def test_one_more_debt_changes_nothing_between_the_others(came, found, more):
    with_it = [one for one in suggestions(came, [*found, more], limit=99) if one.owed != more]
    assert with_it == suggestions(came, found, limit=99)


@given(transfers, debts)
def test_what_is_certain_is_also_the_first_suggestion_and_is_the_whole_amount(came, found):
    sure = certain(came, found)
    if sure:
        assert Money.total((one.open for one in sure), "NGN") == came.amount
        assert suggestions(came, found)[0].owed in sure


@given(transfers, debts)
def test_nothing_is_suggested_without_a_reason_or_in_another_currency(came, found):
    for one in suggestions(came, [*found, owed(50, 45_000_00, currency="USD")], limit=99):
        assert one.reasons
        assert one.owed.open.currency == "NGN"


@pytest.mark.parametrize("text", ["{}", "Invoice {} march", "ref:{}.", "/ROC/{}//URI/", "{} {}"])
def test_the_reference_is_read_in_any_spelling(text):
    debt = owed(7)
    for written in (debt.reference, printed(debt.reference), debt.reference.lower()):
        assert certain(transfer(text=text.format(written, written)), [owed(3), debt]) == (debt,)


def test_any_doubt_leaves_it_to_a_person():
    one, other, of_another = owed(1), owed(2), owed(3)
    other = Owed(**{**_fields(other), "customer_id": 1})
    assert certain(transfer(text=one.reference, minor=45_000_01), [one]) == ()
    assert certain(transfer(text=one.reference, currency="USD"), [one]) == ()
    assert certain(transfer(text="INV-2026-000001"), [one]) == ()
    assert certain(transfer(text=f"{one.reference} {other.reference}"), [one, other]) == ()
    assert certain(transfer(90_000_00, f"{one.reference} {other.reference}"), [one, other]) == (one, other)
    assert certain(transfer(90_000_00, f"{one.reference} {of_another.reference}"), [one, of_another]) == ()
    assert certain(transfer(text=f"{one.reference} {other.reference}"), [one]) == ()


def test_a_number_is_not_found_inside_a_longer_one():
    assert not suggestions(transfer(1, "INV-2026-0000011"), [owed(1)])
    assert suggestions(transfer(1, "inv2026000001 x"), [owed(1)])[0].reasons == (Reason.NUMBER, Reason.PART)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [("ZUMA ANALYTICS LIMITED", "Zuma Analytics Ltd", 100), ("Société Générale SA", "SOCIETE GENERALE", 100),
     ("PT SUMBER MAKMU", "PT Sumber Makmur Tbk", 100), ("Zuma Foods", "Zuma Analytics", 50), ("", "Zuma", 0),
     ("Ltd", "Limited", 0), ("Ada", "Adaobi", 0)],
)  # fmt: skip
def test_names_are_alike_by_their_words(one, other, alike):
    assert likeness(one, other) == alike == likeness(other, one)


def test_money_that_was_written_down_before_is_recognised():
    reference = owed(1).reference
    noted = Recorded("pay_1", Money(45_000_00, "NGN"), DAY - timedelta(days=2), reference, "", "Zuma")
    far = Recorded("pay_2", Money(45_000_00, "NGN"), DAY - timedelta(days=9), reference, "", "Zuma")
    other = Recorded("pay_3", Money(45_000_00, "NGN"), DAY, "by phone", "", "Zuma")
    assert same_money(transfer(text=printed(reference)), [far, other, noted]) == ([noted, other], True)
    assert same_money(transfer(text="thanks"), [other, far]) == ([other], False)
    assert same_money(transfer(44_000_00, reference), [noted]) == ([], False)


def _fields(one: Owed) -> dict:
    return {name: getattr(one, name) for name in Owed.__slots__}
