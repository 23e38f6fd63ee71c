"""Ids: increasing, unique among nodes, and small enough."""

from __future__ import annotations

import threading

from kernel.clock import SystemClock
from kernel.db.unit import Database
from kernel.ids import NODES, IdMaker, new_ulid


def test_ids_increase_even_when_the_clock_goes_back() -> None:
    times = iter([1_800_000_000_000, 1_800_000_000_005, 1_799_999_999_000, 1_800_000_000_006])
    make = IdMaker(1, lambda: next(times))
    made = [make() for _ in range(4)]
    assert made == sorted(set(made))


def test_a_millisecond_never_runs_out() -> None:
    make = IdMaker(1, lambda: 1_800_000_000_000)
    made = [make() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_nodes_never_make_the_same() -> None:
    makers = [IdMaker(node, lambda: 1_800_000_000_000) for node in (0, 1, NODES - 1)]
    made = [make() for make in makers for _ in range(5_000)]
    assert len(set(made)) == len(made)
    assert 0 < max(made) < 2**63


def test_threads_never_make_the_same() -> None:
    make, made = IdMaker(1), list[int]()

    def work() -> None:
        made.extend([make() for _ in range(5_000)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 20_000


def test_processes_lease_different_nodes(database: Database) -> None:
    first, second = (Database(database.engine, SystemClock()) for _ in range(2))
    nodes = {(one.new_id() >> 12) & (NODES - 1) for one in (first, second)}
    assert len(nodes) == 2


def test_document_ids_are_ulids() -> None:
    assert len({new_ulid() for _ in range(1000)}) == 1000
    assert len(new_ulid()) == 26
