"""Shared by all benchmarks: the machine they ran on, CPU-seconds of processes, and the report.

Figures are ratios within one run or percentiles; CPU-seconds count user and system time of the
processes named, because wall-clock rates swing with whatever else the machine does.
"""

import json
import os
import platform
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

RESULTS = Path(__file__).resolve().parents[2] / "bench/results"
# How the line about a missed bar begins.
NOT_MET = "NOT MET"


def machine() -> dict[str, Any]:
    """The machine a figure belongs to."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes and their children so far."""
    total = 0.0
    for pid in pids:
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            times = each.cpu_times()
            total += times.user + times.system
    return total


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def median(values: Sequence[float]) -> float:
    """The middle of several rounds."""
    return statistics.median(values)


@dataclass(frozen=True)
class Bar:
    """What the figure of this name must reach: at least, at most, or both if it must be exact."""

    figure: str
    at_least: float = float("-inf")
    at_most: float = float("inf")

    def is_met(self, value: float) -> bool:
        """Whether `value` is good enough; something that is not a number never is."""
        return self.at_least <= value <= self.at_most

    def __str__(self) -> str:
        sides = (f"at least {self.at_least:g}", f"at most {self.at_most:g}")
        return " and ".join(side for side in sides if not side.endswith("inf"))


def missed(figures: Mapping[str, Any], bars: Iterable[Bar]) -> list[str]:
    """A sentence for each bar that is not met; KeyError for one without its figure."""
    return [
        f"{bar.figure}: {shown(figures[bar.figure])}, must be {bar}"
        for bar in bars
        if not bar.is_met(figures[bar.figure])
    ]


def report(
    name: str, figures: Mapping[str, Any], raw: Mapping[str, Any], *, bars: Iterable[Bar] = ()
) -> None:
    """Print `figures` as a table and keep them with the raw numbers in results/<name>.json.

    Then exits with status 1 if a bar is not met, and says which.
    """
    bars = list(bars)
    told = {bar.figure: f"  ({bar})" for bar in bars}
    width = max(len(key) for key in figures)
    for key, value in figures.items():
        print(f"{key:<{width}}  {shown(value)}{told.get(key, '')}")
    RESULTS.mkdir(exist_ok=True)
    document = {
        "name": name,
        "machine": machine(),
        "figures": figures,
        "bars": {bar.figure: str(bar) for bar in bars},
        "raw": raw,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
    if misses := missed(figures, bars):
        sys.exit("\n".join(f"{NOT_MET} {miss}" for miss in misses))


def shown(value: Any) -> str:
    """A figure as people read it."""
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
