"""How passwords are kept, and which are refused."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.core.errors import Invalid

SHORTEST = 10
LONGEST = 200
LEAST_DISTINCT = 5

# What the first guesses of every attacker are made of. Compared after digits and signs at both ends are taken off,
# so that Password2026! is recognised as the word it is.
COMMON_WORDS = frozenset(
    (
        "abcdef abcdefg abcdefgh abcdefghij admin administrator adobe apple asdfgh asdfghjkl baseball basketball"
        " batman billing changeme charlie chelsea chocolate christmas company computer cookie december default"
        " donald dragon everton facebook february flower football freedom google guest hannah hello iloveyou indonesia"
        " internet invoice jakarta january jennifer jessica jordan jesus manchester letmein liverpool login"
        " master michael michelle monday monkey mustang nigeria november october ola password passwort passw passwd"
        " pokemon portal princess qazwsx qazwsxedc qwerty qwertz qwertyu qwertyui qwertyuiop azertyuiop azerty samsung"
        " sayang secret secretpassword september shadow starwars summer sunshine superman sunday spring test testing"
        " thepassword trustno trustnoone user username welcome whatever winter william passwordpassword mypassword"
    ).split()
)
_SUBSTITUTES = str.maketrans("0134578@$!", "oleastbasi")
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qazwsxedcrfvtgbyhnujmikolp")

hasher = PasswordHasher()
"""argon2id at the costs the library recommends. Tests put a cheaper one in its place."""


class WeakPassword(Invalid):
    """A password that would be guessed soon."""

    code = "weak_password"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="password")


def hash_password(password: str) -> str:
    """What is stored: argon2id with its salt and costs in one string."""
    return hasher.hash(_normal(password))


def is_right(password: str, kept: str | None) -> bool:
    """Does `password` open what was kept? Without anything kept it takes as long and says no."""
    try:
        hasher.verify(kept or _nobodys(hasher), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Was it hashed at other costs than today's?"""
    return hasher.check_needs_rehash(kept)


def mark_of(kept: str) -> str:
    """Tells the browser in which the password was chosen from any other; says nothing about the password."""
    return hashlib.sha256(f"chosen here: {kept}".encode()).hexdigest()


def require_strong(password: str, about: Collection[str]) -> None:
    """Raise WeakPassword with the reason. `about` are words that others know of the person: name, mail, company."""
    plain = _normal(password).lower()
    if len(plain) < SHORTEST:
        raise WeakPassword("Use at least 10 characters. Three words that do not belong together are a good start.")
    if len(plain) > LONGEST:
        raise WeakPassword("Use at most 200 characters.")
    if len(set(plain)) < LEAST_DISTINCT:
        raise WeakPassword("Use more different characters: this repeats the same few.")
    if _is_common(plain):
        raise WeakPassword("This is among the first that would be guessed. Choose words that do not belong together.")
    if any(part in plain for part in _parts(about)):
        raise WeakPassword("Leave out your name, mail address and company: others know them.")


def _normal(password: str) -> str:
    """The same characters typed on another keyboard are the same password."""
    return unicodedata.normalize("NFKC", password)


def _is_common(plain: str) -> bool:
    """No word at all, a known word with digits and signs around it, or a stretch of the keyboard."""
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    readings = {bare, bare.translate(_SUBSTITUTES), re.sub(r"[\W\d_]+", "", bare)}
    return not bare or bool(readings & COMMON_WORDS) or any(bare in run or bare in run[::-1] for run in _RUNS)


def _parts(about: Collection[str]) -> set[str]:
    words = (word for text in about for word in re.split(r"[\W_]+", text.lower()))
    return {word for word in words if len(word) >= 5}


@lru_cache(maxsize=2)
def _nobodys(with_hasher: PasswordHasher) -> str:
    """A hash at the same costs that no password was kept as."""
    return with_hasher.hash("nobody has this password, and nobody may")
