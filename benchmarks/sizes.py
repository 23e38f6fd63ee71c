"""How much data and how many repetitions a run uses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Counts of rows and of repetitions.

    `records` deals belong to the big tenant; each of `tenants` small ones has `small_records`.
    `rounds` are turns of one operation at SQL level. At HTTP level `turns` turns of `requests`
    requests are made by `clients` clients.
    """

    name: str
    records: int
    accounts: int
    tenants: int
    small_records: int
    rounds: int
    slow_rounds: int
    bulk: int
    bulk_rounds: int
    clients: int
    turns: int
    requests: int
    slow_requests: int


SIZES = {
    size.name: size
    for size in (
        Size("tiny", 1_000, 20, 2, 20, 5, 2, 200, 1, 2, 1, 6, 2),
        Size("small", 30_000, 300, 20, 100, 60, 11, 3_000, 3, 8, 3, 160, 48),
        Size("full", 1_000_000, 10_000, 500, 200, 200, 15, 50_000, 3, 8, 5, 800, 40),
    )
}
