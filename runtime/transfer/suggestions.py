"""Guesses which column of a file goes into which field, for the person to correct."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kernel.scope import Actor
from metadata.fieldtypes.base import BadValue
from metadata.schema import Field, Object, Schema
from runtime.transfer.binding import matchable_fields, writable_fields
from runtime.transfer.conversion import mapped_text, to_value
from runtime.transfer.plan import MATCH_ID, ColumnPlan, Plan
from runtime.transfer.readers import FileFormat, Row

_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ENOUGH = 0.45
_FITTING = 0.5
"""Share of the sample's cells that a field must be able to take."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A field by one of its names; `by` is the field of the other object for `account.name`."""

    words: tuple[str, ...]
    field: Field
    by: tuple[str, ...] = ()


def suggest_columns(
    schema: Schema, object_: Object, header: Sequence[str], rows: Sequence[Row], actor: Actor
) -> tuple[ColumnPlan, ...]:
    """A plan for the columns that resemble a field, each field at most once; best first."""
    candidates = _candidates(schema, object_)
    rated = sorted(
        (
            (_likeness(words_of(name), candidate), -place, -n)
            for place, name in enumerate(header)
            for n, candidate in enumerate(candidates)
        ),
        reverse=True,
    )
    taken: dict[int, _Candidate] = {}
    used: set[Field] = set()
    for rating, minus_place, minus_n in rated:
        if rating < _ENOUGH:
            break
        place, candidate = -minus_place, candidates[-minus_n]
        if place in taken or candidate.field in used:
            continue
        if rating == 1 or _fits(candidate.field, [r.cells[place] for r in rows], actor):
            taken[place] = candidate
            used.add(candidate.field)
    return tuple(
        ColumnPlan(
            header[place],
            taken[place].field.api,
            taken[place].by or default_by(schema, taken[place].field),
        )
        for place in sorted(taken)
    )


def words_of(text: str) -> tuple[str, ...]:
    """The words of a name: `Close date`, `close_date` and `closeDate` are alike."""
    plain = _CAMEL.sub(" ", unicodedata.normalize("NFKC", text))
    return tuple(word.casefold() for word in _WORD.findall(plain))


def _candidates(schema: Schema, object_: Object) -> list[_Candidate]:
    found: list[_Candidate] = []
    for field in writable_fields(object_):
        names = {words_of(name) for name in (field.api, *field.label.values())}
        found += [_Candidate(words, field) for words in names if words]
        if field.to is None:
            continue
        for other in matchable_fields(schema.objects[field.to]):
            ends = {words_of(name) for name in (other.api, *other.label.values())}
            found += [
                _Candidate(start + end, field, (other.api,)) for start in names for end in ends
            ]
    found.append(_Candidate((MATCH_ID,), object_.fields[MATCH_ID]))
    return found


def _likeness(given: tuple[str, ...], candidate: _Candidate) -> float:
    """1 for the same words, otherwise the share of common ones. Ids and the fields of other
    objects are not guessed from a part of their name."""
    if given == candidate.words:
        return 1.0
    if candidate.by or candidate.field.api == MATCH_ID or not given:
        return 0.0
    left, right = set(given), set(candidate.words)
    return 0.99 * len(left & right) / len(left | right)


def _fits(field: Field, cells: Iterable[str], actor: Actor) -> bool:
    texts = [text for cell in cells if (text := mapped_text(cell, {}, "")).strip()]
    if field.to is not None or not texts:
        return True
    plan = Plan(object="", format=FileFormat("csv"))
    good = sum(_takes(field, text, plan, actor) for text in texts)
    return good >= _FITTING * len(texts)


def _takes(field: Field, text: str, plan: Plan, actor: Actor) -> bool:
    try:
        to_value(field, text, plan, actor.locale, actor.zone)
    except BadValue:
        return False
    return True


def default_by(schema: Schema, field: Field) -> tuple[str, ...]:
    """By what a lookup's records are found unless somebody chooses: the name, and for people
    the e-mail address too."""
    if field.to is None:
        return ()
    target = schema.objects[field.to]
    mails = [f.api for f in target.data_fields() if f.type.name == "email" and f.unique]
    return (target.name_field.api, *mails)


def closest(text: str, choices: Iterable[str]) -> str | None:
    """The choice that is spelled most like a text, if any is close."""
    by_plain = {"".join(words_of(choice)): choice for choice in choices}
    found = difflib.get_close_matches("".join(words_of(text)), by_plain, n=1, cutoff=0.75)
    return by_plain[found[0]] if found else None
