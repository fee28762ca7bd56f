"""Each consumer may read the topics whose events it handles, and no other."""

from proof.faults.handled import CONSUMED
from stagify.topology import CONSUMERS, TOPICS


def test_consumers_may_read_what_they_handle() -> None:
    allowed = {
        consumer: frozenset(str(spec.name) for spec in TOPICS if consumer in spec.readers)
        for consumer in CONSUMERS
    }
    assert allowed == CONSUMED
