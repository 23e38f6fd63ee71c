"""The meaning of a condition in words."""

from __future__ import annotations

import re
import typing
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from kernel.i18n import current_locale, format_date, label_text
from metadata.conditions.nodes import All, Any, Compare, Condition, DateRef, Not, UserRef
from metadata.fieldtypes.choices import choice_label
from metadata.operators import OPERATORS, Operator
from metadata.periods import PERIODS
from metadata.schema import Field, Path

Names = Callable[[Field, int], str | None]
"""Gives the name of the record that a lookup's id means; None when it is not known."""

MAX_LISTED = 10
"""How many values of a list are named."""

# Kept here and not in the catalogue: "and" alone is translated differently elsewhere.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "everything": {"en": "All records", "zh_CN": "全部记录"},
    "and": {"en": "and", "zh_CN": "且"},
    "or": {"en": "or", "zh_CN": "或"},
    "not": {"en": "not ({text})", "zh_CN": "非（{text}）"},
    "brackets": {"en": "({text})", "zh_CN": "（{text}）"},
    "me": {"en": "me", "zh_CN": "我"},
    "of": {"en": "’s ", "zh_CN": "的"},
    "comma": {"en": ", ", "zh_CN": "、"},
    "more": {"en": "and {count} more", "zh_CN": "等 {count} 项"},
    "today": {"en": "today", "zh_CN": "今天"},
    "day ago": {"en": "1 day ago", "zh_CN": "1 天前"},
    "days ago": {"en": "{count} days ago", "zh_CN": "{count} 天前"},
    "day ahead": {"en": "1 day from today", "zh_CN": "1 天后"},
    "days ahead": {"en": "{count} days from today", "zh_CN": "{count} 天后"},
}
_PLACE = re.compile(r"\{(\w+)\}")


def sentence(
    condition: Condition | None,
    locale: str | None = None,
    names: Names | None = None,
    zone: str = "UTC",
) -> str:
    """The condition in words: "Amount is greater than 1,000 and Stage is Won".

    Plain text, to be escaped like any other. `locale` is the current one unless given; instants
    are shown in `zone` (an IANA name).
    """
    return _Writer(locale or current_locale(), names, zone).node(condition)


@dataclass(frozen=True, slots=True)
class _Writer:
    locale: str
    names: Names | None
    zone: str

    def node(self, condition: Condition | None) -> str:
        match condition:
            case None:
                return self._word("everything")
            case All((part,)) | Any((part,)):
                return self.node(part)
            case All(parts):
                return self._joined("and", (self._part(part, Any) for part in parts))
            case Any(parts):
                return self._joined("or", (self._part(part, All) for part in parts))
            case Not(Compare(path, operator, value)) if operator.opposite:
                return self._compare(path, OPERATORS[operator.opposite], value)
            case Not(part):
                return self._word("not", text=self.node(part))
            case Compare(path, operator, value):
                return self._compare(path, operator, value)

    def _word(self, word: str, **values: object) -> str:
        return label_text(_WORDS[word], self.locale).format(**values)

    def _part(self, part: Condition, other: type[All | Any]) -> str:
        """A part of a group, in brackets when it is a group of the other kind."""
        while isinstance(part, All | Any) and len(part.parts) == 1:
            part = part.parts[0]
        text = self.node(part)
        return self._word("brackets", text=text) if isinstance(part, other) else text

    def _joined(self, word: str, parts: Iterable[str]) -> str:
        pieces: list[str] = []
        for part in parts:
            pieces += [self._word(word), part] if pieces else [part]
        return _in_line(pieces, _space_beside_brackets)

    def _compare(self, path: Path, operator: Operator, value: typing.Any) -> str:
        field = path.field
        phrase = label_text(operator.words_for(_family(field)).phrase, self.locale)
        texts = self._texts(value, field, operator)
        pieces = [self._subject(path)]
        for number, piece in enumerate(_PLACE.split(phrase)):
            pieces.append(texts[piece] if number % 2 else piece.strip())
        return _in_line(pieces, _space_beside_other_scripts)

    def _subject(self, path: Path) -> str:
        labels = (label_text(field.label, self.locale) or field.api for field in path.fields)
        return self._word("of").join(labels)

    def _texts(self, value: typing.Any, field: Field, operator: Operator) -> dict[str, str]:
        """The texts of the places of a phrase."""
        if operator.arity == "none":
            return {}
        if operator.takes == "period":
            return {"value": label_text(PERIODS[value].phrase, self.locale)}
        if operator.arity == "one":
            return {"value": self._scalar(value, field)}
        texts = [self._scalar(part, field) for part in value[:MAX_LISTED]]
        if operator.arity == "two":
            return {"low": texts[0], "high": texts[1]}
        return {"value": self._listed(texts, len(value))}

    def _listed(self, texts: list[str], count: int) -> str:
        listed = self._word("comma").join(texts)
        if count == len(texts):
            return listed
        # 等 12 项 counts the named ones too, "and 2 more" does not.
        more = self._word("more", count=count if self.locale == "zh_CN" else count - len(texts))
        return _in_line([listed, more], _space_beside_other_scripts)

    def _scalar(self, value: typing.Any, field: Field) -> str:
        match value:
            case UserRef():
                return self._word("me")
            case DateRef(days):
                return self._day(days)
            case str() if field.picklist is not None:
                return choice_label(field, value, self.locale)
            case str():
                return f"“{value}”"
            case int() if field.type.slot_kind == "r":
                return (self.names and self.names(field, value)) or f"#{value}"
            case date() if not isinstance(value, datetime):
                return format_date(value, self.locale)
        return field.type.format(field, value, self.locale, self.zone)

    def _day(self, days: int) -> str:
        if days == 0:
            return self._word("today")
        unit = "day" if abs(days) == 1 else "days"
        return self._word(f"{unit} {'ago' if days < 0 else 'ahead'}", count=abs(days))


def _family(field: Field) -> str | None:
    """Which special words of an operator fit the field."""
    if field.type.temporal:
        return "date"
    return "reference" if field.type.slot_kind == "r" else None


def _in_line(pieces: Iterable[str], space: Callable[[str, str], bool]) -> str:
    """The pieces side by side, with a space where `space` of the neighbouring letters says so."""
    line = ""
    for piece in filter(None, pieces):
        line += f" {piece}" if line and space(line[-1], piece[0]) else piece
    return line


def _space_beside_brackets(before: str, after: str) -> bool:
    return before != "）" and after != "（"


def _space_beside_other_scripts(before: str, after: str) -> bool:
    """Chinese beside Chinese, or beside a quotation, takes no space."""
    return not all(unicodedata.east_asian_width(c) in "WF" or c in "“”" for c in (before, after))
