"""What people change about themselves."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import available_timezones

from kernel.errors import FieldError, Invalid
from kernel.i18n import LOCALES, lazy
from kernel.scope import Scope
from tenants import sessions
from tenants.models import User
from tenants.passwords import verify_password
from tenants.service import check_name, get_user, set_password

Follower = Callable[[Scope, User], None]
_followers: list[Follower] = []


def follow_names(follower: Follower) -> Follower:
    """Register a function that is told, in the same transaction, of a person's new name."""
    if follower not in _followers:
        _followers.append(follower)
    return follower


def change_profile(scope: Scope, user_id: int, name: str, locale: str, zone: str) -> None:
    """Set a person's name, language and time zone; raises `Invalid`."""
    errors = []
    if locale not in LOCALES:
        errors.append(FieldError("locale", "choice", lazy("This language is not available.")))
    if zone not in available_timezones():
        errors.append(FieldError("zone", "choice", lazy("This time zone is not known.")))
    if (wrong := check_name(name)) is not None:
        errors.append(wrong)
    if errors:
        raise Invalid(errors=errors)
    user = get_user(scope, user_id)
    user.locale, user.zone = locale, zone
    if user.name != name.strip():
        user.name = name.strip()
        scope.unit.session.flush()
        for follower in _followers:
            follower(scope, user)


def change_language(scope: Scope, user_id: int, locale: str) -> None:
    """Set a person's language; `locale` is one of `LOCALES`."""
    get_user(scope, user_id).locale = locale


def change_password(
    scope: Scope, user_id: int, current: str, new: str, *, keep_session: bytes
) -> None:
    """Set a new password for one who knows the old one; all other sessions end.

    Raises `Invalid` when the old one is wrong or the new one too easy.
    """
    user = get_user(scope, user_id)
    if not verify_password(user.password_hash, current):
        message = lazy("This is not your current password.")
        raise Invalid(errors=[FieldError("current", "wrong", message)])
    set_password(user, new, "password")
    sessions.end_all(scope, user_id, keep=keep_session, tokens=False)
