"""Case is folded by Python exactly as by PostgreSQL."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from metadata.text import fold


def test_fold_is_lower_of_postgresql_for_all_of_unicode(engine: Engine) -> None:
    characters = [chr(n) for n in range(1, 0x110000) if not 0xD800 <= n <= 0xDFFF]
    query = text(
        "SELECT c, lower(c) FROM unnest(CAST(:characters AS text[])) c WHERE c <> lower(c)"
    )
    with engine.connect() as connection:
        cased = {row[0]: row[1] for row in connection.execute(query, {"characters": characters})}
    assert {c: fold(c) for c in characters if fold(c) != c} == cased


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_fold_alike(engine: Engine, texts: list[str]) -> None:
    query = text(
        "SELECT lower(c) FROM unnest(CAST(:texts AS text[])) WITH ORDINALITY t (c, n) ORDER BY n"
    )
    with engine.connect() as connection:
        assert connection.scalars(query, {"texts": texts}).all() == [fold(t) for t in texts]


def test_fold_keeps_the_length_and_is_stable() -> None:
    for t in ("İSTANBUL", "ΟΔΟΣ", "STRASSE ẞ", "ＡＢＣ", "華為 Ｔech"):
        assert len(fold(t)) == len(t)
        assert fold(fold(t)) == fold(t)
    assert fold("ΟΔΟΣ") == "οδοσ"
    assert fold("İ") == "i"
