"""The render child: reads one JSON request per line on stdin, answers with JSON lines on stdout.

Requests:  {"command": "render", "scene": {...}} or {"command": "ping"}
Answers:   {"event": "ready"}, {"event": "progress", "share": 0.5}, {"event": "done", ...},
           {"event": "failed", "code": "...", "message": "..."}
The end of stdin ends the process.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import IO, Any

_PR_SET_PDEATHSIG = 1


class Answers:
    """Writes answers where the parent reads; everything else printed goes to stderr."""

    def __init__(self) -> None:
        # Blender prints to descriptor 1 from C++; only a duplicate of it stays clean.
        self._stream: IO[str] = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)

    def send(self, event: str, **fields: Any) -> None:
        """Write one line."""
        self._stream.write(json.dumps({"event": event, **fields}) + "\n")


def main() -> None:
    """Answer requests until stdin ends."""
    answers = Answers()
    _die_with_parent()
    import scene

    answers.send("ready", blender=scene.version())
    for request in _requests(sys.stdin, answers):
        _serve(request, answers, scene)


def _die_with_parent() -> None:
    """A killed parent cannot close a pipe that a sibling inherited; the kernel tells us then."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _requests(stream: IO[str], answers: Answers) -> Iterator[dict[str, Any]]:
    for line in stream:
        try:
            request = json.loads(line)
        except json.JSONDecodeError as error:
            answers.send("failed", code="bad_request", message=f"not JSON: {error}")
            continue
        if isinstance(request, dict):
            yield request
        else:
            answers.send("failed", code="bad_request", message="not an object")


def _serve(request: dict[str, Any], answers: Answers, scene: Any) -> None:
    """Answer one request; an error in it must not end the process."""
    try:
        match request.get("command"):
            case "ping":
                answers.send("done")
            case "render":
                result = scene.render(
                    request["scene"], lambda share: answers.send("progress", share=share)
                )
                answers.send("done", **result)
            case other:
                answers.send("failed", code="bad_request", message=f"unknown command {other!r}")
    except MemoryError:
        answers.send("failed", code="out_of_memory", message="no memory left")
    except Exception as error:  # noqa: BLE001
        answers.send("failed", code="render_failed", message=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
