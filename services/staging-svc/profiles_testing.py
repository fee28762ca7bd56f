"""Colour profiles made by a script, and the colours that they mean."""

import math
import struct

from photos_testing import Colour

# Red, green and blue as XYZ under D50, and the exponent of the curve.
WIDE_SPACES = {
    "Display P3": (
        ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
        2.2,
    ),
    "Adobe RGB": (
        ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
        2.2,
    ),
    "ProPhoto": (
        ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491)),
        1.8,
    ),
}
XYZ_TO_SRGB = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)


def matrix_profile(space: str) -> bytes:
    """A profile of red, green and blue (ICC.1:2001-04)."""
    primaries, exponent = WIDE_SPACES[space]
    curve = _curve(exponent)
    tags = {b"rXYZ": _xyz(primaries[0]), b"gXYZ": _xyz(primaries[1]), b"bXYZ": _xyz(primaries[2])}
    return _profile(
        b"mntr", b"RGB ", b"XYZ ", tags | {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    )


def grey_profile(exponent: float) -> bytes:
    """A profile of grey with this curve."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _curve(exponent)})


def ink_profile() -> bytes:
    """A printer whose full cyan is a middle grey, and whose other inks are black."""
    ramp = bytes(range(256))
    lightness = [255, 128] + [0] * 14
    order = [lightness[1 if corner == 8 else 0] if corner in (0, 8) else 0 for corner in range(16)]
    table = b"".join(bytes((value, 128, 128)) for value in order)
    identity = b"".join(
        struct.pack(">l", 65536 if row == column else 0) for row in range(3) for column in range(3)
    )
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + ramp * 4 + table + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut, b"A2B1": lut})


def seen(colour: Colour, space: str) -> Colour:
    """What a colour of a wide space is in sRGB."""
    primaries, exponent = WIDE_SPACES[space]
    light = [(value / 255) ** exponent for value in colour]
    xyz = [
        sum(light[channel] * primaries[channel][axis] for channel in range(3)) for axis in range(3)
    ]
    red, green, blue = (
        srgb(sum(row[axis] * xyz[axis] for axis in range(3))) for row in XYZ_TO_SRGB
    )
    return red, green, blue


def srgb(light: float) -> int:
    """The eight bits of an amount of light."""
    light = min(1.0, max(0.0, light))
    return round(
        255 * (light * 12.92 if light <= 0.0031308 else 1.055 * math.pow(light, 1 / 2.4) - 0.055)
    )


def _curve(exponent: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">LH", 1, round(exponent * 256))


def _xyz(values: tuple[float, ...]) -> bytes:
    return (
        b"XYZ " + bytes(4) + b"".join(struct.pack(">l", round(value * 65536)) for value in values)
    )


def _profile(device: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    name = b"test\0"
    described = b"desc" + bytes(4) + struct.pack(">L", len(name)) + name + bytes(78)
    tags = {
        b"desc": described,
        b"cprt": b"text" + bytes(4) + name,
        b"wtpt": _xyz((0.9642, 1.0, 0.8249)),
        **tags,
    }
    offset, entries, body = 128 + 4 + 12 * len(tags), b"", b""
    for kind, content in tags.items():
        entries += kind + struct.pack(">LL", offset + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    header = struct.pack(">L4sL4s4s4s", 0, b"none", 0x02400000, device, space, connection)
    header += (
        struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
        + b"acsp"
        + bytes(28)
        + struct.pack(">3l", 63190, 65536, 54061)
    )
    header = header.ljust(128, b"\0")
    whole = header + struct.pack(">L", len(tags)) + entries + body
    return struct.pack(">L", len(whole)) + whole[4:]
