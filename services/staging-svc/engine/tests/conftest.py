"""The demo rooms, what is known of them, and the Blender environment."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stagify_local.engine import shared_target
from staging_engine.blender import child_folder
from staging_engine.furniture import Piece, read_pieces
from staging_engine.install import MODULES, Choice, choose, install
from staging_engine.pipeline import Analysis, analyse
from staging_engine.port import StagingRequest
from staging_engine.site import Site

REPOSITORY = Path(__file__).resolve().parents[4]
ROOMS = REPOSITORY / "examples" / "rooms"

Analyses = Callable[[str], Analysis]


@pytest.fixture(scope="session")
def analyses() -> Analyses:
    """The analysis of a demo room by name, made once."""
    made: dict[str, Analysis] = {}

    def get(name: str) -> Analysis:
        if name not in made:
            made[name] = analyse(request_for(ROOMS / f"{name}.jpg", Path(os.devnull)))
        return made[name]

    return get


@pytest.fixture(scope="session")
def sites(analyses: Analyses) -> Callable[[str], Site]:
    """A demo room as a planner sees it."""

    def get(name: str) -> Site:
        analysis = analyses(name)
        return Site(analysis.camera, analysis.room, analysis.view)

    return get


@pytest.fixture(scope="session")
def pieces() -> dict[str, Piece]:
    """The measures of the furniture."""
    return read_pieces(child_folder() / "furniture.json")


@pytest.fixture(scope="session")
def engine_python() -> Path:
    """The interpreter of the Blender child: from the environment, else installed here."""
    given = os.environ.get("STAGIFY_ENGINE_PYTHON")
    return Path(given) if given else _installed(choose())


@pytest.fixture(scope="session")
def module_pythons() -> Mapping[str, Path]:
    """The interpreter of every module's environment; no Python is downloaded for it."""
    choices = [choose([module]) for module in MODULES]
    missing = " ".join(choice.module.python for choice in choices if choice.python is None)
    if missing:
        pytest.skip(
            "The pictures of Blender's modules were not compared, because this Python is missing: "
            f"{missing}. To install it: .venv/bin/uv python install {missing}"
        )
    return {choice.module.python: _installed(choice) for choice in choices}


def _installed(choice: Choice) -> Path:
    return install(shared_target(choice.module), _say, choice)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def request_for(
    photo: Path, output: Path, room_type: str = "bedroom", style: str = "modern", seed: int = 1
) -> StagingRequest:
    """A draft request."""
    return StagingRequest(photo, output, room_type, style, quality="draft", seed=seed)
