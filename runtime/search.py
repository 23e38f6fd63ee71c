"""Finding records by text: two Chinese characters, parts of words, pinyin and its initials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY

from metadata.schema import Object
from metadata.text import cjk_runs, fold, query_tokens
from runtime import access
from runtime.records.rows import token_prefix
from runtime.scope import RecordScope
from runtime.tables import record_rows, record_search_rows

MAX_TEXT = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """A found record."""

    object: Object
    id: int
    name: str | None


def search(
    scope: RecordScope, text: str, objects: Sequence[Object] | None = None, limit: int = 50
) -> list[Hit]:
    """Visible records that have all words of `text` in their text fields.

    Words match from their beginning, Chinese anywhere. Names that begin with the text come
    first. Without `objects` all objects are searched.
    """
    wanted = list(scope.schema.objects.values()) if objects is None else list(objects)
    tokens = query_tokens(text[:MAX_TEXT])
    if not tokens or not wanted:
        return []
    queries = [
        _tsquery(token_prefix(scope.tenant_id, object_.number), tokens) for object_ in wanted
    ]
    matched = or_(*(record_search_rows.c.tsv.bool_op("@@")(query) for query in queries))
    runs = [run for run in cjk_runs(text) if len(run) > 2]
    clauses = [
        # Pairs of neighbours find candidates; longer runs must stand together.
        *(func.strpos(record_search_rows.c.txt, run) > 0 for run in runs),
        record_search_rows.c.tenant_id == scope.tenant_id,
        record_search_rows.c.object_id.in_([object_.number for object_ in wanted]),
        matched,
        record_rows.c.deleted.is_(False),
        access.readable_any(record_rows),
    ]
    joined = record_search_rows.join(
        record_rows,
        and_(
            record_rows.c.tenant_id == record_search_rows.c.tenant_id,
            record_rows.c.id == record_search_rows.c.id,
        ),
    )
    statement = (
        select(record_rows.c.id, record_rows.c.object_id, record_rows.c.name)
        .select_from(joined)
        .where(*clauses)
        .limit(limit)
    )
    rows = scope.unit.connection.execute(statement, access.reader(scope)).all()
    needle = fold(text.strip())
    schema = scope.schema
    hits = [
        Hit(schema.by_number[r.object_id], r.id, r.name)
        for r in rows
        if r.object_id in schema.by_number
    ]
    return sorted(
        hits, key=lambda hit: (not fold(hit.name or "").startswith(needle), hit.name or "")
    )


def _tsquery(prefix: str, tokens: Sequence[tuple[str, bool]]) -> object:
    parts = [_quoted(prefix + token) + (":*" if open_ended else "") for token, open_ended in tokens]
    return func.cast(literal(" & ".join(parts)), TSQUERY())


def _quoted(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"
