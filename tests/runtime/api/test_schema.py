"""schemathesis calls everything that `openapi.json` describes, in right and in wrong ways."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from schemathesis import BaseSchema
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from werkzeug import Client

from tests.runtime.api.conftest import Bench, Program

REFUSED = [400, 401, 403, 404, 409, 412, 413, 415, 422]
CONFIG: dict[str, Any] = {
    "seed": 20260302,
    "workers": 1,
    "continue-on-failure": True,
    "cache": {"enabled": False},
    "checks": {
        # A value of the right shape may still be refused: lookups name records that exist,
        # unique values are free, operators fit values; JSON Schema does not say so.
        "positive_data_acceptance": {"enabled": False},
        "negative_data_rejection": {"expected-statuses": REFUSED},
    },
    "generation": {
        "database": "none",
        "max-examples": 8,
        "deterministic": True,
        "no-shrink": True,
    },
    "phases": {"stateful": {"generation": {"max-examples": 4}}},
    "operations": [
        # `thing`, `part` and `user` have all there is; the others are served by the same code.
        {"include-path-regex": "/(firm|note)(/|$)", "enabled": False},
        # Thousands of conditions: those of the object with every field type are enough.
        {
            "include-path-regex": "/(query|aggregate)/(part|user)$",
            "phases": {"coverage": {"enabled": False}},
        },
        # A file may hold any text: what is wrong with its rows is told in the job's results.
        {
            "include-path-regex": "/bulk/",
            "checks": {"negative_data_rejection": {"enabled": False}},
        },
    ],
}


class _Client(Client):
    """schemathesis repeats calls without credentials, and then hands its settings for network
    connections to the client of the application, which has none."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        for name in ("max_redirects", "verify", "cert"):
            kwargs.pop(name, None)
        return super().open(*args, **kwargs)


@schemathesis.serializer("text/csv", "application/x-ndjson")
def _as_text(_context: Any, value: Any) -> bytes:
    return str(value).encode("utf-8", "replace")


def _faults(caller: Program, *, thorough: bool, path: str = "") -> tuple[dict[str, str], set[int]]:
    """What schemathesis finds as this caller, and the statuses that it met. `thorough` takes
    every way to be wrong in turn; with `path` only that address is called."""
    headers = {"Host": caller.host, "Authorization": f"Bearer {caller.token}"}
    config = SchemathesisConfig.from_dict(CONFIG)
    config.projects.default.update(headers=headers)
    config.projects.default.phases.coverage.enabled = thorough
    schema = schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", caller.application, config=config, headers=headers
    )
    asked: BaseSchema = schema.include(path=path) if path else schema
    found: dict[str, str] = {}
    statuses: set[int] = set()
    for event in from_schema(asked).execute():
        if isinstance(event, FatalError):
            raise event.exception
        if isinstance(event, NonFatalError):
            found[str(event.label)] = repr(event.value)
        elif isinstance(event, ScenarioFinished):
            found |= _failures(event)
            statuses |= {
                call.response.status_code
                for call in event.recorder.interactions.values()
                if call.response is not None
            }
    return found, statuses


def _failures(event: ScenarioFinished) -> dict[str, str]:
    found = {}
    for case_id, checks in event.recorder.checks.items():
        call = event.recorder.cases[case_id].value.operation.label
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                detail = f"{failure.message}\n{check.failure_info.code_sample}"
                found[f"{call}: {failure.title}"] = detail
    return found


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemathesis.python.wsgi.get_client", _Client)


@pytest.mark.parametrize("who", ["admin", "user"])
def test_schemathesis_finds_nothing(bench: Bench, who: str) -> None:
    faults, statuses = _faults(getattr(bench, who), thorough=who == "admin")
    if faults:
        pytest.fail("\n\n".join(f"{k}\n{v}" for k, v in faults.items()), pytrace=False)
    assert statuses >= {200, 201, 202, 204, 400, 401, 404, 422}  # it got somewhere


def test_schemathesis_would_find_something(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.api.objects._summary", lambda _object: {"api": 5})
    faults, _statuses = _faults(bench.user, thorough=False, path="/api/v1/objects")
    assert "GET /api/v1/objects: Response violates schema" in faults
