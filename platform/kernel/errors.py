"""The errors that people and programs are meant to see.

Each becomes an `application/problem+json` answer (RFC 9457) in the API and a page or a message
beside a field in the workspace. Texts are lazy: they are rendered in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from kernel.i18n import Text, lazy


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field. `code` is stable, for programs; `message` is for people."""

    field: str
    code: str
    message: Text

    def as_json(self) -> dict[str, str]:
        """The error as in an API answer, in the current language."""
        return {"field": self.field, "code": self.code, "message": str(self.message)}


class Problem(Exception):
    """Base of all errors that are part of the contract."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    title: ClassVar[Text] = lazy("Something went wrong.")

    def __init__(
        self,
        detail: Text | None = None,
        *,
        errors: Iterable[FieldError] = (),
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail if detail is not None else self.title)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers or {}
        self.extra = extra

    def __str__(self) -> str:
        text = str(self.detail if self.detail is not None else self.title)
        if self.errors:
            text += " " + " ".join(f"{e.field}: {e.message}" for e in self.errors)
        return text

    def as_json(self) -> dict[str, Any]:
        """The problem document of RFC 9457, in the current language."""
        document: dict[str, Any] = {
            "type": f"about:blank#{self.code}",
            "title": str(self.title),
            "status": self.status,
            "code": self.code,
        }
        if self.detail is not None:
            document["detail"] = str(self.detail)
        if self.errors:
            document["errors"] = [error.as_json() for error in self.errors]
        return document | self.extra


class Malformed(Problem):
    """The request itself cannot be read."""

    status = 400
    code = "malformed"
    title = lazy("The request could not be understood.")


class Unauthenticated(Problem):
    """Nobody, or nobody known, is asking."""

    status = 401
    code = "unauthenticated"
    title = lazy("Please sign in.")


class Forbidden(Problem):
    """The person is known and lacks a right."""

    status = 403
    code = "forbidden"
    title = lazy("You are not allowed to do this.")


class NotFound(Problem):
    """Absent, of another tenant, or invisible: the answer is the same."""

    status = 404
    code = "not_found"
    title = lazy("This does not exist, or you may not see it.")


class MethodNotAllowed(Problem):
    """The address exists, the verb does not."""

    status = 405
    code = "method_not_allowed"
    title = lazy("This address does not take that method.")


class Conflict(Problem):
    """The state of things forbids it now."""

    status = 409
    code = "conflict"
    title = lazy("This conflicts with what is already there.")


class Stale(Problem):
    """Somebody else changed it since it was read."""

    status = 412
    code = "stale"
    title = lazy("Somebody else has changed this in the meantime.")


class TooLarge(Problem):
    """Bigger than this installation takes."""

    status = 413
    code = "too_large"
    title = lazy("This is too large.")


class UnsupportedMedia(Problem):
    """The content type is not one that this address reads."""

    status = 415
    code = "unsupported_media_type"
    title = lazy("This content type is not supported here.")


class Invalid(Problem):
    """Understood, but some values are wrong; `errors` names each."""

    status = 422
    code = "invalid"
    title = lazy("Some values are not valid.")


class TooMany(Problem):
    """Slow down; `Retry-After` says how long."""

    status = 429
    code = "too_many_requests"
    title = lazy("Too many attempts. Please wait a little and try again.")


class Unavailable(Problem):
    """A part of the service does not answer."""

    status = 503
    code = "unavailable"
    title = lazy("The service is not available at the moment. Please try again shortly.")
