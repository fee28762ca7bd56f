"""Write `.env`, or the file named, for `docker compose`, with random values for every secret.

Nothing is overwritten, because the databases in the volumes use the passwords in the existing file.
Passwords that came with a later release are added.
"""

import json
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from stagify.tokens import generate_seed, public_key_of
from stagify.topology import DATABASES, KAFKA_USERS
from stagify_local.environment import DEPLOYABLES, SERVICES, Deployable

ROOT = Path(__file__).resolve().parent.parent

HEADER = """\
# Made by `make env` for docker-compose.yml. Keep it secret, and keep it as long as the volumes.

# --- Ports, both on 127.0.0.1: the platform, and the page of mails
GATEWAY_PORT=8080
MAIL_PORT=8025
"""


def content() -> str:
    """A whole new file."""
    tags = {f"{prefix(each)}_TAG": "1" for each in DEPLOYABLES}
    sections = [
        section("Tags of the images", tags),
        section("Passwords of the databases' roles", passwords()),
        section("Passwords of Kafka's users", kafka_passwords()),
        section("Signing keys of context tokens", signing_keys()),
        section("Other secrets", other_secrets()),
    ]
    return "\n".join([HEADER, *sections])


def section(title: str, variables: Mapping[str, str]) -> str:
    lines = [f"{name}={value}\n" for name, value in variables.items()]
    return "".join([f"# --- {title}\n", *lines])


def passwords() -> dict[str, str]:
    """One for the superuser and one for each role."""
    roles = ["postgres", *(role for database in DATABASES for role in database.roles)]
    return {f"{role.upper()}_PASSWORD": new_secret() for role in roles}


def kafka_passwords() -> dict[str, str]:
    """One for each user of Kafka."""
    return {
        f"{user.upper().replace('-', '_')}_KAFKA_PASSWORD": new_secret() for user in KAFKA_USERS
    }


def signing_keys() -> dict[str, str]:
    """A private key for each deployable, and the public keys, which all of them get."""
    seeds = {each: generate_seed() for each in DEPLOYABLES}
    public = {
        f"{each.name}-1": {
            "issuer": each.name,
            "key": public_key_of(seed),
            "audiences": list(each.audiences),
        }
        for each, seed in seeds.items()
    }
    private = {f"{prefix(each)}_CONTEXT_PRIVATE_KEY": seed for each, seed in seeds.items()}
    # In single quotes compose takes the JSON as it is.
    return private | {"CONTEXT_PUBLIC_KEYS": f"'{json.dumps(public)}'"}


def other_secrets() -> dict[str, str]:
    names = [f"{prefix(service)}_IDEMPOTENCY_SECRET" for service in SERVICES]
    names += ["API_KEY_SECRETS", "DEVICE_COOKIE_SECRETS", "FACTOR_SECRETS"]
    names += ["IDENTITY_HASH_SECRET"]
    names += ["S3_SECRET_ACCESS_KEY"]
    return {name: new_secret() for name in names}


def prefix(deployable: Deployable) -> str:
    """The prefix of the variables of one deployable."""
    return deployable.name.upper().replace("-", "_")


def new_secret() -> str:
    """A random secret without characters that are special in a URL, as database passwords need."""
    return secrets.token_urlsafe(32)


def write(path: Path) -> None:
    """Write a new file that only its owner may read; FileExistsError if there is one."""
    with path.open("x") as file:
        path.chmod(0o600)
        file.write(content())


def complete(path: Path) -> list[str]:
    """Add the passwords that a file of an earlier release lacks; returns their names."""
    known = {line.partition("=")[0] for line in path.read_text().splitlines()}
    every = passwords() | kafka_passwords()
    missing = {name: secret for name, secret in every.items() if name not in known}
    if missing:
        with path.open("a") as file:
            file.write("\n" + section("Passwords that came later", missing))
    return list(missing)


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".env"
    try:
        write(path)
    except FileExistsError:
        if added := complete(path):
            sys.stdout.write(f"{path.name} has got {', '.join(added)}.\n")
            return
        sys.exit(f"{path.name} exists: its secrets fit the volumes. Move it away to make another.")
    sys.stdout.write(f"{path.name} is written; now: docker compose up --build\n")


if __name__ == "__main__":
    main()
