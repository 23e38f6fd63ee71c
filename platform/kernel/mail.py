"""Mail: promised in the transaction, sent by a worker by SMTP, or put into a folder."""

from __future__ import annotations

import hashlib
import os
import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from kernel import outbox
from kernel.scope import Scope
from kernel.settings import Settings
from kernel.web.services import current_services

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_TIMEOUT_SECONDS = 30
_MOST_SHOWN = 50


def send(
    scope: Scope, to: str, subject: str, text: str, html: str | None = None, *, key: str
) -> None:
    """Mail something once this transaction is committed; the same key is the same mail."""
    payload = {"to": to, "subject": subject, "text": text, "html": html}
    outbox.promise(scope, "mail", payload, key)


@outbox.handler("mail")
def _deliver(scope: Scope, payload: dict[str, Any], key: str) -> None:
    settings = current_services().settings
    name = hashlib.sha256(f"{scope.tenant_id}:{key}".encode()).hexdigest()[:32]
    message = compose(settings, payload, name, scope.unit.clock.now())
    if settings.smtp_url:
        _send(settings.smtp_url, message)
    else:
        _put(settings.mail_dir / str(scope.tenant_id), name, message)


def compose(settings: Settings, payload: dict[str, Any], name: str, at: datetime) -> EmailMessage:
    """The message. `name` makes its id, so that a mail that is sent twice is seen to be one."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = settings.mail_from
    message["To"] = _CONTROL.sub(" ", payload["to"])
    message["Subject"] = _CONTROL.sub(" ", payload["subject"])
    message["Date"] = format_datetime(at.astimezone(UTC))
    message["Message-ID"] = f"<{name}@{settings.base_domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(payload["text"])
    if payload.get("html"):
        message.add_alternative(payload["html"], subtype="html")
    return message


def _send(url: str, message: EmailMessage) -> None:
    """Hand a message to the server at `smtp://`, `smtp+starttls://` or `smtps://`.

    A password is never sent in the clear: with one, `smtp://` means STARTTLS too.
    """
    parts = urlsplit(url)
    host, context = parts.hostname or "localhost", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=_TIMEOUT_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=_TIMEOUT_SECONDS)
    with server:
        if parts.scheme == "smtp+starttls" or (parts.scheme == "smtp" and parts.username):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def _put(folder: Path, name: str, message: EmailMessage) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}"
    unfinished.write_bytes(message.as_bytes())
    os.replace(unfinished, folder / f"{name}.eml")


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail in the folder of a development installation."""

    to: str
    subject: str
    at: datetime
    text: str


def list_kept(scope: Scope) -> list[KeptMail]:
    """The mails in this tenant's folder, the newest first."""
    folder = current_services().settings.mail_dir / str(scope.tenant_id)
    paths = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [_read(path) for path in paths[:_MOST_SHOWN]]


def _read(path: Path) -> KeptMail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    return KeptMail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        text=body.get_content().replace("\r\n", "\n") if body is not None else "",
    )
