"""Mixed load for half an hour: does anything grow?

Run with `python -m proof.load.soak [--minutes N]`. Customers sign up, upload, create, list, follow,
delete, log in and out, and send invalid requests, at a rate the machine handles easily. Every 15
seconds we note memory (PSS), threads, files, sockets and event-loop tasks of each process, the
backends of PostgreSQL, the outboxes and the lag of the consumers. After a warm-up of a third of the
time, the medians of the first and the last quarter of the rest are compared. Bars: memory within
5 %, nothing else has grown.
"""

import argparse
import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from proof.figures import Bar, median, report
from proof.load.customers import Tenant, sign_up_many
from proof.load.rig import Rig, running_rig
from proof.load.samples import Sample, Sampler
from proof.load.traffic import Tally, Traffic
from proof.plots import curve

TENANTS = 6
PERIOD_SECONDS = 15.0
SAMPLES_AT_LEAST = 24
WARM_UP_SHARE = 1 / 3
BARS = (
    Bar("unexpected answers", at_most=0),
    Bar("memory of our processes, largest change", at_most=0.05),
    Bar("other measures that grew", at_most=0),
)
# Measures that vary by themselves, so that the medians of two quarters may differ: connections that
# are kept for a while, requests under way at the moment of the sample.
TOLERANCE = {"threads": 2, "files": 8, "sockets": 8, "tasks": 8, "lag": 5, "rows": 5}
# Not ours: their memory is a cache or a heap of fixed size that fills up, and a backend of
# PostgreSQL keeps files open that it has used.
PARTS = frozenset({"postgres", "kafka", "objectstore"})


async def soak(rig: Rig, tenants: list[Tenant], minutes: float) -> tuple[Sampler, Tally]:
    """Load and samples for so long."""
    sampler, traffic = Sampler(rig), Traffic(rig, tenants)
    seconds = 60 * minutes
    period = min(PERIOD_SECONDS, seconds / SAMPLES_AT_LEAST)
    load = asyncio.create_task(traffic.run())
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not load.done():
                    await sampler.take()
                    await asyncio.sleep(period)
    finally:
        load.cancel()
        await asyncio.wait([load])
    if not load.cancelled() and (error := load.exception()) is not None:
        raise error
    return sampler, traffic.tally


def compare(sampler: Sampler) -> dict[str, dict[str, tuple[float, float]]]:
    """Measure → name → the medians of the first and of the last quarter after the warm-up."""
    samples = sampler.samples[round(len(sampler.samples) * WARM_UP_SHARE) :]
    quarter = max(1, len(samples) // 4)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for measure, names in samples[-1].values.items():
        for name in names:
            first = sampler.series(measure, name, samples[:quarter])
            last = sampler.series(measure, name, samples[-quarter:])
            if first and last:
                found.setdefault(measure, {})[name] = (median(first), median(last))
    return found


def grown(compared: dict[str, dict[str, tuple[float, float]]]) -> list[str]:
    """Every measure, except memory, that has grown."""
    return [
        f"{measure} of {name}: {first:g} → {last:g}"
        for measure, names in compared.items()
        if measure in TOLERANCE
        for name, (first, last) in names.items()
        if last > first + TOLERANCE[measure] and not (measure == "files" and name in PARTS)
    ]


def draw(samples: Sequence[Sample]) -> None:
    """Memory over time."""
    names = samples[-1].values["memory_mib"]
    curve(
        "soak_memory",
        "Memory under mixed load",
        x_label="minutes",
        y_label="MiB (PSS)",
        series={
            name: [
                (sample.at / 60, sample.values["memory_mib"][name])
                for sample in samples
                if name in sample.values["memory_mib"]
            ]
            for name in names
        },
        logarithmic=False,
    )


def examine(rig: Rig, minutes: float) -> None:
    tenants = sign_up_many(rig.platform, TENANTS)
    for tenant in tenants:
        rig.platform.run("usage-svc", "set-plan", tenant.slug, "enterprise")
    sampler, tally = asyncio.run(soak(rig, tenants, minutes))
    compared = compare(sampler)
    memory = {name: last / first - 1 for name, (first, last) in compared["memory_mib"].items()}
    ours = {name: change for name, change in memory.items() if name not in PARTS}
    more = grown(compared)
    figures: dict[str, Any] = {
        "minutes": minutes,
        "requests": sum(tally.done.values()),
        "unexpected answers": sum(tally.unexpected.values()),
        "memory of our processes, largest change": max(ours.values()),
        "process with the largest change": max(ours, key=lambda name: ours[name]),
        "memory of the parts, largest change": max(memory[name] for name in PARTS),
        "other measures that grew": len(more),
    }
    for line in (*more, *tally.unexpected):
        print(f"  {line}")
    raw = {
        "grown": more,
        "memory_change": memory,
        "compared": compared,
        "done": dict(tally.done),
        "unexpected": dict(tally.unexpected),
        "ends_by_the_gateway": dict(rig.endings()),
        "samples": [{"at": sample.at, **sample.values} for sample in sampler.samples],
    }
    draw(sampler.samples)
    report("soak", figures, raw, bars=BARS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    options = parser.parse_args()
    with running_rig() as rig:
        examine(rig, options.minutes)


if __name__ == "__main__":
    main()
