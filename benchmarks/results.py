"""Measurements of the two sides, their ratio and the target."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Timer = Callable[[int], float]
"""Does an operation for the n-th time and returns the seconds that count."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a measurement may be: a ratio to the floor, or milliseconds."""

    ratio: float | None = None
    milliseconds: float | None = None

    def __str__(self) -> str:
        if self.ratio is not None:
            return f"{self.ratio:g}x"
        return "" if self.milliseconds is None else f"{self.milliseconds:g} ms"


@dataclass(frozen=True, slots=True)
class Result:
    """Medians in seconds. `floor` is None where there is nothing to compare with."""

    level: str
    operation: str
    ours: float
    floor: float | None
    target: Target
    samples: int

    @property
    def ratio(self) -> float | None:
        """How many times the floor's time the product takes."""
        return None if self.floor is None else self.ours / self.floor

    @property
    def missed(self) -> bool:
        """Whether there is a target and it is not met."""
        if self.target.ratio is not None:
            return self.ratio is None or self.ratio > self.target.ratio
        limit = self.target.milliseconds
        return limit is not None and self.ours * 1000 > limit

    @property
    def verdict(self) -> str:
        """`ok`, `MISSED`, or nothing when there is no target."""
        return "" if not str(self.target) else "MISSED" if self.missed else "ok"

    def as_json(self) -> dict[str, Any]:
        """The result with its verdict."""
        return asdict(self) | {"ratio": self.ratio, "verdict": self.verdict}


def in_turns(ours: Timer, floor: Timer, rounds: int) -> tuple[list[float], list[float]]:
    """Times of both, A B A B ..., after one round each that does not count."""
    ours(0)
    floor(0)
    times: tuple[list[float], list[float]] = ([], [])
    for n in range(rounds):
        times[0].append(ours(n))
        times[1].append(floor(n))
    return times


def compare(
    level: str,
    operation: str,
    target: Target,
    times: tuple[Sequence[float], Sequence[float]],
) -> Result:
    """The result of times of ours and of the floor; the floor's may be empty."""
    ours, floor = times
    return Result(
        level,
        operation,
        statistics.median(ours),
        statistics.median(floor) if floor else None,
        target,
        len(ours),
    )


def table(results: Sequence[Result]) -> str:
    """The results as aligned text."""
    heading = ("level", "operation", "product", "floor", "ratio", "target", "")
    rows = [heading]
    for r in results:
        floor = "" if r.floor is None else _time(r.floor)
        ratio = "" if r.ratio is None else f"{r.ratio:.2f}x"
        rows.append((r.level, r.operation, _time(r.ours), floor, ratio, str(r.target), r.verdict))
    widths = [max(len(row[n]) for row in rows) for n in range(len(heading))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n < 2 or n == 6 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"
