"""Passwords: how they are kept, and which are good enough."""

from __future__ import annotations

from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kernel.errors import FieldError, Invalid
from kernel.i18n import lazy

MIN_LENGTH = 10
MAX_LENGTH = 200

_hasher = PasswordHasher()
# Verified against when nobody has that address, so that the answer takes as long.
_NOBODY = _hasher.hash("nobody's password")

# The commonest passwords of ten and more characters in published leaks, and local favourites.
_COMMON = frozenset(
    Path(__file__).with_name("common_passwords.txt").read_text(encoding="ascii").split()
)


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is the one; takes as long when there is none stored."""
    if len(password) > MAX_LENGTH:
        stored, password = None, ""
    try:
        return _hasher.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than those of today."""
    return _hasher.check_needs_rehash(stored)


def check_password(password: str, email: str, field: str = "password") -> None:
    """Refuse a password that is too easy to guess; raises `Invalid`."""
    message = None
    folded = password.casefold()
    if len(password) < MIN_LENGTH:
        code, message = "too_short", lazy("Use at least %(n)s characters.", n=MIN_LENGTH)
    elif len(password) > MAX_LENGTH:
        code, message = "too_long", lazy("Use at most %(n)s characters.", n=MAX_LENGTH)
    elif folded in _COMMON or len(set(folded)) < 4:
        code, message = "too_common", lazy("This password is too common. Choose another one.")
    elif folded in (email.casefold(), email.casefold().partition("@")[0]):
        code, message = "is_email", lazy("Do not use the email address as the password.")
    if message is not None:
        raise Invalid(errors=[FieldError(field, code, message)])
