"""The child process that opens an uploaded photo: `python -m staging_svc.photos.child LIMITS`.

Reads one JSON line of arguments, writes one JSON line: `{"width", "height", ...}` or `{"code"}`.
It limits its own memory and CPU time before it opens the file, so that a bad decoder can do no harm
outside. It gets no environment, so there are no secrets to steal.
"""

import json
import resource
import sys
from collections.abc import Mapping
from typing import Any

CPU_GRACE_SECONDS = 5


def limit(memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Set the limits of this process: an operation that exceeds one fails, or the process is killed."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # The soft limit ends it with SIGXCPU, so that SIGKILL means that somebody else killed it.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + CPU_GRACE_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def main() -> None:
    """Clean one photo."""
    arguments: dict[str, Any] = json.loads(sys.stdin.readline())
    limit(arguments["memory_bytes"], arguments["cpu_seconds"], arguments["output_bytes"])
    # Imported only now, so that the code of the decoders runs under the limits.
    from staging_svc.photos.cleaning import PhotoRefusedError, clean

    try:
        cleaned = clean(
            arguments["source"],
            arguments["target"],
            declared_type=arguments["declared_type"],
            max_pixels=arguments["max_pixels"],
            min_side=arguments["min_side"],
            max_side=arguments["max_side"],
        )
    except PhotoRefusedError as error:
        print_line({"code": error.code})
    except MemoryError:
        print_line({"code": "photo_undecodable"})
    else:
        print_line(cleaned)


def print_line(answer: Mapping[str, object]) -> None:
    """Write the one line that the parent reads."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
