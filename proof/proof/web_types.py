"""The web app's types of the API: web/src/lib/api/schema.d.ts, made from the public document.

`python -m proof.web_types` writes them anew; a test compares them with the document.
"""

import json
import tempfile
from pathlib import Path

from proof.clients.typescript_client import SOURCES, node
from proof.openapi import ROOT, public_document

TYPES = ROOT / "web/src/lib/api/schema.d.ts"


def types() -> str:
    """The types as they are written to their file."""
    with tempfile.TemporaryDirectory() as folder:
        document, written = Path(folder) / "openapi.json", Path(folder) / "schema.d.ts"
        document.write_text(json.dumps(public_document()))
        program = "node_modules/openapi-typescript/bin/cli.js"
        node(SOURCES, program, str(document), "--output", str(written))
        return written.read_text()


def main() -> None:
    """Write the types anew."""
    TYPES.write_text(types())


if __name__ == "__main__":
    main()
