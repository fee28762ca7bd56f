"""What `deploy/replace.py` does, in which order; `docker` is a program that plays the engine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = [
    "gateway",
    "staging-svc-migrate",
    "staging-svc-api",
    "staging-svc-jobs",
    "staging-svc-worker",
    "usage-svc-migrate",
    "usage-svc-api",
    "usage-svc-worker",
]
# Keeps its containers in its own folder, and writes down how it was called.
DOCKER = f"""#!{sys.executable}
import json, pathlib, sys

folder = pathlib.Path(__file__).parent
state = json.loads((folder / "state.json").read_text())
running, arguments = state["running"], sys.argv[1:]
with (folder / "calls").open("a") as calls:
    calls.write(" ".join(arguments) + "\\n")
if " ".join(arguments).startswith(state["fails"]):
    if "--scale" in arguments:
        running[arguments[-1]].append("half-started")
        (folder / "state.json").write_text(json.dumps(state))
    sys.exit("engine: no")
match arguments:
    case ["compose", "config", "--services"]:
        print("\\n".join(state["services"]))
    case ["compose", "ps", "--quiet", name]:
        print("\\n".join(running.get(name, [])))
    case ["compose", "up", *_, "--scale", scale, name]:
        while len(running[name]) < int(scale.partition("=")[2]):
            running[name].append(f"new-{{len(running[name])}}")
    case ["rm", *ids]:
        for name in running:
            running[name] = [each for each in running[name] if each not in ids]
(folder / "state.json").write_text(json.dumps(state))
"""


class Engine:
    """The played engine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.running = {name: ["old"] for name in SERVICES if not name.endswith("-migrate")}
        self.fails = "never"
        program = folder / "docker"
        program.write_text(DOCKER)
        program.chmod(0o755)

    def replace(self, service: str) -> subprocess.CompletedProcess[str]:
        """Run the program against it."""
        state = {"services": SERVICES, "running": self.running, "fails": self.fails}
        (self._folder / "state.json").write_text(json.dumps(state))
        done = subprocess.run(
            [sys.executable, str(ROOT / "deploy/replace.py"), service],
            env={**os.environ, "PATH": f"{self._folder}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        self.running = json.loads((self._folder / "state.json").read_text())["running"]
        return done

    @property
    def calls(self) -> list[str]:
        """The commands it was given, except questions about its state."""
        lines = (self._folder / "calls").read_text().splitlines()
        asked = ("compose config", "compose ps")
        return [line for line in lines if not line.startswith(asked)]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """An engine with one container of each."""
    return Engine(tmp_path)


def test_migrations_come_first_and_old_containers_stop_last(engine: Engine) -> None:
    done = engine.replace("usage-svc")
    assert done.returncode == 0, done.stderr
    assert engine.calls == [
        "compose build --quiet usage-svc-migrate usage-svc-api usage-svc-worker",
        "compose run --rm --no-deps -T usage-svc-migrate",
        (
            "compose up --detach --no-deps --no-recreate --wait"
            " --scale usage-svc-api=2 usage-svc-api"
        ),
        "stop --time 30 old",
        "rm old",
        "compose up --detach --no-deps --wait usage-svc-worker",
    ]
    assert engine.running["usage-svc-api"] == ["new-1"]


def test_every_background_process_is_replaced(engine: Engine) -> None:
    assert engine.replace("staging-svc").returncode == 0
    assert [call.split()[-1] for call in engine.calls[-2:]] == [
        "staging-svc-jobs",
        "staging-svc-worker",
    ]


def test_as_many_new_ones_as_there_were(engine: Engine) -> None:
    engine.running["usage-svc-api"] = ["old-1", "old-2"]
    assert engine.replace("usage-svc").returncode == 0
    assert engine.running["usage-svc-api"] == ["new-2", "new-3"]


def test_the_gateway_has_no_migration_and_no_background(engine: Engine) -> None:
    done = engine.replace("gateway")
    assert done.returncode == 0, done.stderr
    assert engine.calls == [
        "compose build --quiet gateway",
        "compose up --detach --no-deps --no-recreate --wait --scale gateway=2 gateway",
        "stop --time 30 old",
        "rm old",
    ]


def test_an_unhealthy_newcomer_leaves_the_old_one_in_place(engine: Engine) -> None:
    engine.fails = "compose up --detach --no-deps --no-recreate"
    done = engine.replace("usage-svc")
    assert (done.returncode, "engine: no" in done.stderr) == (1, True)
    assert engine.calls[-1] == "rm --force half-started"
    assert engine.running["usage-svc-api"] == ["old"]


@pytest.mark.parametrize("step", ["compose build", "compose run"])
def test_nothing_is_touched_if_build_or_migration_fails(engine: Engine, step: str) -> None:
    engine.fails = step
    done = engine.replace("usage-svc")
    assert done.returncode == 1
    assert f"docker {step}" in done.stderr
    assert engine.calls[-1].startswith(step)


@pytest.mark.parametrize("name", ["", "usage", "bootstrap", "usage-svc-api"])
def test_what_cannot_be_replaced_is_refused(engine: Engine, name: str) -> None:
    done = engine.replace(name)
    assert done.returncode == 1
    assert "neither a service with an api nor the gateway" in done.stderr
    assert engine.calls == []


def test_what_does_not_run_is_said(engine: Engine) -> None:
    engine.running["usage-svc-api"] = []
    done = engine.replace("usage-svc")
    assert done.returncode == 1
    assert "is not running" in done.stderr
