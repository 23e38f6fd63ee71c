"""Conditions on records, the public names; `metadata.conditions` explains and implements them."""

from metadata.conditions.binding import Bindings
from metadata.conditions.compilation import Narrow, Resolve, compile_sql
from metadata.conditions.evaluation import Read, evaluate
from metadata.conditions.nodes import (
    All,
    Any,
    Compare,
    Condition,
    DateRef,
    Not,
    UserRef,
    comparisons,
    paths,
    to_json,
)
from metadata.conditions.parsing import ConditionError, parse
from metadata.conditions.sentences import Names, sentence

__all__ = [
    "All",
    "Any",
    "Bindings",
    "Compare",
    "Condition",
    "ConditionError",
    "DateRef",
    "Names",
    "Narrow",
    "Not",
    "Read",
    "Resolve",
    "UserRef",
    "comparisons",
    "compile_sql",
    "evaluate",
    "parse",
    "paths",
    "sentence",
    "to_json",
]
