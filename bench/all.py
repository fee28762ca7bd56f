"""`make bench`: every benchmark, one after the other; fails if one of them did."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from proof.figures import NOT_MET

HERE = Path(__file__).parent
PROGRAMS = (
    [f"{HERE}/startup.py"],
    [f"{HERE}/outbox.py"],
    [f"{HERE}/accept_to_start.py"],
    [f"{HERE}/list_projects.py"],
    [f"{HERE}/create_project.py"],
    [f"{HERE}/quota_reserve.py"],
    [f"{HERE}/team.py"],
    [f"{HERE}/log_ins.py"],
    [f"{HERE}/known_addresses.py"],
    [f"{HERE}/credentials.py"],
    [f"{HERE}/engine.py"],
    [f"{HERE}/gateway/compare.py"],
    [f"{HERE}/gateway/curves.py"],
    [f"{HERE}/door.py"],
    ["-m", "proof.load.overload"],
    ["-m", "proof.load.neighbour"],
    ["-m", "proof.load.dripping"],
    [f"{HERE}/job_fairness.py"],
    [f"{HERE}/web.py"],
    ["-m", "proof.load.soak"],
)


def main() -> None:
    """Run them all, and list at the end the bars that were missed and the programs that failed."""
    failures = []
    for program in PROGRAMS:
        print(f"\n{program[-1]}", flush=True)
        failures += [f"{program[-1]}: {line}" for line in run(program)]
    if failures:
        sys.exit("\n" + "\n".join(failures))


def run(program: Sequence[str]) -> list[str]:
    """Why a program failed, if it did: the bars that were missed, else its last line."""
    process = subprocess.Popen([sys.executable, *program], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        sys.stderr.write(line)
        lines.append(line.rstrip())
    if not process.wait():
        return []
    return [line for line in lines if line.startswith(NOT_MET)] or lines[-1:] or ["failed"]


if __name__ == "__main__":
    main()
