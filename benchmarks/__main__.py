"""`python -m benchmarks`: load once, measure both sides in turns, print the ratios."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import click
import orjson

from benchmarks.environment import Servers, own_servers
from benchmarks.http_level import HttpLevel
from benchmarks.loading import ensure_loaded
from benchmarks.results import Result, table
from benchmarks.sizes import SIZES, Size
from benchmarks.sql_level import SqlLevel
from kernel.embedded.errors import LaunchError

_HOME = Path(__file__).resolve().parents[1] / ".banyan" / "benchmarks"


@click.command()
@click.option(
    "--size",
    "size_name",
    type=click.Choice(list(SIZES)),
    default="full",
    help="How much data: full is a million deals; small takes under two minutes.",
)
@click.option("--fresh", is_flag=True, help="Load the data anew.")
@click.option("--level", type=click.Choice(["sql", "http", "both"]), default="both")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=_HOME,
    help="Where the servers of the benchmarks keep their data between runs.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path),
    help="Where the figures go as JSON; by default results-SIZE.json in the home.",
)
def main(size_name: str, fresh: bool, level: str, home: Path, json_file: Path | None) -> None:
    """Measure the product beside a hand-written application on the same data."""
    size = SIZES[size_name]
    try:
        with own_servers(home, f"bench_{size.name}", fresh=fresh) as servers:
            results = measure(servers, size, level)
    except LaunchError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    target = json_file or home / f"results-{size.name}.json"
    target.write_bytes(_as_json(size, results))
    click.echo(f"\n{table(results)}\n\nFigures: {target}")
    missed = [result for result in results if result.missed]
    if missed:
        click.echo(f"{len(missed)} of {len(results)} targets MISSED")


def measure(servers: Servers, size: Size, level: str = "both") -> list[Result]:
    """Fill the database if it is empty, and measure."""
    started = time.monotonic()

    def say(message: str) -> None:
        click.echo(f"[{time.monotonic() - started:5.0f} s] {message}", err=True)

    loaded = ensure_loaded(servers.database_url, size, say)
    rates = (f"{side} {size.records / taken:,.0f}/s" for side, taken in loaded.seconds.items())
    say(f"{size.records:,} deals, loaded at {', '.join(rates)}; load {os.getloadavg()[0]:.1f}")
    runs: list[Iterator[Result]] = []
    if level != "http":
        runs.append(SqlLevel(servers, size, loaded).run())
    if level != "sql":
        runs.append(HttpLevel(servers, size, loaded).run())
    results = []
    for result in chain.from_iterable(runs):
        say(f"{result.level} {result.operation}: {result.ours * 1000:.2f} ms")
        results.append(result)
    say(f"done; load {os.getloadavg()[0]:.1f}")
    return results


def _as_json(size: Size, results: list[Result]) -> bytes:
    content = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "size": size.name,
        "records": size.records,
        "cpus": os.cpu_count(),
        "load": os.getloadavg(),
        "results": [result.as_json() for result in results],
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


if __name__ == "__main__":
    main()
