"""Replace a running service by the version that `.env` names, without a failed request.

    sed -i s/^USAGE_SVC_TAG=.*/USAGE_SVC_TAG=2/ .env && python3 deploy/replace.py usage-svc

Migrations run first; the old code works with them too. Then new api containers start beside the
old ones, and once they are healthy the old ones stop: they finish the requests they have, and the
gateway opens its next connections to the new ones. A new worker starts after the old one has
stopped; meanwhile events wait in outbox and topic. The gateway is replaced like an api, because
the doorman holds its port.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 30
GATEWAY = "gateway"


class ReplaceError(Exception):
    """The service cannot be replaced; the message says why."""


def replace(service: str) -> None:
    """Build, migrate, then change api and background processes."""
    known = compose("config", "--services")
    migration, api = f"{service}-migrate", f"{service}-api"
    if service == GATEWAY:
        names, api = [GATEWAY], GATEWAY
    else:
        names = [name for name in known if name.startswith(f"{service}-")]
    if api not in names:
        raise ReplaceError(f"{service!r} is neither a service with an api nor the gateway.")
    say("building")
    compose("build", "--quiet", *names)
    if migration in names:
        say("migrating")
        compose("run", "--rm", "--no-deps", "-T", migration)
    replace_serving(api)
    for name in sorted(set(names) - {migration, api}):
        say(f"replacing {name}")
        compose("up", "--detach", "--no-deps", "--wait", name)


def replace_serving(name: str) -> None:
    """Start as many new ones as run now, and stop the old ones once the new ones are healthy."""
    old = containers(name)
    if not old:
        raise ReplaceError(f"{name} is not running: start it with docker compose up.")
    say(f"starting {name} beside the old one")
    scale = ("--scale", f"{name}={2 * len(old)}")
    try:
        compose("up", "--detach", "--no-deps", "--no-recreate", "--wait", *scale, name)
    except ReplaceError:
        docker("rm", "--force", *[each for each in containers(name) if each not in old])
        raise
    say("stopping the old one")
    docker("stop", "--time", str(STOP_SECONDS), *old)
    docker("rm", *old)


def containers(name: str) -> list[str]:
    """The ids of a compose service's containers."""
    return compose("ps", "--quiet", name)


def compose(*arguments: str) -> list[str]:
    return docker("compose", *arguments)


def docker(*arguments: str) -> list[str]:
    """The lines that the command prints; ReplaceError if it fails."""
    done = subprocess.run(
        ["docker", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ReplaceError(f"docker {shown(arguments)} failed:\n{done.stderr.strip()}")
    return done.stdout.split()


def shown(arguments: Sequence[str]) -> str:
    return " ".join(arguments)


def say(line: str) -> None:
    sys.stderr.write(f"replace: {line}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", help="such as usage-svc")
    try:
        replace(parser.parse_args().service)
    except ReplaceError as error:
        sys.exit(f"replace: {error}")


if __name__ == "__main__":
    main()
