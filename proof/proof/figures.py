"""What every benchmark shares: the machine it ran on, CPU-seconds of processes, and the report.

Figures are ratios within one run or percentiles; CPU-seconds count user and system time of the
processes named, because wall-clock rates swing with whatever else the machine does.
"""

import json
import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

RESULTS = Path(__file__).resolve().parents[2] / "bench/results"


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


def report(name: str, figures: Mapping[str, Any], raw: Mapping[str, Any]) -> None:
    """Print `figures` as a table, and keep them with the raw numbers in results/<name>.json."""
    width = max(len(key) for key in figures)
    for key, value in figures.items():
        print(
            f"{key:<{width}}  {value:,.2f}"
            if isinstance(value, float)
            else f"{key:<{width}}  {value}"
        )
    RESULTS.mkdir(exist_ok=True)
    document = {"name": name, "machine": machine(), "figures": figures, "raw": raw}
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
