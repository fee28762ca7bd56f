"""How the gateway's cost depends on tenants, payload and concurrency, with Envoy beside it.

Run with `python bench/gateway/curves.py`; `--rounds 1 --seconds 1` for a quick look. Servers, log
files and credentials are those of `compare.py`; each point is the median of some rounds, and the
rounds of all points of a curve take turns, so that a busy moment does not spoil a single point.
"""

import argparse
from dataclasses import replace
from typing import Any

from compare import running
from servers import ANSWER_BYTES
from tenants import TENANTS
from traffic import Target, Traffic, measure

from proof.figures import Bar, median, report
from proof.plots import curve

COUNTS = (10, 100, 1_000, TENANTS)
CONNECTIONS = (1, 8, 64, 512)
MIB = 1024 * 1024
# Sixty-four connections that each rest this long send some 5,000 requests a second in all.
PACED = Traffic(connections=64, pause_milliseconds=12)

Points = dict[float, Traffic]
Medians = dict[float, float]


def tenants() -> Points:
    """The number of tenants that send requests in turn; ten thousand are always known."""
    return {count: Traffic(tenants=count) for count in COUNTS}


def tenants_paced() -> Points:
    """The ends of that curve at the same number of requests a second."""
    return {count: replace(PACED, tenants=count) for count in (COUNTS[0], COUNTS[-1])}


def answers() -> Points:
    """Answers from nothing to 1 MiB."""
    return {size: Traffic(tenants=100, path=f"/v1/images/{size}") for size in ANSWER_BYTES}


def uploads() -> Points:
    """Bodies from nothing to 1 MiB."""
    path = "/v1/uploads"
    return {
        size: Traffic(tenants=100, method="POST", path=path, body_bytes=size)
        for size in ANSWER_BYTES
    }


def concurrency() -> Points:
    """Connections of clients, each with one request under way."""
    return {count: Traffic(connections=count) for count in CONNECTIONS}


CURVES = {
    "tenants": tenants,
    "tenants_paced": tenants_paced,
    "answers": answers,
    "uploads": uploads,
    "concurrency": concurrency,
}


class Measurement:
    """The rounds of every point, as they were measured."""

    def __init__(self, targets: dict[str, Target], rounds: int, seconds: int) -> None:
        self._targets = targets
        self._rounds = rounds
        self._seconds = seconds
        self.raw: dict[str, dict[str, dict[str, list[dict[str, Any]]]]] = {}

    def take(self, name: str) -> dict[str, Medians]:
        """Requests per CPU-second at each point of a curve, by server."""
        points = CURVES[name]()
        raw = self.raw[name] = {server: {str(at): [] for at in points} for server in self._targets}
        for _ in range(self._rounds):
            for at, traffic in points.items():
                for server, target in self._targets.items():
                    result = measure(target, self._seconds, traffic)
                    raw[server][str(at)].append(result)
        return {
            server: {
                at: median([each["requests_per_cpu_second"] for each in raw[server][str(at)]])
                for at in points
            }
            for server in self._targets
        }

    @property
    def failed(self) -> int:
        """Requests that were not answered 200, of all curves."""
        return sum(
            result["failed"]
            for curve_raw in self.raw.values()
            for points in curve_raw.values()
            for results in points.values()
            for result in results
        )


def draw(name: str, title: str, x_label: str, medians: dict[str, Medians]) -> None:
    """One picture; a payload of nothing is drawn at one byte, since the axis is logarithmic."""
    curve(
        name,
        title,
        x_label=x_label,
        y_label="requests per CPU-second",
        series={
            server: [(max(at, 1), value) for at, value in points.items()]
            for server, points in medians.items()
        },
    )


def throughput(medians: Medians) -> float:
    """MiB per CPU-second at the largest payload."""
    largest = max(medians)
    return medians[largest] * largest / MIB


def main() -> None:
    """Measure, draw and report."""
    parser = argparse.ArgumentParser(description="Curves of the gateway's cost.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    options = parser.parse_args()
    with running() as started:
        targets = {name: started[name] for name in ("gateway", "envoy")}
        measurement = Measurement(targets, options.rounds, options.seconds)
        medians = {name: measurement.take(name) for name in CURVES}
    draw("gateway_tenants", "Tenants that ask", "tenants", medians["tenants"])
    draw("gateway_answers", "Size of answers", "bytes", medians["answers"])
    draw("gateway_uploads", "Size of uploads", "bytes", medians["uploads"])
    draw("gateway_concurrency", "Connections", "connections", medians["concurrency"])
    few, many = COUNTS[0], COUNTS[-1]
    figures: dict[str, Any] = {}
    for name, label in (("tenants", "as fast as it goes"), ("tenants_paced", "same rate")):
        ours = medians[name]["gateway"]
        figures[f"cost with {many:,} tenants / {few}, {label}"] = ours[few] / ours[many]
    for server in targets:
        for name in ("answers", "uploads"):
            figures[f"{server}, {name}, MiB per CPU-second"] = throughput(medians[name][server])
    figures["failed requests"] = measurement.failed
    report(
        "gateway_curves",
        figures,
        {"medians": medians, "rounds": measurement.raw},
        bars=[
            Bar(f"cost with {many:,} tenants / {few}, as fast as it goes", at_most=1.1),
            Bar("failed requests", at_most=0),
        ],
    )


if __name__ == "__main__":
    main()
