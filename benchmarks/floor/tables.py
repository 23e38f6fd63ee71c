"""Tables, indexes and loading of the floor."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.deals import FIELD_NAMES, Deal

_NOW = datetime(2026, 1, 1, tzinfo=UTC)

DDL = """
CREATE SEQUENCE floor_id;
CREATE TABLE floor_user (
    tenant_id bigint NOT NULL, id bigint NOT NULL, name text NOT NULL,
    PRIMARY KEY (tenant_id, id));
CREATE TABLE floor_session (
    tenant_id bigint NOT NULL, token_hash bytea NOT NULL, user_id bigint NOT NULL,
    expires_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, token_hash));
CREATE TABLE floor_host (host text PRIMARY KEY, tenant_id bigint NOT NULL);
CREATE TABLE floor_account (
    tenant_id bigint NOT NULL, id bigint NOT NULL, name text NOT NULL,
    PRIMARY KEY (tenant_id, id));
CREATE TABLE floor_record (
    tenant_id bigint NOT NULL, id bigint NOT NULL DEFAULT nextval('floor_id'),
    owner_id bigint NOT NULL, version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL, created_by bigint,
    updated_at timestamptz NOT NULL, updated_by bigint,
    deleted boolean NOT NULL DEFAULT false,
    name text NOT NULL, code text NOT NULL, description text,
    amount numeric(14, 2) NOT NULL, cost numeric(14, 2), discount numeric(5, 2),
    probability numeric(5, 2) NOT NULL, quantity int NOT NULL, score numeric(8, 2),
    close_date date NOT NULL, start_date date, next_contact timestamptz,
    stage text NOT NULL, source text, industry text NOT NULL, region text NOT NULL,
    priority text NOT NULL, tags text[] NOT NULL, active boolean NOT NULL,
    renewed boolean NOT NULL, account_id bigint NOT NULL, partner_id bigint,
    email text, phone text, website text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES floor_account,
    FOREIGN KEY (tenant_id, partner_id) REFERENCES floor_account) WITH (fillfactor = 90);
CREATE INDEX floor_record_list ON floor_record (tenant_id, stage, close_date, id);
CREATE INDEX floor_record_owner ON floor_record (tenant_id, owner_id, stage, close_date, id);
CREATE INDEX floor_record_account ON floor_record (tenant_id, account_id, id);
CREATE INDEX floor_record_partner ON floor_record (tenant_id, partner_id, id)
    WHERE partner_id IS NOT NULL;
CREATE INDEX floor_record_close ON floor_record (tenant_id, close_date, id);
CREATE INDEX floor_record_amount ON floor_record (tenant_id, amount, id);
CREATE INDEX floor_record_name ON floor_record (tenant_id, lower(name), id);
CREATE INDEX floor_record_code ON floor_record (tenant_id, code);
CREATE TABLE floor_search (
    tenant_id bigint NOT NULL, id bigint NOT NULL, owner_id bigint NOT NULL, txt text NOT NULL,
    tsv tsvector NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE INDEX floor_search_tsv ON floor_search USING gin (tsv)
"""
"""The search text stands apart, as in the product: a GIN beside the fields would slow updates."""

TABLES = ("floor_user", "floor_session", "floor_host", "floor_account", "floor_record",
          "floor_search")  # fmt: skip
COLUMNS = tuple(
    {"account": "account_id", "partner": "partner_id"}.get(name, name) for name in FIELD_NAMES
)
SEARCHED = ("name", "code", "description", "email", "phone", "website")
SYSTEM_COLUMNS = ("owner_id", "created_at", "created_by", "updated_at", "updated_by")
_CHUNK = 5_000
_WORDS = re.compile(r"(?P<cjk>[\u3400-\u9fff]+)|(?P<word>[^\W_]+?(?=[\u3400-\u9fff\W_]|$))")


def create_tables(connection: Connection) -> None:
    """Make the tables, empty; those of an earlier run go."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {', '.join(TABLES)}")
    connection.exec_driver_sql("DROP SEQUENCE IF EXISTS floor_id")
    for statement in DDL.split(";\n"):
        connection.exec_driver_sql(statement)


def tokens(text: str) -> list[str]:
    """Lower-case words and pairs of neighbouring Chinese characters."""
    found: dict[str, None] = {}
    for match in _WORDS.finditer(text.lower()):
        if match["word"] is not None:
            found[match["word"]] = None
        elif len(match["cjk"]) == 1:
            found[match["cjk"]] = None
        else:
            found.update(dict.fromkeys(a + b for a, b in pairwise(match["cjk"])))
    return list(found)


def searched_text(deal: Deal) -> str:
    """What a deal is found by."""
    return "\n".join(str(text) for name in SEARCHED if (text := getattr(deal, name)))


def search_vector(text: str) -> str:
    """The tokens as a tsvector literal; they hold letters and digits only."""
    return " ".join(tokens(text))


def load(
    connection: Connection,
    tenant_id: int,
    deals: Iterable[Deal],
    accounts: list[int],
    users: list[int],
) -> None:
    """Copy deals into a tenant."""
    rows = iter(deals)
    while chunk := list(islice(rows, _CHUNK)):
        numbered = list(zip(new_ids(connection, len(chunk)), chunk, strict=True))
        for command, lines in copies(tenant_id, numbered, accounts, users):
            _execute_copy(connection, command, lines)


def by_column(deal: Deal, accounts: list[int]) -> dict[str, Any]:
    """The values of a deal by the names of their columns."""
    return dict(zip(COLUMNS, field_values(deal, accounts), strict=True))


def copies(
    tenant_id: int, numbered: Sequence[tuple[int, Deal]], accounts: list[int], users: list[int]
) -> Iterator[tuple[str, str]]:
    """The COPY commands for deals with their ids, each with its text."""
    columns = ("tenant_id", "id", *SYSTEM_COLUMNS, *COLUMNS)
    records = (
        (tenant_id, row_id, *system_values(users[deal.owner]), *field_values(deal, accounts))
        for row_id, deal in numbered
    )
    yield copy_command("floor_record", columns), copy_text(records)
    found_by = ((row_id, deal.owner, searched_text(deal)) for row_id, deal in numbered)
    texts = (
        (tenant_id, row_id, users[owner], txt.lower(), search_vector(txt))
        for row_id, owner, txt in found_by
    )
    yield (
        copy_command("floor_search", ("tenant_id", "id", "owner_id", "txt", "tsv")),
        copy_text(texts),
    )


def new_ids(connection: Connection, count: int) -> list[int]:
    """The next ids of deals."""
    query = text("SELECT nextval('floor_id') FROM generate_series(1, :count)")
    return list(connection.execute(query, {"count": count}).scalars())


def system_values(owner: int) -> tuple[Any, ...]:
    """Values of `SYSTEM_COLUMNS`."""
    return (owner, _NOW, owner, _NOW, owner)


def field_values(deal: Deal, accounts: list[int]) -> Iterator[Any]:
    """Values of `COLUMNS`."""
    for name in FIELD_NAMES:
        value = getattr(deal, name)
        yield accounts[value] if name in ("account", "partner") and value is not None else value


def copy(
    connection: Connection, table: str, columns: tuple[str, ...], rows: Iterable[Iterable[Any]]
) -> None:
    """COPY rows of Python values into a table."""
    _execute_copy(connection, copy_command(table, columns), copy_text(rows))


def _execute_copy(connection: Connection, command: str, lines: str) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        cursor.copy_expert(command, io.StringIO(lines))


def copy_command(table: str, columns: tuple[str, ...]) -> str:
    """The COPY command that takes `copy_text`."""
    return f"COPY {table} ({', '.join(columns)}) FROM STDIN"


def copy_text(rows: Iterable[Iterable[Any]]) -> str:
    """Rows of Python values in COPY's text format."""
    return "\n".join("\t".join(map(_copy_value, row)) for row in rows)


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_value(value: Any) -> str:
    match value:
        case None:
            return "\\N"
        case bool():
            return "t" if value else "f"
        case int() | Decimal():
            return str(value)
        case list():
            return "{" + ",".join(value) + "}"
        case str():
            return value.translate(_ESCAPES)
    return str(value.isoformat())
