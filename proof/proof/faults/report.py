"""The results of a run."""

import json
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# A producer that nobody closed; an exception that nobody saw, and a bug that a service reports.
COMPLAINTS = (
    "Unclosed AIOKafka",
    "exception was never retrieved",
    "was destroyed but it is pending",
    "worker.periodic_failed",
    "job.crashed",
    "job.ended_badly",
    "progress.broken",
)
LOG_SECOND = re.compile(r'"time":"([^".]+)')
MAX_LINES_A_SECOND = 400


@dataclass
class Report:
    """It passed if `failures` is empty."""

    seed: int
    commands: str = ""
    # How often each fault was done, such as "kill kafka".
    kinds: Counter[str] = field(default_factory=Counter)
    # Seconds to recover after each blow, by what had to work again.
    recoveries: list[dict[str, float]] = field(default_factory=list)
    # How attempts at jobs ended.
    attempts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        return self.kinds.total()

    @property
    def recovery_seconds(self) -> list[float]:
        """For each blow, until the last thing worked again."""
        return [max(took.values()) for took in self.recoveries]

    @property
    def slowest(self) -> dict[str, float]:
        """The longest that each thing took."""
        slowest: dict[str, float] = {}
        for recovery in self.recoveries:
            for name, seconds in recovery.items():
                slowest[name] = max(seconds, slowest.get(name, 0.0))
        return slowest

    def __str__(self) -> str:
        took = self.recovery_seconds or [0.0]
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.kinds.items()))
        lines = [
            f"seed {self.seed}: {self.faults} faults, {self.commands}",
            f"faults: {kinds}",
            f"attempts at jobs: {dict(self.attempts)}",
            f"recovery: median {statistics.median(took):.1f} s, max {max(took):.1f} s",
            *(f"  {name:<26} at most {each:.1f} s" for name, each in sorted(self.slowest.items())),
            *(f"FAILURE {failure}" for failure in self.failures),
        ]
        return "\n".join(lines)


def complaints(logs: Mapping[str, str]) -> Iterator[str]:
    """Log lines that no fault excuses, one of each kind; and the processes that logged so much in
    one second that they must have been spinning."""
    for name, log in logs.items():
        for complaint in COMPLAINTS:
            said = [line for line in log.splitlines() if complaint in line]
            if said:
                yield f"{name} said {len(said)} times, first: {_shortened(said[0])}"
        for second, lines in Counter(LOG_SECOND.findall(log)).most_common(1):
            if lines > MAX_LINES_A_SECOND:
                yield f"{name} logged {lines} lines within the second {second}"


def _shortened(line: str) -> str:
    try:
        said = json.loads(line)
    except json.JSONDecodeError:
        return line[:1000]
    return f"{said.get('time')} {said.get('event')}\n{said.get('exception', '')}"
