"""The child that opens a stranger's photo: `python -m staging_svc.photos.child LIMITS`.

Reads one JSON line of arguments, writes one JSON line: `{"width", "height", ...}` or `{"code"}`.
It limits its own memory and CPU before it looks at the file, so that whatever a decoder does
ends here. It gets no environment, so there is nothing in it to steal.
"""

import json
import resource
import sys
from collections.abc import Mapping
from typing import Any

CPU_GRACE_SECONDS = 5


def limit(memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Bind this process: what exceeds a limit fails or is killed."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # The soft limit ends it by SIGXCPU: a SIGKILL is then none of its own doing.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + CPU_GRACE_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def main() -> None:
    """Do one photo."""
    arguments: dict[str, Any] = json.loads(sys.stdin.readline())
    limit(arguments["memory_bytes"], arguments["cpu_seconds"], arguments["output_bytes"])
    # Only now: the decoders' code runs under the limits.
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
    """The one line the parent reads."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
