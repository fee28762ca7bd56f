"""The fast engine's child: a drawing request a line on stdin, an answer a line on stdout.

It speaks as Blender's child does. The end of stdin ends it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from staging_engine.fast import PATHS, draw
from staging_engine.port import StagingRefusedError, StagingRequest


def main() -> None:
    """Answer until stdin ends."""
    answer(event="ready")
    for line in sys.stdin:
        request = json.loads(line)
        for name in PATHS:
            request[name] = request[name] and Path(request[name])
        try:
            width, height, items = draw(StagingRequest(**request))
        except StagingRefusedError as error:
            answer(event="done", code=error.code, message=error.message)
        else:
            answer(event="done", width=width, height=height, items=items)


def answer(**fields: Any) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
