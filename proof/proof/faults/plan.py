"""The faults and their order: a plan made from a seed."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from proof.faults.network import TROUBLES, Trouble
from proof.faults.world import DATABASES
from stagify_local.environment import SERVICES
from stagify_local.platform import process_name

# terminate: the server ends some connections of a database. crash: one of its processes dies,
# and the server recovers. A child belongs to the jobs process. repeat: the last messages of a topic
# come again, as from a relay that died before it knew what Kafka had. The wire to a part becomes
# slow or thin, breaks off or goes silent.
Kind = (
    Literal["kill", "pause", "restart", "terminate", "crash", "kill child", "pause child", "repeat"]
    | Trouble
)

PARTS = ("postgres", "kafka", "objectstore")
PROCESSES = tuple(
    process_name(service.name, kind) for service in SERVICES for kind in service.processes
)
APIS = tuple(name for name in PROCESSES if name.endswith(" api"))
WORKERS = tuple(name for name in PROCESSES if name.endswith(" worker"))
JOBS = "staging-svc jobs"
# Of the directory only the newest entry counts, and a copy of an older one would be that.
REPEATED = ("tenant.events", "identity.events", "staging.events", "usage.events", "billing.events")
# The child that opens strangers' photos, and the one that furnishes.
PHOTO, ENGINE = "photo child", "engine child"
TIMES = 3
TROUBLE_SECONDS = 8.0


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, `delay` seconds after the blow begins.

    `times` above one repeats it as soon as the target is back, before the others have recovered;
    each repetition counts.
    """

    kind: Kind
    target: str
    seconds: float = 0.0
    delay: float = 0.0
    times: int = 1

    def __str__(self) -> str:
        often = f" {self.times} times" if self.times > 1 else ""
        many = f" {self.seconds:.0f} backends" if self.kind == "terminate" else ""
        does_last = "pause" in self.kind or self.kind in TROUBLES
        lasting = f" for {self.seconds:.1f} s" if does_last else ""
        return f"+{self.delay:.1f} s {self.kind} {self.target}{often}{many}{lasting}"


Blow = tuple[Fault, ...]


def plan(
    random: Random, faults: int, *, longest_pause: float, with_network: bool = False
) -> list[Blow]:
    """Blows of at least `faults` faults together: everything once alone, and the nastiest pairs."""
    decks = _decks(random, longest_pause, with_network)
    deck: Iterator[Blow] = itertools.chain.from_iterable(decks)
    blows: list[Blow] = []
    while sum(map(weight, blows)) < faults:
        blows.append(next(deck))
    return blows


def weight(blow: Blow) -> int:
    """How many faults it is."""
    return sum(fault.times for fault in blow)


def _decks(random: Random, longest_pause: float, with_network: bool) -> Iterator[list[Blow]]:
    """Pairs come first, so that a short plan has the most of them."""
    while True:
        pairs, singles = _pairs(random, longest_pause), _singles(random, longest_pause)
        if with_network:
            singles += _network(random)
        for blows in (pairs, singles):
            random.shuffle(blows)
            yield blows


def _network(random: Random) -> list[Blow]:
    """Every kind of trouble on every wire, and two at a time."""
    troubles = [
        Fault(trouble, part, random.uniform(TROUBLE_SECONDS / 4, TROUBLE_SECONDS))
        for trouble in TROUBLES
        for part in PARTS
    ]
    first, second = random.sample(PARTS, 2)
    both = (
        Fault("silent", first, TROUBLE_SECONDS),
        Fault("reset", second, TROUBLE_SECONDS / 4, delay=1.0),
    )
    return [*((trouble,) for trouble in troubles), both]


def _pause(random: Random, longest: float) -> float:
    """Mostly short ones; a third are as long as allowed."""
    return longest if random.random() < 0.3 else random.uniform(0.3, longest / 2)


def _singles(random: Random, longest: float) -> list[Blow]:
    everything = (*PROCESSES, "gateway", *PARTS)
    killed = [Fault("kill", name) for name in everything]
    paused = [Fault("pause", name, _pause(random, longest)) for name in everything]
    restarted = [Fault("restart", name) for name in everything]
    ended = [Fault("terminate", database, random.randint(1, 3)) for database in DATABASES]
    again = [Fault(kind, name, times=TIMES) for kind, name in _again()]
    repeated = [Fault("repeat", topic) for topic in REPEATED]
    others = [
        Fault("crash", random.choice(DATABASES)),
        Fault("kill child", PHOTO),
        Fault("kill child", ENGINE),
        Fault("pause child", ENGINE, _pause(random, longest)),
    ]
    kinds = (killed, paused, restarted, ended, again, repeated, others)
    return [(fault,) for faults in kinds for fault in faults]


def _again() -> list[tuple[Kind, str]]:
    """Faults that must neither block anything nor lose anything, however often they happen."""
    return [("kill", "kafka"), ("restart", "kafka"), ("kill", "postgres")]


def _pairs(random: Random, longest: float) -> list[Blow]:
    """Two parts at a time that depend on each other, a moment apart."""
    long = longest
    pairs = [
        # The relay and the consumers lose the broker and one of them itself.
        (Fault("kill", "kafka"), Fault("kill", random.choice(WORKERS))),
        (Fault("pause", "kafka", long), Fault("terminate", random.choice(DATABASES), 3)),
        (Fault("pause", "kafka", long), Fault("kill", random.choice(WORKERS))),
        (Fault("kill", "kafka"), Fault("kill", "postgres")),
        (Fault("restart", "kafka"), Fault("pause", random.choice(WORKERS), long)),
        # Both sides of every relay stand still, one longer than the other.
        (Fault("pause", "kafka", long), Fault("pause", "postgres", long)),
        (Fault("pause", "postgres", long), Fault("kill", random.choice(WORKERS))),
        (Fault("crash", random.choice(DATABASES)), Fault("kill", "kafka")),
        # A process that sleeps while its connection ends and others take over its work.
        (Fault("pause", random.choice(WORKERS), long), Fault("terminate", "staging", 3)),
        (Fault("pause", JOBS, long), Fault("kill", "staging-svc worker")),
        (Fault("pause", random.choice(APIS), long), Fault("kill", "gateway")),
        (Fault("kill", "postgres"), Fault("kill", random.choice(APIS))),
        (Fault("kill", "postgres"), Fault("kill", JOBS)),
        (Fault("kill", "objectstore"), Fault("kill", JOBS)),
        (Fault("pause", "objectstore", long), Fault("terminate", "staging", 3)),
        (Fault("kill", "usage-svc api"), Fault("kill", JOBS)),
        (Fault("pause", "usage-svc api", long), Fault("kill", "usage-svc worker")),
        (Fault("kill", "tenant-svc api"), Fault("kill", "identity-svc api")),
        (Fault("repeat", "usage.events"), Fault("kill", "usage-svc worker")),
        (Fault("repeat", "tenant.events"), Fault("terminate", random.choice(DATABASES), 3)),
        (Fault("kill child", PHOTO), Fault("terminate", "staging", 2)),
        (Fault("kill child", ENGINE), Fault("kill", "objectstore")),
    ]
    return [(first, replace(second, delay=random.uniform(0.0, 1.5))) for first, second in pairs]
