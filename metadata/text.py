"""Text made comparable, sortable and findable, in English and Chinese alike."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise

from pypinyin import Style, pinyin

SORT_KEY_LENGTH = 64
TOKEN_LENGTH = 64
_PINYIN_RUN = 12  # longer runs are sentences, which nobody looks for by initials
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff"
_CJK = f"{_HAN}\u3040-\u30ff\uac00-\ud7af"
_HAN_RUN = re.compile(f"[{_HAN}]+")
_WORDS = re.compile(f"(?P<cjk>[{_CJK}]+)|(?P<word>(?:(?![{_CJK}])[^\\W_])+)")


@cache
def _lower_table() -> dict[int, str]:
    cased = range(0x80, 0x1EA00)  # beyond Adlam no script has letter cases
    lowered = ((code, chr(code).lower()) for code in [*range(0x80), *cased])
    table = {code: low for code, low in lowered if len(low) == 1 and ord(low) != code}
    # The only letter that Python lowers to two; PostgreSQL always keeps to one for one.
    table[ord("İ")] = "i"
    return table


def fold(text: str) -> str:
    """The text without the difference of case: every character lowered for itself.

    Equal to PostgreSQL's `lower()` in a database of locale C.UTF-8 (a test compares all of
    Unicode). `str.lower` is not: it looks at neighbours (final sigma) and may lengthen a text.
    """
    return text.lower() if text.isascii() else text.translate(_lower_table())


def sort_key(text: str) -> str:
    """What texts are ordered by: Chinese by its pinyin, accents and case aside; 64 characters.

    An ASCII text is just lower-cased, as the database does for texts that have no stored key.
    Texts that are equal but for case have the same key, so that a query may look by it first.
    """
    text = text[:SORT_KEY_LENGTH]
    if text.isascii():
        return text.lower()
    return _pinyin_key(fold(text))[:SORT_KEY_LENGTH]


@lru_cache(maxsize=50_000)
def _pinyin_key(text: str) -> str:
    spelled = _HAN_RUN.sub(lambda run: " " + " ".join(_syllables(run[0])) + " ", text)
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c)
    )
    return " ".join(fold(plain).split())


@lru_cache(maxsize=50_000)
def _syllables(run: str) -> tuple[str, ...]:
    """The syllables of a run of Chinese; phrases decide between readings."""
    return tuple(s[0].lower() for s in pinyin(run, style=Style.NORMAL, errors="default"))


def search_tokens(text: str, *, with_pinyin: bool = True) -> list[str]:
    """The tokens under which a text is found, without repetition, in order of appearance.

    Words are folded. A run of Chinese gives each character and each pair of neighbours; runs of
    up to 12 characters also give, from each character on, the full pinyin and its initials, so
    that `jishu` and `js` find 华为技术 by prefix.
    """
    tokens: dict[str, None] = {}
    for match in _WORDS.finditer(unicodedata.normalize("NFKC", text)):
        run = match["cjk"]
        if run is None:
            tokens[fold(match["word"])[:TOKEN_LENGTH]] = None
            continue
        tokens.update(dict.fromkeys(run))
        tokens.update(dict.fromkeys(a + b for a, b in pairwise(run)))
        if with_pinyin and len(run) <= _PINYIN_RUN and _HAN_RUN.fullmatch(run):
            syllables = _syllables(run)
            for start in range(len(syllables)):
                rest = syllables[start:]
                tokens["".join(rest)[:TOKEN_LENGTH]] = None
                tokens["".join(s[0] for s in rest)] = None
    return list(tokens)


def query_tokens(text: str) -> list[tuple[str, bool]]:
    """What to look up for a typed query: tokens, and whether each is only a beginning.

    Words match by their beginning; Chinese by pairs of neighbours, a single character alone.
    """
    tokens: dict[tuple[str, bool], None] = {}
    for match in _WORDS.finditer(unicodedata.normalize("NFKC", text)):
        run = match["cjk"]
        if run is None:
            tokens[fold(match["word"])[:TOKEN_LENGTH], True] = None
        else:
            pairs = [a + b for a, b in pairwise(run)] or [run]
            tokens.update(dict.fromkeys((pair, False) for pair in pairs))
    return list(tokens)


def cjk_runs(text: str) -> list[str]:
    """The unbroken runs of Chinese, Japanese or Korean in a text."""
    return [m["cjk"] for m in _WORDS.finditer(unicodedata.normalize("NFKC", text)) if m["cjk"]]
