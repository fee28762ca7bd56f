"""The short form of `make fuzz`: the same calls every time, few of each kind."""

import pytest

from proof.fuzz.plan import fuzz_all
from proof.fuzz.settings import Form
from proof.fuzz.world import World

CASES = 6
SEED = 4711


# Its time includes that of starting the platform, when it is the first to ask for it.
@pytest.mark.timeout(600)
def test_no_call_gets_what_the_document_does_not_say(world: World) -> None:
    verdict = fuzz_all(world, Form(cases=CASES, seed=SEED))
    assert not verdict.failures, str(verdict)
