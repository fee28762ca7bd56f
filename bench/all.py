"""`make bench`: every benchmark, one after the other; fails if one of them did."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = (
    [f"{HERE}/startup.py"],
    [f"{HERE}/outbox.py"],
    [f"{HERE}/accept_to_start.py"],
    [f"{HERE}/list_projects.py"],
    [f"{HERE}/create_project.py"],
    [f"{HERE}/quota_reserve.py"],
    [f"{HERE}/engine.py"],
    [f"{HERE}/gateway/compare.py"],
    [f"{HERE}/gateway/curves.py"],
    ["-m", "proof.load.overload"],
    ["-m", "proof.load.neighbour"],
    [f"{HERE}/job_fairness.py"],
    ["-m", "proof.load.soak"],
)


def main() -> None:
    """Run them all."""
    failed = []
    for program in PROGRAMS:
        print(f"\n{program[-1]}", flush=True)
        if subprocess.run([sys.executable, *program], check=False).returncode:
            failed.append(program[-1])
    if failed:
        sys.exit(f"\nbelow a bar, or broken: {', '.join(failed)}")


if __name__ == "__main__":
    main()
