"""`make faults`: the long form, for one seed after the other, each on a platform of its own."""

import argparse
import asyncio
import logging
import secrets
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from proof.faults.network import Network
from proof.faults.recovery import BAR_SECONDS
from proof.faults.report import Report
from proof.faults.run import Run
from proof.figures import Bar, percentile, report
from proof.platforms import running

FAULTS = 150


def main() -> None:
    """Run, print the reports, keep the figures, and fail if there was a difference."""
    options = parsed()
    # It often logs that the broker is away, which is expected here.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    seeds = options.seed or [secrets.randbelow(10**6)]
    reports = []
    for seed in seeds:
        say(f"seed {seed}: again with --seed {seed}")
        reports.append(run(seed, options))
        say(str(reports[-1]))
    if min(report.faults for report in reports) >= FAULTS:
        keep_figures(reports)
    sys.exit(any(report.failures for report in reports))


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--faults", type=int, default=FAULTS, help="with fewer, no figures are kept"
    )
    parser.add_argument("--minutes", type=float, default=22.0, help="for the faults of a seed")
    parser.add_argument("--longest-pause", type=float, default=15.0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, nargs="+", help="random unless given")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for data and logs")
    return parser.parse_args()


def run(seed: int, options: argparse.Namespace) -> Report:
    """One run on a new platform."""
    folder = options.keep / str(seed) if options.keep else None
    with (
        Network() as network,
        running(folder, engine="fast", detour=network.detour, say=say) as platform,
    ):
        return asyncio.run(
            Run(platform, seed, say=say, network=network).execute(
                options.faults,
                longest_pause=options.longest_pause,
                seconds=60 * options.minutes,
            )
        )


def keep_figures(reports: Sequence[Report]) -> None:
    """Into bench/results/faults.json."""
    seconds = [each for report in reports for each in report.recovery_seconds]
    kinds = sum((report.kinds for report in reports), Counter[str]())
    figures = {
        "seeds": ", ".join(str(report.seed) for report in reports),
        "faults": kinds.total(),
        "kinds of faults": len(kinds),
        "differences and other failures": sum(len(report.failures) for report in reports),
        "seconds to recover, median": statistics.median(seconds),
        "seconds to recover, p90": percentile(seconds, 0.9),
        "seconds to recover, longest": max(seconds),
    }
    raw = {
        str(report.seed): {
            "commands": report.commands,
            "faults": dict(report.kinds),
            "attempts at jobs": dict(report.attempts),
            "seconds to recover": [round(each, 2) for each in report.recovery_seconds],
            "longest": {name: round(each, 2) for name, each in report.slowest.items()},
            "failures": report.failures,
        }
        for report in reports
    }
    report(
        "faults",
        figures,
        raw,
        bars=[
            Bar("differences and other failures", at_most=0),
            Bar("seconds to recover, longest", at_most=BAR_SECONDS),
        ],
    )


def say(line: str) -> None:
    """Show progress at once."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
