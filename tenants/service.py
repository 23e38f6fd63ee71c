"""The life of tenants, and of the sign-ins of their people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import available_timezones

from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from kernel.addresses import normal_address
from kernel.db.unit import Database
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.i18n import LOCALES, lazy
from kernel.scope import Scope
from tenants import sessions
from tenants.authentication import normal_email
from tenants.models import Host, Tenant, User
from tenants.passwords import check_password, hash_password

RESERVED = frozenset(
    Path(__file__).with_name("reserved_slugs.txt").read_text(encoding="ascii").split()
)
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_MAX_NAME = 200


def create_tenant(
    database: Database,
    slug: str,
    name: str,
    *,
    base_domain: str,
    locale: str = "en",
    zone: str = "UTC",
    currency: str = "USD",
) -> int:
    """A new, empty tenant at `<slug>.<base_domain>`; returns its id.

    Raises `Invalid` for values that cannot be, `Conflict` when the slug is taken.
    """
    _check_tenant(slug, name, locale, zone, currency)
    tenant_id = database.new_id()
    try:
        with database.system(f"create tenant {slug}") as unit:
            unit.connection.execute(
                insert(Tenant).values(
                    id=tenant_id,
                    slug=slug,
                    name=name.strip(),
                    state="active",
                    locale=locale,
                    zone=zone,
                    currency=currency,
                    metadata_version=0,
                    next_number=1000,
                    created_at=unit.clock.now(),
                )
            )
            unit.connection.execute(
                insert(Host).values(host=f"{slug}.{base_domain}", tenant_id=tenant_id)
            )
    except IntegrityError as error:
        raise Conflict(lazy("The name %(slug)s is taken.", slug=slug)) from error
    return tenant_id


def _check_tenant(slug: str, name: str, locale: str, zone: str, currency: str) -> None:
    errors = []
    if not _SLUG.fullmatch(slug) or "--" in slug or slug in RESERVED:
        message = lazy(
            "Use 2 to 40 small letters, digits and single hyphens; some names are reserved."
        )
        errors.append(FieldError("slug", "slug", message))
    if (wrong := check_name(name)) is not None:
        errors.append(wrong)
    if locale not in LOCALES:
        errors.append(FieldError("locale", "choice", lazy("This language is not available.")))
    if zone not in available_timezones():
        errors.append(FieldError("zone", "choice", lazy("This time zone is not known.")))
    if not _CURRENCY.fullmatch(currency):
        message = lazy("Give a currency as three letters, such as CNY.")
        errors.append(FieldError("currency", "choice", message))
    if errors:
        raise Invalid(errors=errors)


def check_name(name: str) -> FieldError | None:
    """What is wrong with the name of a tenant or a person, if anything."""
    if 1 <= len(name.strip()) <= _MAX_NAME and "\x00" not in name:
        return None
    message = lazy("Give a name of at most %(n)s characters.", n=_MAX_NAME)
    return FieldError("name", "length", message)


def list_tenants(database: Database) -> Sequence[Tenant]:
    """All tenants by slug."""
    with database.system("list tenants") as unit:
        return unit.session.scalars(select(Tenant).order_by(Tenant.slug)).all()


def find_tenant(database: Database, slug: str) -> Tenant:
    """The tenant with this slug; raises `NotFound`."""
    with database.system(f"find tenant {slug}") as unit:
        tenant = unit.session.scalars(select(Tenant).where(Tenant.slug == slug)).one_or_none()
    if tenant is None:
        raise NotFound(lazy("There is no tenant %(slug)s.", slug=slug))
    return tenant


def suspend_tenant(database: Database, slug: str) -> None:
    """Close a tenant: from the next request on nobody gets in. Its data stay."""
    _set_state(database, slug, "suspended")


def resume_tenant(database: Database, slug: str) -> None:
    """Open a suspended tenant again."""
    _set_state(database, slug, "active")


def _set_state(database: Database, slug: str, state: str) -> None:
    tenant = find_tenant(database, slug)
    with database.system(f"tenant {slug}: {state}") as unit:
        unit.connection.execute(update(Tenant).where(Tenant.id == tenant.id).values(state=state))


def main_host(scope: Scope) -> str:
    """The host name of a tenant that links in mails use. Never taken from a request."""
    host: str = scope.unit.connection.execute(
        text("SELECT host FROM host WHERE tenant_id = :id ORDER BY host LIMIT 1"),
        {"id": scope.tenant_id},
    ).scalar_one()
    return host


def add_user(
    scope: Scope,
    email: str,
    name: str,
    *,
    user_id: int | None = None,
    password: str | None = None,
    is_admin: bool = False,
    locale: str | None = None,
    zone: str | None = None,
) -> User:
    """Let a person sign in. `user_id` is the id of their record of the object `user`.

    Without a password the person is invited and sets one through a mailed link.
    Raises `Invalid`, or `Conflict` when the address is taken.
    """
    address = check_email(email)
    if (wrong := check_name(name)) is not None:
        raise Invalid(errors=[wrong])
    if password is not None:
        check_password(password, address)
    if scope.unit.session.scalar(select(User.id).where(User.email == address)) is not None:
        raise Conflict(
            errors=[FieldError("email", "taken", lazy("Somebody has this address already."))]
        )
    user = User(
        id=user_id if user_id is not None else scope.unit.new_id(),
        email=address,
        name=name.strip(),
        password_hash=hash_password(password) if password is not None else None,
        state="active" if password is not None else "invited",
        is_admin=is_admin,
        locale=locale,
        zone=zone,
        created_at=scope.unit.clock.now(),
    )
    scope.unit.session.add(user)
    scope.unit.session.flush()
    return user


def check_email(email: str) -> str:
    """The address as it is stored; raises `Invalid` when mail cannot be sent there."""
    address = normal_email(email)
    try:
        normal_address(address)
    except ValueError as error:
        message = lazy("This is not an email address.")
        raise Invalid(errors=[FieldError("email", "email", message)]) from error
    return address


def get_user(scope: Scope, user_id: int) -> User:
    """A user by id; raises `NotFound`."""
    user = scope.unit.session.scalars(select(User).where(User.id == user_id)).one_or_none()
    if user is None:
        raise NotFound()
    return user


def freeze_user(scope: Scope, user_id: int) -> None:
    """Keep a person out, from their next request on; sessions and tokens end."""
    get_user(scope, user_id).state = "frozen"
    sessions.end_all(scope, user_id)


def thaw_user(scope: Scope, user_id: int) -> None:
    """Let a frozen person sign in again."""
    user = get_user(scope, user_id)
    user.state = "active" if user.password_hash is not None else "invited"


def set_password(user: User, password: str, field: str = "password") -> None:
    """Give a user a new password; raises `Invalid` when it is too easy."""
    check_password(password, user.email, field)
    user.password_hash = hash_password(password)
    if user.state == "invited":
        user.state = "active"
