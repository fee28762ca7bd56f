"""Photos and choices that cannot be staged."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from staging_engine.choices import check_choices
from staging_engine.pipeline import analyse
from staging_engine.port import EngineFailedError, StagingRefusedError, StagingRequest


def photo(folder: Path, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> StagingRequest:
    path = folder / "photo.png"
    cv2.imwrite(str(path), pixels)
    return StagingRequest(path, folder / "out.jpg", "bedroom", "modern")


def test_blank_photo_shows_no_room(tmp_path: Path) -> None:
    request = photo(tmp_path, np.full((800, 1200, 3), 200, np.uint8))
    with pytest.raises(StagingRefusedError) as refused:
        analyse(request)
    assert refused.value.code == "room_not_found"


def test_noise_shows_no_room(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (800, 1200, 3), dtype=np.uint8)
    with pytest.raises(StagingRefusedError) as refused:
        analyse(photo(tmp_path, noise))
    assert refused.value.code == "room_not_found"


def test_scattered_lines_are_no_room(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    image = np.full((800, 1200, 3), 230, np.uint8)
    for _ in range(120):
        ends = random.integers(0, 1200, 4)
        cv2.line(image, (int(ends[0]), int(ends[1])), (int(ends[2]), int(ends[3])), (40, 60, 80), 2)
    with pytest.raises(StagingRefusedError) as refused:
        analyse(photo(tmp_path, image))
    assert refused.value.code == "not_a_room"


def test_small_photo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StagingRefusedError) as refused:
        analyse(photo(tmp_path, np.zeros((300, 500, 3), np.uint8)))
    assert refused.value.code == "photo_too_small"
    assert "500 x 300" in refused.value.message


def test_unreadable_photo_is_a_failure(tmp_path: Path) -> None:
    broken = tmp_path / "photo.jpg"
    broken.write_bytes(b"not a picture")
    with pytest.raises(EngineFailedError):
        analyse(StagingRequest(broken, tmp_path / "out.jpg", "bedroom", "modern"))


@pytest.mark.parametrize(
    ("room_type", "style", "code"),
    [
        ("garage", "modern", "unsupported_room_type"),
        ("bedroom", "rococo", "unsupported_style"),
    ],
)
def test_unknown_choices_are_refused(room_type: str, style: str, code: str) -> None:
    with pytest.raises(StagingRefusedError) as refused:
        check_choices(StagingRequest(Path("in.jpg"), Path("out.jpg"), room_type, style))
    assert refused.value.code == code
    assert "choose from" in refused.value.message
