"""What pieces of furniture exist and how large they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PICTURES = (1, 2)
"""The numbers of a style's pictures."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the asset file; sizes in metres. It faces -Y at rotation 0."""

    asset: str
    width: float
    depth: float
    height: float


class Furniture:
    """The pieces of one style."""

    def __init__(self, pieces: Mapping[str, Piece], style: str) -> None:
        self._pieces = pieces
        self._style = style

    def __getitem__(self, kind: str) -> Piece:
        """The piece of this kind in the style, or the one that suits all styles."""
        styled = self._pieces.get(f"{kind}_{self._style}")
        return styled if styled is not None else self._pieces[kind]

    def picture(self, shape: str, number: int) -> Piece:
        """A framed picture of a shape, `wide` or `tall`; those of another number show something else."""
        return self._pieces[f"picture_{self._style}_{shape}_{number}"]


def read_pieces(path: Path) -> dict[str, Piece]:
    """The measures that were written together with the asset file."""
    measures: dict[str, dict[str, float]] = json.loads(path.read_text())
    return {asset: Piece(asset, **size) for asset, size in measures.items()}
