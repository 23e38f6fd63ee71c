"""The commands of an installation: what can be wrong is said in one sentence, in two languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from click.testing import CliRunner, Result
from redis import Redis

from kernel.i18n import DEFAULT_LOCALE, set_locale
from tests.conftest import Servers
from wsgi import cli

NOWHERE = "postgresql://banyan:secret@127.0.0.1:1/banyan"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Runs a command of `banyan` in an environment of its own."""

    def invoke(*arguments: str, **environ: str) -> Result:
        clean: Mapping[str, str | None] = {
            "DATABASE_URL": None,
            "REDIS_URL": None,
            "SMTP_URL": None,
            "PORT": None,
            "LC_ALL": None,
            "LC_MESSAGES": None,
            "LANG": "en_US.UTF-8",
            "BANYAN_HOME": str(tmp_path),
            **environ,
        }
        return CliRunner().invoke(cli, arguments, env=clean)

    yield invoke
    set_locale(DEFAULT_LOCALE)


@contextmanager
def owner(url: str) -> Iterator[psycopg2.extensions.cursor]:
    """A cursor of the owner of a database."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


@pytest.mark.parametrize(
    ("environ", "english", "chinese"),
    [
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL is no address", "DATABASE_URL 不是有效的"),
        (
            {"DATABASE_URL": "mysql://host/db"},
            "DATABASE_URL is no address",
            "DATABASE_URL 不是有效的",
        ),
        (
            {"DATABASE_URL": "postgresql://h:x/db"},
            "DATABASE_URL is no address",
            "DATABASE_URL 不是有效的",
        ),
        (
            {"DATABASE_URL": NOWHERE},
            "The database 127.0.0.1:1/banyan cannot be used: ",
            "无法使用数据库 127.0.0.1:1/banyan：",
        ),
        ({}, "There is no database: set DATABASE_URL", "没有可用的数据库：请设置 DATABASE_URL"),
        (
            {"PORT": "eighty"},
            "PORT must be a whole number from 1 to 65535, not “eighty”",
            "PORT 必须是 1 到 65535 之间的整数",
        ),
        (
            {"BANYAN_HOME": "/dev/null/home"},
            "The folder /dev/null/home cannot be used",
            "无法使用文件夹 /dev/null/home",
        ),
    ],
)
@pytest.mark.parametrize(
    "command",
    ["serve", "worker", "scheduler", "migrate", "tenant list", "template install sales --tenant x"],
)
def test_what_is_wrong_is_one_sentence(
    run: Run, command: str, environ: dict[str, str], english: str, chinese: str
) -> None:
    for language, expected in (("en_US.UTF-8", english), ("zh_CN.UTF-8", chinese)):
        result = run(*command.split(), LANG=language, **environ)
        assert result.exit_code == 1
        assert result.stderr.startswith(expected)
        assert result.stderr.count("\n") == 1
        assert "secret" not in result.output


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("nonsense", "REDIS_URL is no address of a Redis server"),
        ("redis://:secret@127.0.0.1:1/0", "Redis at redis://127.0.0.1:1/0 cannot be used: "),
    ],
)
def test_redis_must_answer(run: Run, database_url: str, url: str, expected: str) -> None:
    result = run("worker", DATABASE_URL=database_url, REDIS_URL=url)
    assert result.exit_code == 1
    assert result.stderr.startswith(expected)
    assert "secret" not in result.output


def test_a_wrong_redis_password_is_told(run: Run, database_url: str, servers: Servers) -> None:
    url = servers.valkey.url.replace("redis://:", "redis://:not")
    result = run("worker", DATABASE_URL=database_url, REDIS_URL=url)
    assert "the password is wrong." in result.stderr


def test_an_older_schema_asks_to_migrate(run: Run, servers: Servers) -> None:
    url, redis_url = servers.new_empty_database(), servers.valkey.url
    result = run("worker", DATABASE_URL=url, REDIS_URL=redis_url)
    assert "schema of an older release: run `banyan migrate`" in result.stderr

    for _ in range(2):
        result = run("migrate", DATABASE_URL=url)
        assert result.exit_code == 0, result.stderr
    assert run("doctor", DATABASE_URL=url, REDIS_URL=redis_url).exit_code == 0


def test_a_newer_schema_is_left_alone(run: Run, servers: Servers) -> None:
    url = servers.new_database()
    with owner(url) as cursor:
        cursor.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in ("worker", "migrate", "doctor"):
        result = run(command, DATABASE_URL=url, REDIS_URL=servers.valkey.url)
        assert result.exit_code == 1
        assert "has the schema 9999 of a newer release" in result.output


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_spelling_of_a_database_address_works(
    run: Run, database_url: str, scheme: str
) -> None:
    url = f"{scheme}://{database_url.partition('://')[2]}"
    assert run("migrate", DATABASE_URL=url).exit_code == 0


def test_the_doctor_finds_a_sound_installation_sound(
    run: Run, database_url: str, servers: Servers
) -> None:
    result = run("doctor", DATABASE_URL=database_url, REDIS_URL=servers.valkey.url)
    assert result.exit_code == 0, result.output
    assert "fail" not in result.output
    assert "ok    Row level security walls the tenants off." in result.output


def test_the_doctor_tells_of_a_hole_in_the_wall(run: Run, servers: Servers) -> None:
    url = servers.new_database()
    with owner(url) as cursor:
        cursor.execute("ALTER TABLE app_user NO FORCE ROW LEVEL SECURITY")
    result = run("doctor", DATABASE_URL=url, REDIS_URL=servers.valkey.url)
    assert result.exit_code == 1
    assert "fail  Without row level security: app_user" in result.output


def test_the_doctor_goes_on_after_a_failure(run: Run) -> None:
    result = run(
        "doctor", DATABASE_URL=NOWHERE, REDIS_URL="nonsense", SMTP_URL="smtp://127.0.0.1:1"
    )
    assert result.exit_code == 1
    for part in ("The database 127.0.0.1:1/banyan", "REDIS_URL is no", "The mail server 127.0.0.1"):
        assert f"fail  {part}" in result.output


def test_the_doctor_knows_that_nothing_runs(run: Run, tmp_path: Path) -> None:
    result = run("doctor")
    assert result.exit_code == 0, result.output
    assert f"warn  Banyan does not run in {tmp_path}." in result.output


def test_the_doctor_warns_of_a_redis_that_forgets(
    run: Run, database_url: str, servers: Servers, redis: Redis
) -> None:
    redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        result = run("doctor", DATABASE_URL=database_url, REDIS_URL=servers.valkey.url)
    finally:
        redis.config_set("maxmemory-policy", "noeviction")
    assert "warn  Redis drops keys when memory is short (allkeys-lru)." in result.output
