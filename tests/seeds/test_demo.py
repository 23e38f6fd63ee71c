"""The demo tenants: made whole, made once, with people who can sign in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from redis import Redis
from sqlalchemy import select

from kernel.clock import FixedClock
from kernel.db.engine import make_engine
from kernel.db.unit import Database
from kernel.settings import Settings
from kernel.web.services import Services
from metadata import store
from metadata.condition import parse
from runtime import records
from runtime.query import Aggregate, Query, aggregate, count, select_records
from runtime.scope import RecordScope, open_scope
from seeds import demo
from tenants.models import User
from tenants.passwords import verify_password
from tenants.service import find_tenant
from tests.conftest import Servers

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
PASSWORD = "demo"  # an operator may choose a weak one for a demonstration


@pytest.fixture(scope="module")
def services(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A new installation with the demo tenants."""
    url = servers.new_database()
    settings = Settings(
        database_url=url, redis_url=servers.valkey.url, home=tmp_path_factory.mktemp("home")
    )
    engine = make_engine(url, pool_size=2)
    clock = FixedClock(NOW)
    database = Database(engine, clock)
    redis = Redis.from_url(servers.valkey.url)
    made = Services(settings=settings, database=database, redis=redis, clock=clock)
    demo.ensure(made, PASSWORD)
    yield made
    redis.close()
    engine.dispose()


def tenant_id(services: Services, slug: str) -> int:
    return find_tenant(services.database, slug).id


def all_of(scope: RecordScope, api: str) -> list[records.Record]:
    query = Query(object=scope.schema.objects[api], limit=200)
    return list(select_records(scope, query).records)


@pytest.mark.parametrize(("slug", "locale"), [("demo", "zh_CN"), ("acme", "en")])
def test_each_tenant_has_people_templates_and_some_hundred_records(
    services: Services, slug: str, locale: str
) -> None:
    assert find_tenant(services.database, slug).locale == locale
    with open_scope(services.database, tenant_id(services, slug)) as scope:
        counted = {
            api: count(scope, object_, None, 1000) for api, object_ in scope.schema.objects.items()
        }
    assert min(counted.values()) >= 3
    assert sum(counted.values()) > 600
    assert counted["user"] >= 7


@pytest.mark.parametrize("slug", ["demo", "acme"])
def test_an_administrator_and_ordinary_people_sign_in(services: Services, slug: str) -> None:
    with open_scope(services.database, tenant_id(services, slug)) as scope:
        users = scope.unit.session.scalars(select(User)).all()
        assert {user.state for user in users} == {"active"}
        assert [user.email for user in users if user.is_admin] == [f"admin@{slug}.example"]
        assert all(verify_password(user.password_hash, PASSWORD) for user in users)
        people = {person.id: person for person in all_of(scope, "user")}
        assert set(people) == {user.id for user in users}
        managed = [p for p in people.values() if p.values["manager"]]
        assert len(managed) >= 5


@pytest.mark.parametrize("slug", ["demo", "acme"])
def test_records_are_spread_over_sellers_and_both_languages(services: Services, slug: str) -> None:
    with open_scope(services.database, tenant_id(services, slug)) as scope:
        accounts = all_of(scope, "account")
        owners = {account.owner_id for account in accounts}
        names = [str(account.values["name"]) for account in accounts]
        assert len(owners) >= 4
        assert sum(name.isascii() for name in names) >= 8
        assert sum(not name.isascii() for name in names) >= 8
        assert any(account.values["parent"] for account in accounts)


@pytest.mark.parametrize("slug", ["demo", "acme"])
def test_every_view_and_report_shows_something(services: Services, slug: str) -> None:
    with open_scope(services.database, tenant_id(services, slug)) as scope:
        for report in scope.schema.reports.values():
            object_ = scope.schema.objects[report.object]
            wanted = Aggregate(object_, report.where, report.group_by, report.measures)
            rows = aggregate(scope, wanted)
            assert len(rows) >= 2, report.api
        empty = [
            view.api
            for object_ in scope.schema.objects.values()
            for view in object_.views
            if "$user" not in str(view.where_json) and not count(scope, object_, view.where, 10)
        ]
    assert empty == []


def test_amounts_are_those_of_the_lines(services: Services) -> None:
    with open_scope(services.database, tenant_id(services, "demo")) as scope:
        for parent, child in (("opportunity", "opportunity_line"), ("quote", "quote_line")):
            object_ = scope.schema.objects[child]
            compared = 0
            for record in all_of(scope, parent):
                where = parse(
                    {"field": parent, "op": "=", "value": str(record.id)}, object_, scope.schema
                )
                lines = select_records(scope, Query(object=object_, where=where)).records
                if lines:
                    amounts = [Decimal(line.values["amount"]) for line in lines]
                    assert Decimal(record.values["amount"]) == sum(amounts)
                    compared += 1
            assert compared > 10


def test_a_second_time_changes_nothing(services: Services) -> None:
    def state() -> list[object]:
        found: list[object] = []
        for slug in ("demo", "acme"):
            with open_scope(services.database, tenant_id(services, slug)) as scope:
                users = scope.unit.session.scalars(select(User).order_by(User.id)).all()
                found.append([(user.id, user.password_hash) for user in users])
                found.append(scope.schema.version)
                found += [len(all_of(scope, api)) for api in scope.schema.objects]
        return found

    before = state()
    demo.ensure(services, PASSWORD)
    assert state() == before


def test_another_password_is_given_to_everybody_and_the_rest_stays(services: Services) -> None:
    acme = tenant_id(services, "acme")
    with open_scope(services.database, acme, write=True) as scope:
        first = all_of(scope, "lead")[0]
        records.delete(scope, "lead", first.id)
    demo.ensure(services, "another one")
    with open_scope(services.database, acme) as scope:
        users = scope.unit.session.scalars(select(User)).all()
        assert all(verify_password(user.password_hash, "another one") for user in users)
        assert first.id not in {record.id for record in all_of(scope, "lead")}
    demo.ensure(services, PASSWORD)


def test_an_interrupted_start_is_completed(
    services: Services, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = servers.new_database()
    engine = make_engine(url, pool_size=2)
    fresh = replace(services, database=Database(engine, FixedClock(NOW)))

    def stop(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo, "_people", stop)
        with pytest.raises(KeyboardInterrupt):
            demo.ensure(fresh, PASSWORD)
    demo.ensure(fresh, PASSWORD)
    for slug in ("demo", "acme"):
        with open_scope(fresh.database, tenant_id(fresh, slug)) as scope:
            assert count(scope, scope.schema.objects["opportunity"], None, 1000) > 50
            assert len(store.history(scope)) == 3
    engine.dispose()
