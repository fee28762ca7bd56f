"""`make verify-containers`: check with a Docker engine what the documents say about containers.

Builds the images and runs a platform of its own beside whatever else runs: other project, ports,
secrets and tags. It takes a customer's journey, kills every container under traffic, goes down
and up, and replaces every service under load; then everything must be as customers were told.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from pathlib import Path

from proof.containers.compose import Compose, platform
from proof.containers.steps import Proof
from proof.figures import report

STEPS = ("furnish", "kill", "restart", "replace")


async def prove(compose: Compose, steps: list[str], seed: int) -> Proof:
    """Start the platform and run the steps."""
    proof = Proof(compose, seed, say)
    try:
        say("building and starting")
        if "furnish" not in steps:
            proof.use_fast_engine()
        await proof.start()
        if "furnish" in steps:
            say("a customer's journey with a real photo")
            await proof.noted("furnish", proof.furnish())
            proof.use_fast_engine()
            await proof.follow_environment()
        if "kill" in steps:
            await proof.noted("kill", proof.kill_each())
        if "restart" in steps:
            await proof.noted("restart", proof.go_down_and_up())
        if "replace" in steps:
            await proof.noted("replace", proof.replace_each())
    finally:
        await proof.close()
    return proof


def say(line: str) -> None:
    """Show progress at once."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


def main() -> None:
    """Run the checks, report, and fail if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=STEPS, action="append", help="repeat for several")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", action="store_true", help="keep the containers, to look at them")
    options = parser.parse_args()
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    steps = options.only or list(STEPS)
    with (
        tempfile.TemporaryDirectory(prefix="stagify-verify-") as folder,
        platform(Path(folder), keep=options.keep) as compose,
    ):
        proof = asyncio.run(prove(compose, steps, seed))
    findings = proof.findings
    report("containers", findings.figures, {"seed": seed, "failures": findings.failures})
    for failure in findings.failures:
        say(f"FAILURE {failure}")
    sys.exit(bool(findings.failures))


if __name__ == "__main__":
    main()
