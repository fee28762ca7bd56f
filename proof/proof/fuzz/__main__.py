"""The long form of the fuzzing of the API: every operation, many cases, every role.

Usage: cli.py [--cases 100] [--seed N]
"""

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path

from proof.fuzz.plan import Verdict, fuzz_all
from proof.fuzz.settings import Form
from proof.fuzz.world import ROOMY_LIMITS, World
from stagify_local.platform import Platform


def main() -> int:
    """Fuzz a platform of its own; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100, help="cases an operation and phase")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    options = parser.parse_args()
    form = Form(cases=options.cases, seed=options.seed)
    print(f"seed {form.seed}, {form.cases} cases")
    with tempfile.TemporaryDirectory(prefix="stagify-fuzz-") as name:
        folder = Path(name)
        # Run by root, PostgreSQL is another user, who must be able to enter.
        folder.chmod(0o755)
        verdict = run(folder, form)
    print(f"\n{verdict}")
    return 1 if verdict.failures else 0


def run(folder: Path, form: Form) -> Verdict:
    """Start a platform in `folder` and fuzz it."""
    platform = Platform(folder, engine="fast", durable=False, settings=ROOMY_LIMITS, say=print)
    platform.start()
    try:
        world = World(platform)
        try:
            begun = time.monotonic()
            verdict = fuzz_all(world, form, say=print)
            print(f"{time.monotonic() - begun:.0f} s")
            return verdict
        finally:
            world.close()
    finally:
        platform.stop()


if __name__ == "__main__":
    sys.exit(main())
