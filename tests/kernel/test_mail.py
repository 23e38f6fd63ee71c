"""Mail: what is sent is what was promised, to a server or into the folder."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from flask import Flask

from kernel import mail, outbox
from kernel.web.services import Services
from tests.twins import Twin
from wsgi import create_app


class PostOffice:
    """A mail server that speaks just enough SMTP and keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.heard: list[bytes] = []
        self.refuse = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"smtp://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                self._talk(stream)

    def _talk(self, stream: object) -> None:
        def say(line: str) -> None:
            stream.write(line.encode() + b"\r\n")  # type: ignore[attr-defined]  # a socket file
            stream.flush()  # type: ignore[attr-defined]  # a socket file

        say("220 ready")
        while line := stream.readline():  # type: ignore[attr-defined]  # a socket file
            self.heard.append(line)
            verb = line.strip().upper()[:4]
            if verb == b"DATA":
                say("354 go on")
                body = b""
                while (part := stream.readline()) != b".\r\n":  # type: ignore[attr-defined]  # same
                    body += part
                parsed = message_from_bytes(body, policy=policy.default)
                assert isinstance(parsed, EmailMessage)
                self.messages.append(parsed)
                say("250 taken")
            elif verb == b"MAIL" and self.refuse:
                say("451 later")
            elif verb == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A running mail server."""
    office = PostOffice()
    yield office
    office.close()


@pytest.fixture
def sending(services: Services, office: PostOffice) -> Iterator[Services]:
    """Services that send through the mail server."""
    settings = replace(services.settings, smtp_url=office.url)
    sending = replace(services, settings=settings)
    with create_app(sending).app_context():
        yield sending


def _send(services: Services, tenant_id: int, subject: str = "Gruß 你好", key: str = "k") -> None:
    with services.database.scope(tenant_id) as scope:
        mail.send(scope, "li@ours.example", subject, "Zeile 一\n", "<p>一</p>", key=key)


def test_a_mail_reaches_the_server_whole(sending: Services, office: PostOffice, twin: Twin) -> None:
    _send(sending, twin.ours.id)
    outbox.deliver(sending, twin.ours.id)
    (message,) = office.messages
    assert message["Subject"] == "Gruß 你好"
    assert message["To"] == "li@ours.example"
    assert message["From"] == sending.settings.mail_from
    body, page = message.get_body(("plain",)), message.get_body(("html",))
    assert body is not None
    assert page is not None
    assert "Zeile 一" in body.get_content()
    assert "<p>一</p>" in page.get_content()


def test_a_server_that_says_later_gets_it_later_and_once(
    sending: Services, office: PostOffice, twin: Twin, clock: object
) -> None:
    _send(sending, twin.ours.id)
    office.refuse = True
    assert outbox.deliver(sending, twin.ours.id) == 0
    assert office.messages == []
    office.refuse = False
    assert outbox.deliver(sending, twin.ours.id) == 0
    sending.clock.advance(seconds=15)  # type: ignore[attr-defined]  # the tests' clock
    assert outbox.deliver(sending, twin.ours.id) == 1
    assert len(office.messages) == 1


def test_the_same_mail_has_the_same_id(sending: Services, twin: Twin) -> None:
    payload = {"to": "a@b.example", "subject": "s", "text": "t"}
    now = sending.clock.now()
    first = mail.compose(sending.settings, payload, "name", now)
    assert first["Message-ID"] == mail.compose(sending.settings, payload, "name", now)["Message-ID"]


def test_nobody_smuggles_headers(sending: Services, office: PostOffice, twin: Twin) -> None:
    _send(sending, twin.ours.id, "Hi\r\nBcc: everybody@x.example")
    outbox.deliver(sending, twin.ours.id)
    (message,) = office.messages
    assert message["Bcc"] is None
    assert message["Subject"] == "Hi Bcc: everybody@x.example"


def test_a_password_is_not_sent_in_the_clear(
    services: Services, office: PostOffice, twin: Twin
) -> None:
    url = office.url.replace("smtp://", "smtp://me:hunter2@")
    careless = replace(services, settings=replace(services.settings, smtp_url=url))
    with create_app(careless).app_context():
        _send(careless, twin.ours.id)
        assert outbox.deliver(careless, twin.ours.id) == 0
    assert office.messages == []
    assert not any(line.startswith(b"AUTH") for line in office.heard)


def test_without_a_server_mail_is_kept_in_a_folder_once(
    app: Flask, services: Services, twin: Twin
) -> None:
    with app.app_context():
        for _ in range(2):
            _send(services, twin.ours.id)
            outbox.deliver(services, twin.ours.id)
        _send(services, twin.theirs.id, "Theirs")
        outbox.deliver(services, twin.theirs.id)
        with services.database.scope(twin.ours.id) as scope:
            (kept,) = mail.list_kept(scope)
    assert (kept.to, kept.subject, kept.text) == ("li@ours.example", "Gruß 你好", "Zeile 一\n")
