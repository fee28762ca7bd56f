"""What a photo was taken with: a number that is sure, or none."""

import struct
from collections.abc import Mapping

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from photos_testing import ODD_EXIF, TURNED_EXIF, exif
from staging_svc.photos.exif import focal_35mm_of, orientation_of

CAMERA, FOCAL, FOCAL_35MM, WIDTH, HEIGHT = 0x8769, 0x920A, 0xA405, 0xA002, 0xA003
SENSOR_X, SENSOR_UNIT, ZOOM = 0xA20E, 0xA210, 0xA404
PHONE: Mapping[int, float] = {FOCAL_35MM: 26, WIDTH: 4032, HEIGHT: 3024}
# A sensor of 36 x 24 mm, behind a lens of 17 mm.
REFLEX: Mapping[int, float] = {
    FOCAL: 17.0,
    WIDTH: 6000,
    HEIGHT: 4000,
    SENSOR_X: 6000 * 25.4 / 36,
    SENSOR_UNIT: 2,
}


def taken(camera: Mapping[int, float]) -> bytes:
    """EXIF as Pillow writes it."""
    written = Image.Exif()
    written.get_ifd(CAMERA).update(
        {
            tag: IFDRational(value) if isinstance(value, float) else value
            for tag, value in camera.items()
        }
    )
    return written.tobytes()


@pytest.mark.parametrize(
    ("camera", "size", "expected"),
    [
        (PHONE, (4032, 3024), 26),
        # Made smaller.
        (PHONE, (1600, 1200), 26),
        # A strip cut off above and below: seen through a longer lens.
        (PHONE, (4032, 2268), 26 * 5040 / (4032**2 + 2268**2) ** 0.5),
        (PHONE, (2016, 1134), 26 * 5040 / (4032**2 + 2268**2) ** 0.5),
        # A square.
        (PHONE, (3024, 3024), 26 * 5040 / (2 * 3024**2) ** 0.5),
        ({FOCAL_35MM: 26}, (4032, 3024), 26),
        (REFLEX, (6000, 4000), 17),
        ({**REFLEX, FOCAL_35MM: 17}, (3000, 2000), 17),
        ({**REFLEX, SENSOR_UNIT: 3, SENSOR_X: 6000 * 10 / 22.3, FOCAL: 10.0}, (6000, 4000), 16.15),
    ],
)
def test_it_is_read_and_corrected(
    camera: Mapping[int, float], size: tuple[int, int], expected: float
) -> None:
    assert focal_35mm_of(taken(camera), size) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("camera", "size"),
    [
        ({}, (4032, 3024)),
        ({FOCAL_35MM: 0}, (4032, 3024)),
        ({FOCAL_35MM: 3}, (4032, 3024)),
        ({FOCAL_35MM: 600}, (4032, 3024)),
        ({FOCAL: 4.2}, (4032, 3024)),
        # Nobody knows whether the zoom is counted in.
        ({**PHONE, ZOOM: 2.0}, (4032, 3024)),
        # Turned by a program that did not say so, or a part of it.
        (PHONE, (3024, 4032)),
        # Put together from many.
        (PHONE, (12000, 3000)),
        # No sensor has this size: the photo was made smaller, and the number not.
        ({**REFLEX, WIDTH: 1500, HEIGHT: 1000}, (1500, 1000)),
        ({**REFLEX, SENSOR_UNIT: 9}, (6000, 4000)),
    ],
)
def test_it_is_none_if_it_is_not_sure(camera: Mapping[int, float], size: tuple[int, int]) -> None:
    assert focal_35mm_of(taken(camera), size) is None


def test_heif_may_have_been_turned_already() -> None:
    assert focal_35mm_of(taken(PHONE), (3024, 4032), may_be_turned=True) == 26


@pytest.mark.parametrize("odd", [*ODD_EXIF.values(), *TURNED_EXIF.values()])
def test_odd_exif_has_none(odd: bytes) -> None:
    assert focal_35mm_of(odd, (4032, 3024)) is None


@pytest.mark.parametrize("place", [0, 8, 26, 2**31, 2**32 - 1])
def test_folder_may_be_anywhere(place: int) -> None:
    assert focal_35mm_of(exif((CAMERA, 4, 1, struct.pack("<L", place))), (4032, 3024)) is None


def test_cut_off_fraction_is_none() -> None:
    whole = taken(REFLEX)
    for length in range(len(whole)):
        focal = focal_35mm_of(whole[:length], (6000, 4000))
        assert focal is None or focal == pytest.approx(17, abs=0.01)


def test_orientation_is_read_as_before() -> None:
    assert orientation_of(exif((0x0112, 3, 1, b"\x06\0"))) == 6
    # Not a fraction, even if it is a whole one.
    fraction = exif((0x0112, 5, 1, struct.pack("<L", 26))) + struct.pack("<LL", 6, 1)
    assert orientation_of(fraction) == 1
