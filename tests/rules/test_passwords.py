"""Passwords: what is kept, what is refused."""

import pytest
from argon2 import PasswordHasher

from portal.core.errors import Invalid
from portal.identity import passwords

GOOD = "nine purple tractors"


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def test_only_the_password_itself_opens_what_was_kept():
    kept = passwords.hash_password(GOOD)
    assert kept.startswith("$argon2id$")
    assert passwords.is_right(GOOD, kept)
    assert not passwords.is_right(GOOD.upper(), kept)
    assert not passwords.is_right("", kept)


def test_nothing_opens_an_account_without_a_password():
    assert not passwords.is_right("nobody has this password, and nobody may", None)
    assert not passwords.is_right(GOOD, "not a hash at all")


def test_two_people_with_one_password_keep_different_hashes():
    assert passwords.hash_password(GOOD) != passwords.hash_password(GOOD)


def test_the_same_letters_from_another_keyboard_are_the_same_password():
    assert passwords.is_right("cafe\u0301 am Eck heute", passwords.hash_password("caf\u00e9 am Eck heute"))


def test_a_hash_at_other_costs_is_outdated(monkeypatch):
    kept = passwords.hash_password(GOOD)
    assert not passwords.is_outdated(kept)
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    assert passwords.is_outdated(kept)


def test_the_mark_of_a_hash_is_not_the_hash():
    kept = passwords.hash_password(GOOD)
    assert passwords.mark_of(kept) == passwords.mark_of(kept) != kept


@pytest.mark.parametrize(
    "weak",
    [
        "", "short", "123456789", "1234567890", "98765432109876", "aaaaaaaaaaaa", "abababababab", "Password123!",
        "P@ssw0rd2026", "pa55word!!!!", "qwertyuiop", "QWERTYUIOP1", "abcdefghijkl", "zyxwvutsrqpo", "Welcome2026!!",
        "2026-11-20 10:00", "ibadaninsights", "adaeze-adaeze!", "my-adaeze-2026", "a" * 201,
    ],
)  # fmt: skip
def test_what_would_be_guessed_soon_is_refused_with_a_sentence(weak):
    with pytest.raises(Invalid) as refused:
        passwords.require_strong(weak, about=("Adaeze Obi", "Ibadaninsights Ltd", "adaeze@ibadaninsights.ng"))
    assert refused.value.field == "password"
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(
    "strong", [GOOD, "Tr4ctor-nine-sky", "пять синих слонов", "x9#kQ2!vLp0z", "correct horse battery"]
)
def test_anything_else_is_taken(strong):
    passwords.require_strong(strong, about=("Adaeze Obi", "", "adaeze@ibadaninsights.ng"))
