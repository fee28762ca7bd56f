"""What one installation keeps between runs: its ports, its secrets, what was prepared."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from stagify_local.ports import claim, free_port


@dataclass(frozen=True)
class KeyPair:
    """An Ed25519 pair, base64url without padding, as the services read it."""

    seed: str
    public: str


class State:
    """A JSON file that only its owner may read; every change is written at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sections: dict[str, dict[str, object]] = {}
        if path.exists():
            self._sections = json.loads(path.read_text())

    def port(self, name: str) -> int:
        """The port of `name`: the one of the last run, or another if that is taken now."""
        ports = cast("dict[str, int]", self._section("ports"))
        known = ports.get(name)
        if known is not None and claim(known):
            return known
        port = free_port()
        self._write("ports", name, port)
        return port

    def secret(self, name: str) -> str:
        """A random secret, made when first asked for."""
        known = self._section("secrets").get(name)
        if known is None:
            known = secrets.token_urlsafe(32)
            self._write("secrets", name, known)
        return str(known)

    def key_pair(self, name: str) -> KeyPair:
        """The signing keys of a deployable, made when first asked for."""
        known = self._section("keys").get(name)
        if known is None:
            pair = generate_key_pair()
            self._write("keys", name, {"seed": pair.seed, "public": pair.public})
            return pair
        return KeyPair(**cast("Mapping[str, str]", known))

    def mark(self, name: str) -> str | None:
        """The value that `set_mark` stored under this name."""
        known = self._section("marks").get(name)
        return None if known is None else str(known)

    def set_mark(self, name: str, value: str) -> None:
        """Remember that something has been done, and for which version."""
        self._write("marks", name, value)

    def _section(self, name: str) -> dict[str, object]:
        return self._sections.setdefault(name, {})

    def _write(self, section: str, name: str, value: object) -> None:
        self._section(section)[name] = value
        part = self._path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(self._sections, indent=2))
        part.replace(self._path)


def generate_key_pair() -> KeyPair:
    """A new Ed25519 pair."""
    # Imported here because only the very first start needs it.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    return KeyPair(
        seed=encode(key.private_bytes_raw()), public=encode(key.public_key().public_bytes_raw())
    )


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
