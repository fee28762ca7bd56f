"""The long form of the fuzzing of the API: every operation, many cases, every role.

Usage: python -m proof.fuzz [--cases 100] [--seed N]
"""

import argparse
import contextlib
import secrets
import sys
import time

from proof.fuzz.plan import Verdict, fuzz_all
from proof.fuzz.settings import Form
from proof.fuzz.world import ROOMY_LIMITS, SHORT_STREAMS, World
from proof.platforms import running


def main() -> int:
    """Fuzz a platform of its own; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100, help="cases an operation and phase")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    options = parser.parse_args()
    form = Form(cases=options.cases, seed=options.seed)
    print(f"seed {form.seed}, {form.cases} cases")
    verdict = run(form)
    print(f"\n{verdict}")
    return 1 if verdict.failures else 0


def run(form: Form) -> Verdict:
    """Fuzz a new platform."""
    with (
        running(
            engine="fast", durable=False, settings=ROOMY_LIMITS | SHORT_STREAMS, say=print
        ) as platform,
        contextlib.closing(World(platform)) as world,
    ):
        begun = time.monotonic()
        verdict = fuzz_all(world, form, say=print)
        print(f"{time.monotonic() - begun:.0f} s")
        return verdict


if __name__ == "__main__":
    sys.exit(main())
