"""Finds the weights of `upright.py`: `python -m training.fit_upright FOLDER…`.

Each FOLDER is a set of `dataset.py`, of which the empty rooms count, or holds nothing but photos of empty rooms. They are
read as they are and turned around; the weights are those of a logistic regression over the differences. Prints them, and cross-validated in five parts how many photos are
refused by limits of the comparison, upright and turned around.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from staging_engine.labels import read_labels
from staging_engine.photo import Pixels, read_photo
from staging_engine.upright import WEIGHTS, evidence

from .fit_verdict import fit

_FOLDS = 5
_LIMITS = (0.0, -0.5, -1.0, -1.5, -1.8)


def difference(photo: Pixels) -> list[float]:
    """How much more speaks for the photo as it is, by kind of evidence."""
    turned = np.ascontiguousarray(photo[::-1, ::-1])
    seen, other = (evidence(each, read_labels(each)) for each in (photo, turned))
    return [seen[name] - other[name] for name in WEIGHTS]


def empty_rooms(folder: Path) -> list[Path]:
    """The photos of empty rooms in a folder."""
    truths = folder / "truth.json"
    if not truths.exists():
        return sorted(folder.iterdir())
    return [
        folder / f"{name}.jpg"
        for name, truth in json.loads(truths.read_text()).items()
        if truth["kind"] == "empty_room"
    ]


def main() -> None:
    """Read the photos, print weights and what they are worth."""
    photos = [photo for folder in sys.argv[1:] for photo in empty_rooms(Path(folder))]
    differences = np.array([difference(read_photo(photo)) for photo in photos])
    folds = np.random.default_rng(0).permutation(len(differences)) % _FOLDS
    scores = np.zeros(len(differences))
    for fold in range(_FOLDS):
        scores[folds == fold] = differences[folds == fold] @ _weights(differences[folds != fold])
    fitted = dict(zip(WEIGHTS, _weights(differences).round(3).tolist(), strict=True))
    lines = [f"{len(scores)} photos, weights {json.dumps(fitted)}"]
    for limit in _LIMITS:
        upright, turned = (scores < limit).sum(), (-scores < limit).sum()
        lines.append(f"limit {limit}: refused {upright} upright, {turned} turned around")
    sys.stdout.write("\n".join(lines) + "\n")


def _weights(differences: np.ndarray) -> np.ndarray:
    """Of a photo and the same turned around, each difference is the other's negative: so there is no offset."""
    both = np.concatenate([differences, -differences])
    return fit(both, np.repeat([1.0, 0.0], len(differences)))[:-1]


if __name__ == "__main__":
    main()
