"""What is wrong with an installation: checks that look and change nothing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from redis import Redis, RedisError
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from kernel import migrations, servers
from kernel.db.engine import APP_ROLE
from kernel.embedded.errors import LaunchError
from kernel.embedded.home import LEAST_FREE_BYTES, is_locked
from kernel.i18n import _
from kernel.settings import Settings
from kernel.web.vendor import missing_vendor_files

LOW_BYTES = 2 * 1024**3
LOCK_FILE = Path(__file__).parents[2] / "requirements" / "run.txt"


class Level(Enum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do about it."""

    level: Level
    what: str
    advice: str = ""


Findings = Iterator[Finding]


def examine(settings: Settings) -> Findings:
    """Look at everything; a check that breaks is a finding, too."""
    checks: list[Callable[[Settings], Findings]] = [
        _python,
        _packages,
        _front_end,
        _home,
        _secret,
        _database,
        _redis,
        _mail,
    ]
    for check in checks:
        try:
            yield from check(settings)
        except LaunchError as error:
            yield Finding(Level.FAIL, str(error))


def _python(_settings: Settings) -> Findings:
    yield Finding(Level.OK, f"Python {platform.python_version()} ({sys.prefix})")


def _packages(_settings: Settings) -> Findings:
    """Compare what is installed with the lock file, where there is one (in a checkout)."""
    if not LOCK_FILE.is_file():
        return
    wrong = [name for name in _locked() if not _is_installed(name)]
    if wrong:
        advice = _("Run `make environment`, or pip install -r requirements/run.txt.")
        names = ", ".join(str(name) for name in wrong[:5])
        yield Finding(Level.FAIL, _("Missing or wrong packages: %(names)s", names=names), advice)
    else:
        yield Finding(Level.OK, _("All packages are installed as locked."))


def _locked() -> Iterator[Requirement]:
    for line in LOCK_FILE.read_text(encoding="utf-8").splitlines():
        if "==" not in line or line.startswith((" ", "#")):
            continue
        try:
            requirement = Requirement(line.rstrip(" \\"))
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement


def _is_installed(requirement: Requirement) -> bool:
    try:
        return importlib.metadata.version(requirement.name) in requirement.specifier
    except importlib.metadata.PackageNotFoundError:
        return False


def _front_end(_settings: Settings) -> Findings:
    missing = missing_vendor_files()
    if missing:
        what = _("Front-end files are missing: %(names)s", names=", ".join(missing[:3]))
        yield Finding(Level.FAIL, what, _("Run `make environment`."))
    else:
        yield Finding(Level.OK, _("All front-end files are there."))


def _home(settings: Settings) -> Findings:
    home = settings.home
    if not os.access(home, os.W_OK | os.X_OK):
        what = _("The folder %(path)s cannot be written.", path=home)
        yield Finding(Level.FAIL, what, _("Set BANYAN_HOME to a folder of this account."))
        return
    free = shutil.disk_usage(home).free
    what = _("%(path)s has %(free)s MB free.", path=home, free=free // 1024**2)
    if free < LEAST_FREE_BYTES:
        yield Finding(Level.FAIL, what, _("Free some space: Banyan cannot start."))
    elif free < LOW_BYTES:
        yield Finding(Level.WARN, what, _("Free some space soon."))
    else:
        yield Finding(Level.OK, what)


def _secret(settings: Settings) -> Findings:
    if settings.development or os.environ.get("BANYAN_SECRET_KEY"):
        return
    what = _("BANYAN_SECRET_KEY is not set; the key in %(path)s is used.", path=settings.home)
    advice = _("With more than one node, give all of them the same BANYAN_SECRET_KEY.")
    yield Finding(Level.WARN, what, advice)


def _sleeps(settings: Settings, variable: str) -> bool:
    """Whether a server would be the embedded one, and that does not run now."""
    return not os.environ.get(variable) and not is_locked(settings.home)


def _database(settings: Settings) -> Findings:
    if _sleeps(settings, "DATABASE_URL"):
        what = _("Banyan does not run in %(path)s.", path=settings.home)
        advice = _("Start it with `make run`, or set DATABASE_URL and REDIS_URL.")
        yield Finding(Level.WARN, what, advice)
        return
    engine = servers.open_database(settings.database_url)
    try:
        yield Finding(Level.OK, _("The database answers."))
        yield from _schema(engine)
        if migrations.current(engine) is not None:
            yield from _wall(engine)
    except SQLAlchemyError as error:
        yield Finding(
            Level.FAIL, _("The database could not be examined: %(why)s", why=servers.why(error))
        )
    finally:
        engine.dispose()


def _schema(engine: Engine) -> Findings:
    try:
        servers.require_schema(engine)
    except LaunchError as error:
        yield Finding(Level.FAIL, str(error))
    else:
        what = _("The schema is that of this release (%(head)s).", head=migrations.head())
        yield Finding(Level.OK, what)


_ROLE = text(
    "SELECT rolsuper OR rolbypassrls, pg_has_role(rolname, 'MEMBER') "
    "FROM pg_roles WHERE rolname = :role"
)
_OPEN_TABLES = text(
    "SELECT c.relname FROM pg_class c "
    "JOIN pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped "
    "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
    "AND NOT (c.relrowsecurity AND (c.relforcerowsecurity "
    "OR c.relname IN ('record', 'record_search'))) ORDER BY 1"
)


def _wall(engine: Engine) -> Findings:
    """The database's own part of the wall between tenants."""
    with engine.connect() as connection:
        role = connection.execute(_ROLE, {"role": APP_ROLE}).one_or_none()
        tables = list(connection.scalars(_OPEN_TABLES))
    if role is None or not role[1]:
        what = _("The role %(role)s is missing or may not be taken.", role=APP_ROLE)
        yield Finding(Level.FAIL, what, _("Run `banyan migrate` as the owner of the database."))
    elif role[0]:
        what = _("The role %(role)s passes by row level security.", role=APP_ROLE)
        yield Finding(Level.FAIL, what, f"ALTER ROLE {APP_ROLE} NOSUPERUSER NOBYPASSRLS")
    elif tables:
        what = _("Without row level security: %(tables)s", tables=", ".join(tables))
        yield Finding(Level.FAIL, what, "ALTER TABLE ... FORCE ROW LEVEL SECURITY")
    else:
        yield Finding(Level.OK, _("Row level security walls the tenants off."))


def _redis(settings: Settings) -> Findings:
    if _sleeps(settings, "REDIS_URL"):
        return
    servers.require_redis(settings.redis_url)
    yield Finding(Level.OK, _("Redis answers."))
    client = Redis.from_url(settings.redis_url, decode_responses=True, socket_timeout=5)
    try:
        options: dict[str, str] = client.config_get("maxmemory-policy")  # type: ignore[assignment]  # also async
    except RedisError:  # hosted servers hide their configuration
        return
    finally:
        client.close()
    policy = options.get("maxmemory-policy", "noeviction")
    if policy != "noeviction":
        what = _("Redis drops keys when memory is short (%(policy)s).", policy=policy)
        advice = _("Set maxmemory-policy to noeviction: jobs and rate limits must not vanish.")
        yield Finding(Level.WARN, what, advice)


def _mail(settings: Settings) -> Findings:
    if settings.smtp_url is None:
        what = _("Mail lands in the folder %(path)s.", path=settings.mail_dir)
        advice = "" if settings.development else _("Set SMTP_URL to send mail.")
        yield Finding(Level.OK if settings.development else Level.WARN, what, advice)
        return
    parts = urlsplit(settings.smtp_url)
    host, port = parts.hostname or "localhost", 465 if parts.scheme == "smtps" else 25
    try:
        socket.create_connection((host, parts.port or port), timeout=5).close()
    except OSError as error:
        what = _("The mail server %(host)s does not answer: %(why)s", host=host, why=error)
        yield Finding(Level.FAIL, what, _("Check SMTP_URL."))
    else:
        yield Finding(Level.OK, _("The mail server %(host)s answers.", host=host))
