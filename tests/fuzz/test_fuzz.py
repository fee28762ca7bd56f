"""The short form of `make fuzz`: always the same calls, and few of each kind."""

import pytest

from proof.fuzz.plan import fuzz_all
from proof.fuzz.settings import Form
from proof.fuzz.world import World

CASES = 6
SEED = 4711


# Its time includes starting the platform, if it is the first test to need it.
@pytest.mark.timeout(1_800)
def test_no_call_gets_what_the_document_does_not_say(world: World) -> None:
    verdict = fuzz_all(world, Form(cases=CASES, seed=SEED))
    assert not verdict.failures, str(verdict)
