"""A small Nelder-Mead minimiser: all that would be used of a scientific library here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from staging_engine.geometry import Floats


def nelder_mead(
    function: Callable[[Floats], float], start: Floats, steps: Floats, *, iterations: int
) -> tuple[Floats, float]:
    """The best point found and its value; `steps` are the sides of the first simplex."""
    simplex = np.vstack([start, start + np.diag(steps)])
    values = np.array([function(point) for point in simplex])
    for _ in range(iterations):
        order = np.argsort(values, kind="stable")
        simplex, values = simplex[order], values[order]
        if values[-1] - values[0] < 1e-9:
            break
        _improve_worst(function, simplex, values)
    best = int(np.argmin(values))
    return simplex[best], float(values[best])


def _improve_worst(function: Callable[[Floats], float], simplex: Floats, values: Floats) -> None:
    """One step: reflect, expand, contract or shrink; changes the sorted arrays in place."""
    centroid = simplex[:-1].mean(axis=0)
    reflected = 2 * centroid - simplex[-1]
    value = function(reflected)
    if value < values[0]:
        expanded = 3 * centroid - 2 * simplex[-1]
        expanded_value = function(expanded)
        if expanded_value < value:
            reflected, value = expanded, expanded_value
    if value < values[-2]:
        simplex[-1], values[-1] = reflected, value
        return
    nearer = reflected if value < values[-1] else simplex[-1]
    contracted = (centroid + nearer) / 2
    contracted_value = function(contracted)
    if contracted_value < min(value, values[-1]):
        simplex[-1], values[-1] = contracted, contracted_value
        return
    for index in range(1, len(simplex)):
        simplex[index] = (simplex[index] + simplex[0]) / 2
        values[index] = function(simplex[index])
