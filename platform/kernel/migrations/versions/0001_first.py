"""The first schema: directory, definition tables, record tables, roles and policies.

Every key begins with tenant_id, there are no triggers and no foreign key into a table of another
tenant: the conditions under which the tables can be distributed by tenant later
(docs/decisions/0003-storage.md).
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

PARTITIONS = 16
SLOTS = {
    "n": ("numeric", 8),
    "d": ("timestamptz", 6),
    "r": ("bigint", 8),
    "p": ("int", 10),
    "t": ("text", 8),
}
# Lists are sorted by n, d and t slots. The id breaks ties. What follows it does not order: it lets
# the index itself pass over records of other owners and, by date, of other choices of the first
# picklists, of which it would otherwise fetch twenty rows for each one that is shown.
AFTER_SLOT = {
    "n": ", id, owner_id",
    "d": ", id, owner_id, p1, p2, p3, p4",
    "t": ", id, owner_id",
    "r": "",
    "p": "",
}

DIRECTORY = """
CREATE SEQUENCE node_seq MINVALUE 0 MAXVALUE 1023 CYCLE;

CREATE TABLE tenant (
    id bigint PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
    locale text NOT NULL,
    zone text NOT NULL,
    currency text NOT NULL,
    metadata_version int NOT NULL DEFAULT 0,
    next_number int NOT NULL DEFAULT 1000,
    created_at timestamptz NOT NULL
);

CREATE TABLE host (
    host text PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenant (id) ON DELETE CASCADE
);
"""

DEFINITIONS = """
CREATE TABLE app_user (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('invited', 'active', 'frozen')),
    is_admin boolean NOT NULL DEFAULT false,
    locale text,
    zone text,
    created_at timestamptz NOT NULL,
    last_sign_in_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
);

CREATE TABLE user_session (
    tenant_id bigint NOT NULL,
    token_hash bytea NOT NULL,
    user_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    address text NOT NULL,
    agent text NOT NULL,
    PRIMARY KEY (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES app_user ON DELETE CASCADE
);

CREATE INDEX user_session_user ON user_session (tenant_id, user_id);

CREATE TABLE api_token (
    tenant_id bigint NOT NULL,
    token_hash bytea NOT NULL,
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, token_hash),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES app_user ON DELETE CASCADE
);

CREATE INDEX api_token_user ON api_token (tenant_id, user_id);

CREATE TABLE password_reset (
    tenant_id bigint NOT NULL,
    token_hash bytea NOT NULL,
    user_id bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES app_user ON DELETE CASCADE
);

CREATE TABLE document_version (
    tenant_id bigint NOT NULL,
    document_id text NOT NULL,
    version int NOT NULL,
    kind text NOT NULL,
    api text NOT NULL,
    number int NOT NULL,
    origin jsonb,
    body jsonb,
    PRIMARY KEY (tenant_id, document_id, version)
);

CREATE TABLE meta_commit (
    tenant_id bigint NOT NULL,
    version int NOT NULL,
    author_id bigint,
    author_name text NOT NULL,
    message text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, version)
);

CREATE TABLE draft_change (
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    document_id text NOT NULL,
    kind text NOT NULL,
    api text NOT NULL,
    body jsonb,
    base_version int NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id, document_id)
);

CREATE TABLE slot_assignment (
    tenant_id bigint NOT NULL,
    object_number int NOT NULL,
    field_number int NOT NULL,
    slot text NOT NULL,
    state text NOT NULL CHECK (state IN ('filling', 'live')),
    PRIMARY KEY (tenant_id, object_number, field_number),
    UNIQUE (tenant_id, object_number, slot)
);

CREATE TABLE template_install (
    tenant_id bigint NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    digest text NOT NULL,
    installed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

CREATE TABLE number_sequence (
    tenant_id bigint NOT NULL,
    field_number int NOT NULL,
    period text NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (tenant_id, field_number, period)
);

CREATE TABLE job (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    params jsonb NOT NULL,
    total int,
    succeeded int NOT NULL DEFAULT 0,
    failed int NOT NULL DEFAULT 0,
    message text,
    cancel_requested boolean NOT NULL DEFAULT false,
    results_file_id bigint,
    created_by bigint,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    heartbeat_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX job_open ON job (tenant_id, state) WHERE state IN ('queued', 'running');

CREATE TABLE data_import (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    object_number int NOT NULL,
    file_id bigint NOT NULL,
    file_name text NOT NULL,
    plan jsonb NOT NULL,
    check_job_id bigint,
    job_id bigint,
    undo_job_id bigint,
    summary jsonb,
    created_by bigint,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX data_import_job ON data_import (tenant_id, job_id);

CREATE TABLE import_change (
    tenant_id bigint NOT NULL,
    job_id bigint NOT NULL,
    row_no int NOT NULL,
    object_number int NOT NULL,
    record_id bigint NOT NULL,
    action text NOT NULL CHECK (action IN ('created', 'updated')),
    version int NOT NULL,
    before jsonb,
    undone text CHECK (undone IN ('undone', 'kept')),
    PRIMARY KEY (tenant_id, job_id, row_no)
);

CREATE TABLE file (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL,
    content_type text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    purpose text NOT NULL,
    created_by bigint,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE outbox (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    payload jsonb NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    error text,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, topic, key)
);

CREATE INDEX outbox_open ON outbox (tenant_id, due_at) WHERE done_at IS NULL;

CREATE TABLE saved_view (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    object_id text NOT NULL,
    label text NOT NULL,
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX saved_view_user ON saved_view (tenant_id, user_id, object_id);
"""

DEFINITION_TABLES = (
    "app_user",
    "user_session",
    "api_token",
    "password_reset",
    "document_version",
    "meta_commit",
    "draft_change",
    "slot_assignment",
    "template_install",
    "number_sequence",
    "job",
    "data_import",
    "import_change",
    "file",
    "outbox",
    "saved_view",
)
RECORD_TABLES = ("record", "record_search", "record_unique")
READ_THROUGH_VIEWS = ("record", "record_search")


def _record_table() -> str:
    slots = ",\n    ".join(
        f"{kind}{n} {sql}" for kind, (sql, count) in SLOTS.items() for n in range(1, count + 1)
    )
    return f"""
CREATE TABLE record (
    tenant_id bigint NOT NULL,
    object_id int NOT NULL,
    id bigint NOT NULL,
    owner_id bigint,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    created_by bigint,
    updated_at timestamptz NOT NULL,
    updated_by bigint,
    deleted boolean NOT NULL DEFAULT false,
    name text,
    {slots},
    data jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id)
) PARTITION BY HASH (tenant_id);

CREATE INDEX record_object ON record (tenant_id, object_id, id);

CREATE INDEX record_owner ON record (tenant_id, object_id, owner_id, id);

CREATE TABLE record_search (
    tenant_id bigint NOT NULL,
    object_id int NOT NULL,
    id bigint NOT NULL,
    txt text NOT NULL,
    tsv tsvector NOT NULL,
    PRIMARY KEY (tenant_id, id)
) PARTITION BY HASH (tenant_id);

CREATE INDEX record_search_tsv ON record_search USING gin (tsv);

CREATE TABLE record_unique (
    tenant_id bigint NOT NULL,
    object_id int NOT NULL,
    field_id int NOT NULL,
    val text NOT NULL,
    record_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, object_id, field_id, val)
) PARTITION BY HASH (tenant_id);

CREATE INDEX record_unique_record ON record_unique (tenant_id, record_id)
"""


def _run(script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip().rstrip(";"):
            op.execute(statement.strip().rstrip(";"))


def upgrade() -> None:
    """Create everything; one statement per execute."""
    _run(DIRECTORY)
    _run(DEFINITIONS)
    _run(_record_table())
    for table in RECORD_TABLES:
        for part in range(PARTITIONS):
            # Free room on each page lets an update stay on its page (HOT) when no slot changes.
            options = "" if table == "record_unique" else " WITH (fillfactor = 90)"
            op.execute(
                f"CREATE TABLE {table}_part{part} PARTITION OF {table} "
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part}){options}"
            )
    for kind, (_sql, count) in SLOTS.items():
        for n in range(1, count + 1):
            slot = f"{kind}{n}"
            op.execute(
                f"CREATE INDEX record_slot_{slot} "
                f"ON record (tenant_id, object_id, {slot}{AFTER_SLOT[kind]}) "
                f"WHERE {slot} IS NOT NULL"
            )
    _protect()


def _protect() -> None:
    op.execute(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'banyan_app') "
        "THEN CREATE ROLE banyan_app NOLOGIN; END IF; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute("GRANT banyan_app TO CURRENT_USER")
    op.execute("GRANT USAGE ON SEQUENCE node_seq TO banyan_app")
    op.execute("GRANT SELECT ON alembic_version TO banyan_app")
    own = "tenant_id = nullif(current_setting('banyan.tenant_id', true), '')::bigint"
    system = "current_setting('banyan.system', true) = 'on'"
    for table in (*DEFINITION_TABLES, *RECORD_TABLES, "tenant", "host"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO banyan_app")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        if table not in READ_THROUGH_VIEWS:
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table in (*DEFINITION_TABLES, *RECORD_TABLES):
        op.execute(f"CREATE POLICY own ON {table} USING ({own}) WITH CHECK ({own})")
    for table in READ_THROUGH_VIEWS:
        # A policy, however simple, hides statistics and indexes from operators that are not
        # leakproof: numeric comparisons, JSON, LIKE, @@. So lists read through a view of the
        # owner that carries the same condition. Next to the literal tenant of the query it
        # becomes a one-time check. (FORCE would subject the view to the policy again.)
        op.execute(f"CREATE VIEW {table}_rows AS SELECT * FROM {table} WHERE {own}")
        op.execute(f"GRANT SELECT, UPDATE ON {table}_rows TO banyan_app")  # UPDATE: to lock rows
    # Records by id, and the names that lookups show, are asked for all the time. Planning such a
    # statement anew, with the dozens of indexes of `record` to look at, takes ten times as long
    # as running it; here the plan, which does not depend on the values, is kept by the connection.
    op.execute(
        "CREATE FUNCTION record_by_id(bigint, int, bigint[]) RETURNS TABLE (id bigint, "
        "version int, owner_id bigint, created_at timestamptz, created_by bigint, "
        "updated_at timestamptz, updated_by bigint, data jsonb) "
        "LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$ BEGIN "
        "RETURN QUERY SELECT r.id, r.version, r.owner_id, r.created_at, r.created_by, "
        "r.updated_at, r.updated_by, r.data FROM record_rows AS r WHERE r.tenant_id = $1 "
        "AND r.object_id = $2 AND r.id = ANY ($3) AND NOT r.deleted; END $$"
    )
    op.execute(
        "CREATE FUNCTION record_heads(bigint, bigint[]) "
        "RETURNS TABLE (id bigint, object_id int, owner_id bigint, name text) "
        "LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$ BEGIN "
        "RETURN QUERY SELECT r.id, r.object_id, r.owner_id, r.name FROM record_rows AS r "
        "WHERE r.tenant_id = $1 AND r.id = ANY ($2) AND NOT r.deleted; END $$"
    )
    for table, column in (("tenant", "id"), ("host", "tenant_id")):
        mine = own.replace("tenant_id =", f"{column} =", 1)
        op.execute(f"CREATE POLICY readable ON {table} FOR SELECT USING (true)")
        op.execute(
            f"CREATE POLICY writable ON {table} "
            f"USING ({system} OR {mine}) WITH CHECK ({system} OR {mine})"
        )
