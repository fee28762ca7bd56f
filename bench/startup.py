"""How long `make up` takes from a clean clone, and how much memory the idle platform uses.

Run with `python bench/startup.py`. It clones this repository into a temporary folder and runs
`make up` three times there: with empty caches (everything is downloaded), and twice warm.
"""

import argparse
import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from proof.figures import Bar, median, report
from stagify_local.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
WARM_ROUNDS = 3
READY = re.compile(r"StagifyAI is ready")
# Long enough for all start-up work to be over: heaps have grown and caches are filled.
SETTLE_SECONDS = 20


@contextlib.contextmanager
def running(clone: Path, environment: dict[str, str]) -> Iterator[float]:
    """`make up`; the seconds until it says that it is ready."""
    command = ["make", "up", f"GATEWAY_PORT={free_port()}"]
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=clone, env=environment, stdout=subprocess.PIPE, text=True, process_group=0
    )
    assert process.stdout is not None
    for line in process.stdout:
        if READY.search(line):
            break
    else:
        raise RuntimeError(f"make up ended with {process.wait()}")
    try:
        yield time.perf_counter() - begun
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=90)


def memory_of(clone: Path, environment: dict[str, str]) -> float:
    """The sum of `make status`, in MiB."""
    shown = subprocess.run(
        ["make", "status"], cwd=clone, env=environment, capture_output=True, text=True, check=True
    )
    total = re.search(r"│ all .*?(\d+) MiB", shown.stdout)
    assert total is not None, shown.stdout
    return float(total[1])


def main(*, cold: bool) -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        Path(folder).chmod(0o755)
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        caches = {
            "STAGIFY_CACHE": f"{folder}/cache",
            "UV_CACHE_DIR": f"{folder}/uv",
            "PIP_CACHE_DIR": f"{folder}/pip",
        }
        environment = {**os.environ, **(caches if cold else {})}
        with running(clone, environment) as first:
            pass
        warm = []
        memory = 0.0
        for number in range(WARM_ROUNDS):
            with running(clone, environment) as seconds:
                warm.append(seconds)
                if number == WARM_ROUNDS - 1:
                    time.sleep(SETTLE_SECONDS)
                    memory = memory_of(clone, environment)
    first_time = f"make up, first time {'with' if cold else 'without'} downloads, s"
    report(
        "startup",
        {
            first_time: first,
            "make up, warm, s": median(warm),
            "idle platform (PSS), MiB": memory,
        },
        {"first_s": first, "warm_s": warm, "memory_mib": memory},
        bars=[
            Bar(first_time, at_most=360),
            Bar("make up, warm, s", at_most=25),
            Bar("idle platform (PSS), MiB", at_most=2048),
        ],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep-caches", action="store_true", help="download nothing again")
    main(cold=not parser.parse_args().keep_caches)
