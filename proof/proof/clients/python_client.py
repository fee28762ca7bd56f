"""The Python client that `openapi-python-client` generates, and what it makes of answers."""

import importlib
import importlib.util
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from proof.clients.exchanges import STREAM, Exchange
from stagify.openapi import Document
from stagify.testing.documented import Described

_numbers = itertools.count()
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")


class PythonClient:
    """A client of `document`, generated into `folder`."""

    def __init__(self, document: Document, folder: Path) -> None:
        self._described = Described(document)
        self._package = _generate(document, folder)
        self._refusals = (
            self._import("errors").UnexpectedStatus,
            *(AttributeError, LookupError, TypeError, ValueError),
        )

    def wrong(self, exchange: Exchange) -> Iterator[str]:
        """What the client does not understand of an answer, or loses of it."""
        try:
            yield from self._wrong(exchange)
        except self._refusals as error:
            yield f"{type(error).__name__}: {error}"

    def _wrong(self, exchange: Exchange) -> Iterator[str]:
        if exchange.content_type == STREAM:
            for data in events(exchange.body):
                yield from _lost(self._model("ProjectRead").from_dict(data), data)
            return
        found = self._described.operation(exchange.method, exchange.path)
        if exchange.method == "HEAD":
            # No client has a method for it: it has the status of GET and no body.
            return
        is_json = exchange.content_type.endswith("json") and exchange.body
        if found is None:
            # A path or method that nobody documents: what every refusal is.
            if is_json:
                body = json.loads(exchange.body)
                yield from _lost(self._model("Problem").from_dict(body), body)
            return
        if is_json:
            yield from _lost(self.parsed(exchange), json.loads(exchange.body))
        elif exchange.body:
            yield f"the body is {exchange.content_type!r}"
        else:
            self.parsed(exchange)

    def parsed(self, exchange: Exchange) -> Any:
        """What the client's function for this call returns for the answer."""
        found = self._described.operation(exchange.method, exchange.path)
        assert found is not None
        operation = found[1]
        tag = operation["tags"][0].replace(" ", "_").replace("-", "_")
        call = self._import(f"api.{tag}.{operation['operationId']}")
        client = self._import("client").Client(
            base_url="http://recorded", raise_on_unexpected_status=True
        )
        return call._build_response(client=client, response=exchange.answer).parsed

    def _model(self, name: str) -> Any:
        return getattr(self._import("models"), name)

    def _import(self, name: str) -> ModuleType:
        return importlib.import_module(f"{self._package}.{name}")


def events(stream: str) -> list[Any]:
    """The data of each `status` event of a stream that came completely."""
    blocks = stream.split("\n\n")[:-1]
    return [
        json.loads(line.removeprefix("data:"))
        for block in blocks
        if "event: status" in block
        for line in block.splitlines()
        if line.startswith("data:")
    ]


def _generate(document: Document, folder: Path) -> str:
    """The name of the package, which is imported already."""
    folder.mkdir(parents=True, exist_ok=True)
    source, settings = folder / "openapi.json", folder / "settings.yaml"
    source.write_text(json.dumps(document))
    # Nobody reads it, so it need not be formatted.
    settings.write_text("post_hooks: []\n")
    package = f"generated_client_{next(_numbers)}"
    target = folder / package
    command = [str(Path(sys.executable).parent / "openapi-python-client"), "generate"]
    options = ["--path", source, "--config", settings, "--output-path", target, "--meta", "none"]
    done = subprocess.run(
        [*command, *map(str, options), "--fail-on-warning"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    spec = importlib.util.spec_from_file_location(
        package, target / "__init__.py", submodule_search_locations=[str(target)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[package] = module
    spec.loader.exec_module(module)
    return package


def _lost(parsed: Any, body: Any) -> Iterator[str]:
    """What of a body is not in what the client made of it, or only among what it does not know."""
    if parsed is None:
        yield "the client makes nothing of it"
        return
    if _normal(parsed.to_dict()) != _normal(body):
        yield f"the client makes {parsed} of it"
    yield from (f"the client does not know {name!r}" for name in _unknown(parsed))


def _unknown(parsed: Any) -> Iterator[str]:
    """The members at any depth that the document does not have."""
    if isinstance(parsed, list):
        for item in parsed:
            yield from _unknown(item)
    if not hasattr(parsed, "__attrs_attrs__"):
        return
    names = [each.name for each in type(parsed).__attrs_attrs__]
    # A class without names of its own stands for a map.
    if names != ["additional_properties"]:
        yield from getattr(parsed, "additional_properties", ())
    for name in names:
        yield from _unknown(getattr(parsed, name))


def _normal(value: Any) -> Any:
    """A JSON value in which equal times are equal."""
    if isinstance(value, dict):
        return {name: _normal(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if isinstance(value, str) and _TIME.fullmatch(value):
        return datetime.fromisoformat(value)
    return value
