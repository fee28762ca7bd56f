"""Draws the curves of docs/benchmarks.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
# Text stays text and ids are fixed, so a picture changes only when its numbers change.
plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "stagify"})

# With more lines than this, the legend would hide them and colours would repeat.
MANY = 10

Point = tuple[float, float]


def curve(
    name: str,
    title: str,
    *,
    x_label: str,
    y_label: str,
    series: Mapping[str, Sequence[Point]],
    logarithmic: bool = True,
) -> Path:
    """Draw each series' (x, y) points as a line into docs/images/<name>.svg; y starts at 0."""
    is_crowded = len(series) > MANY
    figure, axes = plt.subplots(figsize=(9 if is_crowded else 7, 4), layout="constrained")
    if is_crowded:
        axes.set_prop_cycle(color=plt.get_cmap("tab20")(range(len(series))))
    for label, points in series.items():
        axes.plot(*zip(*points, strict=True), marker="" if is_crowded else "o", label=label)
    if logarithmic:
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    axes.grid(visible=True, alpha=0.3)
    if is_crowded:
        figure.legend(loc="outside right center")
    elif len(series) > 1:
        axes.legend()
    path = IMAGES / f"{name}.svg"
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path
