"""Languages: catalogues, the current language, and the formats of dates and numbers.

Texts are written in English in the code; the files `locale/zh_CN.po` of the packages hold the
Chinese. Labels of metadata carry both languages themselves (`label_text`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.pofile import read_po

LOCALES = ("en", "zh_CN")
DEFAULT_LOCALE = "en"
PACKAGES = ("kernel", "tenants", "metadata", "runtime", "workflows", "builder", "seeds")

_current: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)


class LazyText:
    """A text that is translated when it is shown, not when it is made."""

    __slots__ = ("message", "values")

    def __init__(self, message: str, values: Mapping[str, Any]) -> None:
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return _(self.message, **self.values)

    def __repr__(self) -> str:
        return f"lazy({self.message!r})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LazyText)
            and (self.message, self.values) == (other.message, other.values)
        ) or (isinstance(other, str) and str(self) == other)

    def __hash__(self) -> int:
        return hash(self.message)

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))


Text = str | LazyText


def lazy(message: str, **values: Any) -> LazyText:
    """A text for later: `lazy("At most %(n)s characters.", n=80)`."""
    return LazyText(message, values)


def _(message: str, **values: Any) -> str:
    """The message in the current language, with `%(name)s` places filled."""
    text = catalogue(_current.get()).get(message, message)
    return text % values if values else text


def ngettext(singular: str, plural: str, n: int, **values: Any) -> str:
    """The message for `n` things; `%(n)s` is filled with the number."""
    return _(singular if n == 1 else plural, n=n, **values)


@cache
def catalogue(locale: str) -> Mapping[str, str]:
    """All translated messages of a language; empty for English."""
    messages: dict[str, str] = {}
    for package in PACKAGES:
        for path in sorted(_package_dir(package).rglob(f"locale/{locale}.po")):
            with path.open("rb") as file:
                for message in read_po(file, locale=locale):
                    _add(messages, message.id, message.string)
    return messages


def _add(messages: dict[str, str], key: Any, text: Any) -> None:
    if isinstance(key, tuple):  # plural forms: Chinese has one
        form = text[0] if isinstance(text, tuple) else text
        messages.update(dict.fromkeys(key, form))
    elif key and text:
        messages[key] = text


def _package_dir(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"package {package} is not installed")
    return Path(spec.origin).parent


def current_locale() -> str:
    """The language of the person who is served now."""
    return _current.get()


def set_locale(locale: str) -> None:
    """Make `locale` the language of this request or job; unknown ones fall back to English."""
    _current.set(locale if locale in LOCALES else DEFAULT_LOCALE)


@contextmanager
def use_locale(locale: str) -> Iterator[None]:
    """Serve a block in a language."""
    token = _current.set(locale if locale in LOCALES else DEFAULT_LOCALE)
    try:
        yield
    finally:
        _current.reset(token)


def negotiate(accept: str | None) -> str:
    """The language for an `Accept-Language` header."""
    for part in (accept or "").split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh_CN"
        if tag.startswith("en"):
            return "en"
    return DEFAULT_LOCALE


def label_text(label: Mapping[str, str] | None, locale: str | None = None) -> str:
    """A metadata label in a language, or in any that it has."""
    if not label:
        return ""
    return label.get(locale or _current.get()) or next((t for t in label.values() if t), "")


@cache
def _babel(locale: str) -> Locale:
    return Locale.parse(locale)


def format_date(value: date, locale: str | None = None) -> str:
    """A date as people write it."""
    return dates.format_date(value, format="medium", locale=_babel(locale or _current.get()))


def format_datetime(value: datetime, zone: str, locale: str | None = None) -> str:
    """An instant in the reader's time zone, to the minute."""
    local = value.astimezone(ZoneInfo(zone))
    name = locale or _current.get()
    day = dates.format_date(local, format="medium", locale=_babel(name))
    return f"{day} {local:%H:%M}"


def format_decimal(
    value: Decimal | int, scale: int | None = None, locale: str | None = None
) -> str:
    """A number with separators; with exactly `scale` decimals when given."""
    pattern = "#,##0" + ("." + "0" * scale if scale else "") if scale is not None else "#,##0.####"
    return numbers.format_decimal(value, format=pattern, locale=_babel(locale or _current.get()))
