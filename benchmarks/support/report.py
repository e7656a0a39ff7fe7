"""Options of the scripts, and how figures are measured and shown."""

import argparse
import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")

DEFAULT = "default: %(default)s"


def options(doc: str, **defaults: int | list[int]) -> argparse.ArgumentParser:
    """A parser that shows ``doc`` as its help, with an option for each of ``defaults``."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in defaults.items():
        nargs = "+" if isinstance(default, list) else None
        parser.add_argument(f"--{name}", type=int, nargs=nargs, default=default, help=DEFAULT)
    return parser


def seconds(act: Callable[[], T]) -> tuple[float, T]:
    """How long ``act`` took, and what it returned."""
    began = time.perf_counter()
    result = act()
    return time.perf_counter() - began, result


def expect(wanted: object, found: object) -> None:
    """A figure is worth nothing if what was measured did not do its job."""
    if found != wanted:
        raise SystemExit(f"expected {str(wanted)[:200]}, got {str(found)[:200]}")


def percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)]


def load() -> str:
    """What else the machine was doing."""
    averages = " ".join(f"{average:.1f}" for average in os.getloadavg())
    return f"load {averages} on {os.cpu_count()} processors"


def table(rows: Iterable[tuple[str, str, str]]) -> None:
    """Print (what, measured, bound)."""
    lines = [("what", "measured", "bound"), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    print(load(), flush=True)


def at_most(
    what: str, measured: float, bound: float, unit: str = "", digits: int = 2
) -> tuple[str, str, str]:
    """A row of the table for a figure that should not exceed ``bound``."""
    return what, verdict(measured, bound, unit, digits), f"{bound:g}{unit}"


def at_least(what: str, rate: float, bound: float) -> tuple[str, str, str]:
    """A row of the table for a rate per second that should reach ``bound``."""
    return what, f"{rate:,.0f}/s ({'kept' if rate >= bound else 'MISSED'})", f"{bound:,}/s"


def verdict(measured: float, bound: float, unit: str = "", digits: int = 2) -> str:
    """``measured``, and whether it stays within ``bound``."""
    return f"{measured:.{digits}f}{unit} ({'kept' if measured <= bound else 'MISSED'})"
