"""The child process that opens an uploaded photo: `python -m staging_svc.photos.child`.

Reads one JSON line of arguments, writes one JSON line: what `cleaning.Cleaned` holds, or `{"code",
"values"}` of a refusal. It limits its own memory and CPU time before it opens the file, so that a
bad decoder can do no harm outside. It gets no environment, so there are no secrets to steal.
"""

import errno
import json
import resource
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from staging_svc.photos.heif import HEAD_BYTES, is_heif

CPU_GRACE_SECONDS = 5


def limit(memory_bytes: int, cpu_seconds: int, file_bytes: int, *, may_start_threads: bool) -> None:
    """Set the limits of this process: an operation that exceeds one fails, or the process is killed."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # The soft limit ends it with SIGXCPU, so that SIGKILL means that somebody else killed it.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + CPU_GRACE_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # It counts all that this user runs on the machine, so no number stands for "one thread".
    if not may_start_threads:
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def main() -> None:
    """Clean one photo."""
    arguments: dict[str, Any] = json.loads(sys.stdin.readline())
    with open(arguments["source"], "rb") as file:
        # libde265 always decodes in a thread of its own.
        needs_thread = is_heif(file.read(HEAD_BYTES))
    limit(
        arguments["memory_bytes"],
        arguments["cpu_seconds"],
        arguments["output_bytes"],
        may_start_threads=needs_thread,
    )
    # Imported only now, so that the code of the decoders runs under the limits. What fails here is
    # our installation and no matter of the photo, so it is not caught.
    from staging_svc.photos.cleaning import PhotoRefusedError, clean

    try:
        cleaned = clean(
            arguments["source"],
            arguments["target"],
            max_pixels=arguments["max_pixels"],
            min_side=arguments["min_side"],
            max_side=arguments["max_side"],
        )
    except PhotoRefusedError as error:
        print_line({"code": error.code, "values": error.values})
    except MemoryError:
        print_line({"code": "photo_undecodable", "values": {}})
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        print_line({"code": "photo_undecodable", "values": {}})
    except Exception as error:  # noqa: BLE001
        # Only the places in the code: a message might quote the photo's metadata.
        places = [
            f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        print_line(
            {"code": "photo_crashed", "values": {}, "error": type(error).__name__, "at": places}
        )
    else:
        print_line(cleaned)


def print_line(answer: Mapping[str, object]) -> None:
    """Write the one line that the parent reads."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
