"""Settings of an installation, read once from the environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kernel.embedded.addresses import kept_url
from kernel.i18n import _


class SettingsError(Exception):
    """A setting has a value that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator decides. `docs/operations.md` lists each with its meaning."""

    database_url: str
    redis_url: str
    home: Path
    base_domain: str = "localhost"
    port: int = 8000
    bind: str = "127.0.0.1"
    secret_key: str = ""
    demo_password: str | None = None
    max_upload_bytes: int = 50 * 1024 * 1024
    smtp_url: str | None = None
    mail_from: str = "Banyan <no-reply@localhost>"
    log_level: str = "INFO"
    development: bool = True
    trusted_proxies: int = 0

    def address_of(self, host: str) -> str:
        """The address at which people reach a host, for links in mails."""
        return f"http://{host}:{self.port}" if self.development else f"https://{host}"

    @property
    def files_dir(self) -> Path:
        """Folder of uploaded and generated files."""
        return self.home / "files"

    @property
    def mail_dir(self) -> Path:
        """Folder that takes mail when there is no SMTP server."""
        return self.home / "mail"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read `DATABASE_URL`, `REDIS_URL`, `PORT`, `BANYAN_*`; raises `SettingsError`."""
        home = Path(environ.get("BANYAN_HOME") or ".banyan").resolve()
        return cls(
            database_url=_with_driver(environ.get("DATABASE_URL") or kept_url(home, "postgres")),
            redis_url=environ.get("REDIS_URL") or kept_url(home, "valkey"),
            home=home,
            base_domain=environ.get("BANYAN_DOMAIN", "localhost").lower(),
            port=_number(environ, "PORT", 8000, 1, 65535),
            bind=environ.get("BANYAN_BIND") or "127.0.0.1",
            secret_key=environ.get("BANYAN_SECRET_KEY") or _kept_secret(home / "secret_key"),
            demo_password=environ.get("BANYAN_DEMO_PASSWORD") or None,
            max_upload_bytes=_number(
                environ, "BANYAN_MAX_UPLOAD", 50 * 1024 * 1024, 1024, 10 * 1024**3
            ),
            smtp_url=environ.get("SMTP_URL") or None,
            mail_from=environ.get("BANYAN_MAIL_FROM", "Banyan <no-reply@localhost>"),
            log_level=environ.get("BANYAN_LOG_LEVEL", "INFO").upper(),
            development=environ.get("BANYAN_ENV", "development") != "production",
            trusted_proxies=_number(environ, "BANYAN_PROXIES", 0, 0, 10),
        )


def _number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name)
    if not text:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise SettingsError(
            _(
                "%(name)s must be a whole number from %(low)s to %(high)s, not “%(text)s”.",
                name=name,
                low=low,
                high=high,
                text=text,
            )
        )
    return int(text)


def _with_driver(url: str) -> str:
    """The URL with our driver, whichever of the usual spellings it comes in."""
    scheme, _colon, rest = url.partition("://")
    return f"postgresql+psycopg2://{rest}" if scheme in ("postgres", "postgresql") else url


def _kept_secret(path: Path) -> str:
    """The signing key of this home, made at the first start; two starts at once agree on one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(
            _("The folder %(path)s cannot be used: %(reason)s.", path=path.parent, reason=reason)
        ) from error
    key = secrets.token_hex(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    return key
