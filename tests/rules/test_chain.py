from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.chain import canonical, digest_of, seal_of

values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=4),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=3), inner, max_size=4),
    max_leaves=5,
)
rows = some.lists(some.dictionaries(some.text(max_size=3), values, max_size=3), max_size=3)


def test_the_canonical_form_is_written_down():
    facts = {"b": [1, None], "a": date(2026, 1, 31), "ä": datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))}
    assert canonical(facts).decode() == '{"a":"2026-01-31","b":[1,null],"ä":"2026-01-01T00:00:00+00:00"}'


def test_bytes_stand_in_hex():
    assert canonical({"digest": b"\x00\xff"}) == b'{"digest":"00ff"}'


def test_the_first_seal_never_changes():
    assert seal_of([{"id": 1}]).hex() == "0f3dc639f795d2102a0655f1b508234f36d2ce817c22c0c9c43409a3aef868fc"


def test_what_has_no_canonical_form_is_refused():
    for value in (object(), {1, 2}):
        with pytest.raises(TypeError):
            canonical(value)
    with pytest.raises(ValueError, match="JSON"):
        canonical(float("nan"))


def test_an_instant_is_the_same_in_every_zone():
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert digest_of(at) == digest_of(at.astimezone(timezone(timedelta(hours=-5))))


@given(some.dictionaries(some.text(max_size=3), values, max_size=4))
def test_order_of_keys_does_not_matter(facts):
    assert digest_of(facts) == digest_of(dict(reversed(facts.items())))


@given(rows, rows)
def test_only_the_same_rows_have_the_same_seal(some_rows, others):
    assert (seal_of(some_rows) == seal_of(others)) is (canonical(some_rows) == canonical(others))


@given(rows, rows)
def test_a_seal_covers_everything_before_it(earlier, later):
    assert seal_of(later, seal_of(earlier)) != seal_of(later, seal_of([*earlier, {"forged": 1}]))
