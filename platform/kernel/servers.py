"""Whether the database and Redis can be used: checked before a start, told in one sentence."""

from __future__ import annotations

import re

from redis import AuthenticationError, Redis, RedisError
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from kernel import migrations
from kernel.db.engine import make_engine
from kernel.embedded.errors import LaunchError
from kernel.i18n import _

OLDEST_POSTGRES = 15


def open_database(url: str) -> Engine:
    """An engine for a database that answers and is recent enough; raises `LaunchError`."""
    if not url:
        raise LaunchError(
            _("There is no database: set DATABASE_URL, or start everything with `make run`.")
        )
    place = _place(url)
    engine = make_engine(url, pool_size=1, role=None)
    try:
        with engine.connect() as connection:
            version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    except SQLAlchemyError as error:
        raise LaunchError(
            _("The database %(place)s cannot be used: %(reason)s", place=place, reason=why(error))
        ) from error
    if version < OLDEST_POSTGRES * 10_000:
        raise LaunchError(
            _(
                "The database %(place)s is PostgreSQL %(version)s; %(oldest)s or newer is needed.",
                place=place,
                version=version // 10_000,
                oldest=OLDEST_POSTGRES,
            )
        )
    return engine


def require_redis(url: str) -> None:
    """Raise `LaunchError` unless Redis answers."""
    if not url:
        raise LaunchError(
            _("There is no Redis: set REDIS_URL, or start everything with `make run`.")
        )
    try:
        client = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
    except ValueError as error:
        raise LaunchError(
            _("REDIS_URL is no address of a Redis server, such as redis://host:6379/0.")
        ) from error
    try:
        client.ping()
    except (RedisError, OSError) as error:
        place = re.sub(r"//[^/@]*@", "//", url)
        reason = (
            _("the password is wrong.") if isinstance(error, AuthenticationError) else why(error)
        )
        raise LaunchError(
            _("Redis at %(place)s cannot be used: %(reason)s", place=place, reason=reason)
        ) from error
    finally:
        client.close()


def require_schema(engine: Engine) -> None:
    """Raise `LaunchError` unless the database has exactly the schema of this program."""
    refuse_newer_schema(engine)
    if migrations.current(engine) != migrations.head():
        raise LaunchError(
            _("The database has the schema of an older release: run `banyan migrate` first.")
        )


def refuse_newer_schema(engine: Engine) -> None:
    """Raise `LaunchError` when a newer release has been at this database."""
    revision = migrations.current(engine)
    if revision is not None and not migrations.known(revision):
        raise LaunchError(
            _(
                "The database has the schema %(revision)s of a newer release; "
                "install that release, or use another database.",
                revision=revision,
            )
        )


def migrate(url: str) -> None:
    """Bring the database to this release's schema; raises `LaunchError`."""
    engine = open_database(url)
    try:
        refuse_newer_schema(engine)
        migrations.upgrade(url)
    except DBAPIError as error:
        raise LaunchError(
            _("The database could not be migrated: %(reason)s", reason=why(error))
        ) from error
    finally:
        engine.dispose()


def why(error: Exception) -> str:
    """The first sentence of a driver's message, which may be a page long."""
    original = getattr(error, "orig", None) or error
    return next((line.strip() for line in str(original).splitlines() if line.strip()), repr(error))


def _place(url: str) -> str:
    """Host, port and name of a database: no password in messages."""
    try:
        parts = make_url(url)
        dialect = parts.get_dialect().name
    except (ArgumentError, SQLAlchemyError, ImportError, ValueError) as error:
        raise LaunchError(_no_address()) from error
    if dialect != "postgresql":
        raise LaunchError(_no_address())
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.host or 'localhost'}{port}/{parts.database or ''}"


def _no_address() -> str:
    return _(
        "DATABASE_URL is no address of a PostgreSQL database, "
        "such as postgresql://user:password@host:5432/banyan."
    )
