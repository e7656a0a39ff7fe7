"""How figures are measured and shown."""

import os
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def seconds(act: Callable[[], T]) -> tuple[float, T]:
    """How long ``act`` took, and what it returned."""
    began = time.perf_counter()
    result = act()
    return time.perf_counter() - began, result


def expect(wanted: object, found: object) -> None:
    """A figure is worth nothing if what was measured did not do its job."""
    if found != wanted:
        raise SystemExit(f"expected {str(wanted)[:200]}, got {str(found)[:200]}")


def load() -> str:
    """What else the machine was doing."""
    averages = " ".join(f"{average:.1f}" for average in os.getloadavg())
    return f"load {averages} on {os.cpu_count()} processors"


def table(rows: Iterable[tuple[str, str, str]]) -> None:
    """Print (what, measured, bound)."""
    lines = [("what", "measured", "bound"), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    print(load(), flush=True)


def verdict(measured: float, bound: float, unit: str = "") -> str:
    """``measured`` and whether it keeps below ``bound``."""
    return f"{measured:.2f}{unit} ({'kept' if measured <= bound else 'MISSED'})"
