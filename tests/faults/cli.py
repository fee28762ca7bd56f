"""`make faults`: the long form, on a platform of its own."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from faults_run import Run

from stagify_local.platform import Platform


def main() -> None:
    """Run, print the report, and fail if there was a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=150)
    parser.add_argument("--minutes", type=float, default=22.0)
    parser.add_argument("--longest-pause", type=float, default=15.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", type=Path, default=None, help="a folder for data and logs")
    options = parser.parse_args()
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    print(f"seed {seed}: again with --seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="stagify-faults-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        # Run by root, PostgreSQL is another user, who must be able to enter.
        folder.chmod(0o755)
        platform = Platform(folder, engine="fast", durable=True, say=say)
        platform.start()
        try:
            run = Run(platform, seed, say=say)
            report = asyncio.run(
                run.execute(
                    options.faults,
                    longest_pause=options.longest_pause,
                    seconds=60 * options.minutes,
                )
            )
        finally:
            platform.stop()
    print(report)
    sys.exit(bool(report.failures))


def say(line: str) -> None:
    """Show progress at once."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
