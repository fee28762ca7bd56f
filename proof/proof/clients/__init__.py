"""Clients generated from the OpenAPI document, which must understand every real answer."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from proof.clients.exchanges import Exchange
from proof.clients.python_client import PythonClient
from proof.clients.typescript_client import TypeScriptClient
from stagify.openapi import Document
from stagify.testing.documented import Described


def misunderstood(document: Document, exchanges: Sequence[Exchange], folder: Path) -> Iterator[str]:
    """What is wrong with the document or the answers: answers that it does not describe, and what the
    generated clients do not understand of them."""
    yield from misunderstood_in_python(document, exchanges, folder / "python")
    yield from TypeScriptClient(document, folder / "typescript").wrong(exchanges)


def misunderstood_in_python(
    document: Document, exchanges: Sequence[Exchange], folder: Path
) -> Iterator[str]:
    """The same, without the TypeScript client. Each mistake is told once for each path."""
    described = Described(document)
    python = PythonClient(document, folder)
    told = set()
    for exchange in exchanges:
        answer = exchange.answer
        headers = (f"unknown header {name}" for name in described.undocumented_headers(answer))
        for wrong in (*described.wrong(answer), *headers, *python.wrong(exchange)):
            if (kind := (wrong, exchange.method, exchange.path)) not in told:
                told.add(kind)
                yield f"{wrong}: {exchange}"
