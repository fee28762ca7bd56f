"""The short form of `make faults`: twelve faults during a stream of commands."""

from collections.abc import Iterator

import pytest

from proof.faults.run import Run
from proof.platforms import running
from stagify_local.platform import Platform

FAULTS = 12
LONGEST_PAUSE_SECONDS = 4.0
# More than they take on a busy machine. `make faults` has the bars of an otherwise idle one.
SECONDS = 500.0
BAR_SECONDS = 40.0
# Always the same faults here, so that a failure means a change; `make faults` tries others.
SEED = 4711


@pytest.fixture
def durable_platform() -> Iterator[Platform]:
    """A platform of this test's own, which writes to disk durably."""
    with running(engine="fast", durable=True) as platform:
        yield platform


@pytest.mark.e2e
@pytest.mark.timeout(1_200)
async def test_no_fault_loses_doubles_or_reorders_anything(durable_platform: Platform) -> None:
    run = Run(durable_platform, SEED, say=print, bar_seconds=BAR_SECONDS)
    report = await run.execute(FAULTS, longest_pause=LONGEST_PAUSE_SECONDS, seconds=SECONDS)
    assert not report.failures, str(report)
