"""The light estimated from the demo rooms."""

from collections.abc import Callable

import numpy as np
import pytest

from staging_engine.labels import Labels
from staging_engine.light import RoomLight, estimate_light
from staging_engine.pipeline import Analysis

Analyses = Callable[[str], Analysis]


def light_of(name: str, analyses: Analyses) -> RoomLight:
    analysis = analyses(name)
    return estimate_light(
        analysis.photo, analysis.camera, analysis.room, analysis.view, analysis.labels
    )


@pytest.mark.parametrize(
    ("name", "wall"),
    [("room_a_living", "left"), ("room_b_bedroom", "right"), ("room_c_loft", "right")],
)
def test_windows_are_on_their_wall(name: str, wall: str, analyses: Analyses) -> None:
    windows = light_of(name, analyses).windows
    assert windows
    assert {window.wall for window in windows} == {wall}
    for window in windows:
        assert window.center[2] > 0.9
        assert min(window.radiance) > 1


def test_white_paint_is_no_window(analyses: Analyses) -> None:
    analysis = analyses("room_a_living")
    photo = analysis.photo.copy()
    photo[360:560, 700:1050] = 250

    def walls(labels: Labels | None) -> set[str]:
        light = estimate_light(photo, analysis.camera, analysis.room, analysis.view, labels)
        return {window.wall for window in light.windows}

    assert walls(None) == {"left", "back"}
    assert walls(analysis.labels) == {"left"}


def test_surfaces_have_the_colours_of_the_walls(analyses: Analyses) -> None:
    surfaces = light_of("room_c_loft", analyses).surfaces
    assert set(surfaces) == {"back", "front", "left", "right", "ceiling"}
    red, _, blue = surfaces["back"].reshape(-1, 3).mean(axis=0)
    assert red > 2 * blue
    for radiance in surfaces.values():
        assert np.isfinite(radiance).all()
        assert radiance.min() >= 0


def test_floor_albedo_is_physical(analyses: Analyses) -> None:
    for name in ("room_a_living", "room_b_bedroom", "room_c_loft"):
        assert all(0.03 <= channel <= 0.7 for channel in light_of(name, analyses).floor_albedo)
