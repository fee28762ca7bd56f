"""The input and the output of a load generator; both travel between processes by pickle."""

import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

# Stands for the status of a request that got no answer.
TIMED_OUT, BROKEN_OFF = 0, -1


@dataclass(frozen=True)
class Choice:
    """One kind of request of one group of tenants; `messages` are sent in turns.

    Each message of a `stock` works only once, so one that was refused is sent again unchanged.
    """

    group: str
    weight: float
    messages: Sequence[bytes]
    is_stock: bool = False


@dataclass(frozen=True)
class Phase:
    """A stretch of load: requests a second of each group, whatever becomes of them (an open
    loop); or, with `concurrency`, the next one whenever one is answered (a closed loop)."""

    name: str
    seconds: float
    rates: dict[str, float] = field(default_factory=dict)
    concurrency: int = 0
    # Connections that send as slowly as they can, from the first second on.
    slow_connections: int = 0


@dataclass(frozen=True)
class Plan:
    """Everything that one generator does."""

    port: int
    choices: Sequence[Choice]
    phases: Sequence[Phase]
    cores: frozenset[int]
    patience_seconds: float = 5.0
    seed: int = 1
    # What slow connections send in turns, but for its end, which they send a byte at a time.
    slow_messages: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request: when it was due in its phase, how long it took from then, and its status."""

    phase: str
    group: str
    due: float
    seconds: float
    status: int

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Measurements:
    """What a generator measured. `late_seconds` is how late it sent at worst."""

    outcomes: list[Outcome] = field(default_factory=list)
    # Refusals by status and code.
    codes: Counter[str] = field(default_factory=Counter)
    # Answers 429 and 503 that did not say when to come back.
    without_retry_after: int = 0
    late_seconds: float = 0.0
    # CPU-seconds of the generator, by phase.
    cpu_seconds: dict[str, float] = field(default_factory=dict)

    def of(self, phase: str, group: str | None = None) -> list[Outcome]:
        """The outcomes of one phase, or of one group in it."""
        return [
            each
            for each in self.outcomes
            if each.phase == phase and (group is None or each.group == group)
        ]


class Generator:
    """A load generator in a process of its own."""

    def __init__(self, plan: Plan) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "proof.load.generator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None
        pickle.dump(plan, self._process.stdin)
        self._process.stdin.close()

    def result(self) -> Measurements:
        """Wait for the end; returns the measurements."""
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            pickled = stream.read()
        if self._process.wait():
            raise RuntimeError(f"the load generator ended with {self._process.returncode}")
        measured: Measurements = pickle.loads(pickled)
        return measured


def offer(plan: Plan) -> Measurements:
    """Run a plan to its end."""
    return Generator(plan).result()
