"""Clients of a web server: keep-alive connections in a closed loop, a bounded count."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice


@dataclass(frozen=True, slots=True)
class Call:
    """A request, and the status that it must be answered with."""

    method: str
    path: str
    body: bytes = b""
    status: int = 200


class UnexpectedAnswer(Exception):
    """A server answered something else than it must."""


def times(
    port: int, headers: Sequence[tuple[str, str]], calls: Sequence[Call], clients: int
) -> list[float]:
    """Make all calls with `clients` connections at once; returns the seconds of each call.

    Raises `UnexpectedAnswer` when a call fails.
    """
    prepared = [(_encode(call, headers), call.status) for call in calls]
    shares = [list(islice(prepared, n, None, clients)) for n in range(clients)]
    taken: list[list[float]] = [[] for _ in shares]
    problems: list[Exception] = []
    threads = [
        threading.Thread(target=_client, args=(port, share, times_, problems))
        for share, times_ in zip(shares, taken, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return [seconds for one in taken for seconds in one]


def _client(
    port: int, calls: list[tuple[bytes, int]], taken: list[float], problems: list[Exception]
) -> None:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request, status in calls:
                started = time.perf_counter()
                connection.sendall(request)
                head, body = _receive(connection)
                taken.append(time.perf_counter() - started)
                if int(head[9:12]) != status:
                    raise UnexpectedAnswer(f"{request[:200]!r}: {head[:60]!r} {body[:300]!r}")
    except Exception as error:
        problems.append(error)


def one(port: int, headers: Sequence[tuple[str, str]], call: Call) -> bytes:
    """The body of the answer to one call; raises `UnexpectedAnswer`."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(_encode(call, headers))
        head, body = _receive(connection)
    if int(head[9:12]) != call.status:
        raise UnexpectedAnswer(f"{call.path}: {head[:60]!r} {body[:300]!r}")
    return body


def _encode(call: Call, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = [f"{call.method} {call.path} HTTP/1.1", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers]
    if call.body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(call.body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + call.body


def _receive(connection: socket.socket) -> tuple[bytes, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _blank, body = received.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            length = int(line[15:])
    while len(body) < length:
        body += _more(connection)
    return head, body


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise UnexpectedAnswer("the server closed the connection")
    return part
