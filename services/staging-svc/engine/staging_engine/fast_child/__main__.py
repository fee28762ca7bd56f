"""The fast engine's child: a drawing request a line on stdin, an answer a line on stdout.

It speaks as Blender's child does. The end of stdin ends it.
"""

import json
import sys
from dataclasses import asdict
from typing import Any

from staging_engine.fast import draw, from_message
from staging_engine.port import StagingRefusedError


def main() -> None:
    """Answer until stdin ends."""
    answer(event="ready")
    for line in sys.stdin:
        try:
            result = draw(from_message(json.loads(line)))
        except StagingRefusedError as error:
            checks = [asdict(check) for check in error.checks]
            answer(event="done", code=error.code, message=error.message, checks=checks)
        else:
            answer(event="done", **asdict(result))


def answer(**fields: Any) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
