"""How long a staged photo takes and what memory the Blender child needs.

    python bench/engine.py [--quality standard] [--jobs 3]

Wall time, CPU-seconds of the child and its peak memory for each demo room; the first job pays for
the start of the child. Run it on an otherwise idle machine: the load is reported beside the figures.
"""

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any, get_args

from proof.figures import Bar, cpu_seconds, machine, median, report
from staging_engine.blender import BlenderEngine
from staging_engine.port import Quality, StagingRequest

ROOT = Path(__file__).resolve().parent.parent
JOBS = (
    ("room_b_bedroom", "bedroom", "scandinavian"),
    ("room_a_living", "living_room", "modern"),
    ("room_c_loft", "dining_room", "industrial"),
)


async def main() -> None:
    """Stage the rooms in turn with one child and report."""
    arguments = _arguments()
    engine = BlenderEngine(arguments.python)
    rows = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            for index in range(arguments.jobs):
                rows.append(await _measure(engine, Path(folder), index, arguments.quality))
    finally:
        await engine.close()
    _report(arguments.quality, rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    installed = ROOT / ".stagify" / "engine" / "bin" / "python"
    given = os.environ.get("STAGIFY_ENGINE_PYTHON")
    parser.add_argument("--python", type=Path, default=Path(given) if given else installed)
    parser.add_argument("--quality", choices=get_args(Quality), default="standard")
    parser.add_argument("--jobs", type=int, default=len(JOBS))
    return parser.parse_args()


async def _measure(
    engine: BlenderEngine, folder: Path, index: int, quality: Quality
) -> dict[str, Any]:
    name, room_type, style = JOBS[index % len(JOBS)]
    photo = ROOT / "examples" / "rooms" / f"{name}.jpg"
    request = StagingRequest(photo, folder / "staged.jpg", room_type, style, quality, seed=1)
    before = cpu_seconds([engine.child_pid]) if engine.child_pid else 0.0
    started = time.perf_counter()
    result = await engine.stage(request, progress=lambda *_: None)
    wall = time.perf_counter() - started
    assert engine.child_pid is not None
    return {
        "room": name,
        "room_type": room_type,
        "style": style,
        "first_job_of_child": index == 0,
        "wall_seconds": round(wall, 2),
        "child_cpu_seconds": round(cpu_seconds([engine.child_pid]) - before, 2),
        "child_peak_mib": _peak_mib(engine.child_pid),
        "load_average": round(os.getloadavg()[0], 1),
        "seconds": result.record["seconds"],
    }


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError("the child's status has no peak memory")


def _report(quality: Quality, rows: list[dict[str, Any]]) -> None:
    figures: dict[str, Any] = {"quality": quality, "photo": "1600 x 1067"}
    for row in rows:
        job = f"{row['room']}, {'first' if row['first_job_of_child'] else 'reused'} child"
        figures[f"{job}: wall seconds"] = row["wall_seconds"]
        figures[f"{job}: child CPU-seconds"] = row["child_cpu_seconds"]
        figures[f"{job}: load average"] = row["load_average"]
    figures["child peak memory, MiB"] = max(row["child_peak_mib"] for row in rows)
    middle = "median of the jobs, wall seconds"
    figures[middle] = round(median([row["wall_seconds"] for row in rows]), 2)
    bars = [Bar("child peak memory, MiB", at_most=1.2 * 1024)]
    if quality == "standard":
        bars.append(Bar(middle, at_most=20))
    report("engine", figures, {"machine": machine(), "jobs": rows}, bars=bars)


if __name__ == "__main__":
    asyncio.run(main())
