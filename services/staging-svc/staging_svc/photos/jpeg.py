"""Takes JPEG files apart (ITU-T T.81, annex B), and tells whether the pixels are complete.

A JPEG does not say how long its picture data is, and decoders fill what is missing with grey. What
can be told is this: if data is missing at the end, then whatever is put there is decoded as pixels;
if nothing is missing, it is skipped. So two files are made that differ in what follows the data.
"""

import random
import re
from dataclasses import dataclass, field

from staging_svc.photos.container import CheckSize, IncompleteError, Unpacked

SIGNATURE = b"\xff\xd8\xff"

SOI, EOI, SOS, DRI = 0xD8, 0xD9, 0xDA, 0xDD
APP0, APP1, APP2, APP14, COM = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})

# Picture data ends at a marker; FF 00 is a byte of it, and D0 to D7 are the restarts within.
END_OF_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
RESTART = re.compile(rb"\xff[\xd0-\xd7]")
MARKER = re.compile(rb"\xff+[^\x00\xff]")
# A download that stopped leaves zeros up to the announced size; picture data has no long row of them.
FEWEST_ZEROS = 16

JFIF = b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
ADOBE_LENGTH = 12
EXIF_PREFIXES = (b"Exif\x00\x00", b"Exif\x00\xff")
PROFILE_PREFIX = b"ICC_PROFILE\x00"

COEFFICIENTS = 64

# Long enough to become visible pixels under any Huffman table.
NOISE = random.Random(0).randbytes(256).replace(b"\xff", b"\x7f")


@dataclass
class _Reading:
    """What has been read so far."""

    kept: list[bytes] = field(default_factory=lambda: [bytes((0xFF, SOI))])
    size: tuple[int, int] | None = None
    is_progressive: bool = False
    is_adobe: bool = False
    restarts: bool = False
    exif: bytes = b""
    profile: dict[int, bytes] = field(default_factory=dict)
    profile_parts: int = 0
    components: bytes = b""
    # Of each component, the coefficients that are there to their last bit.
    exact: dict[int, set[int]] = field(default_factory=dict)
    last_scan: bytes = b""


def unpack(data: bytes, check_size: CheckSize) -> Unpacked:
    """The first picture of a JPEG; IncompleteError if the file ends before the picture does."""
    reading = _read(_without_filling(data))
    if reading.size is None:
        raise IncompleteError
    check_size(reading.size)
    if not reading.last_scan:
        raise IncompleteError
    if any(
        len(reading.exact.get(component, ())) < COEFFICIENTS for component in reading.components
    ):
        raise IncompleteError
    head = b"".join(reading.kept)
    end = bytes((0xFF, EOI))
    return Unpacked(
        format="JPEG",
        content_type="image/jpeg",
        file=head + end,
        exif=reading.exif,
        profile=_profile(reading),
        is_inverted=reading.is_adobe,
        witness=head + _continuation(reading) + end,
    )


def _without_filling(data: bytes) -> bytes:
    shorter = data.rstrip(b"\x00")
    return data if len(data) - len(shorter) < FEWEST_ZEROS else shorter


def _read(data: bytes) -> _Reading:
    reading, position = _Reading(), 2
    while match := MARKER.search(data, position):
        marker, position = data[match.end() - 1], match.end()
        if marker == EOI:
            break
        if marker in NO_LENGTH:
            continue
        end = position + int.from_bytes(data[position : position + 2])
        if end > len(data) or end < position + 2:
            break
        _take(reading, marker, data[position + 2 : end])
        position = end
        if marker == SOS:
            found = END_OF_SCAN.search(data, position)
            position = found.start() if found else len(data)
            # A single FF at the end of the file is half of something.
            reading.last_scan = data[end:position].rstrip(b"\xff")
            reading.kept.append(reading.last_scan)
    return reading


def _take(reading: _Reading, marker: int, content: bytes) -> None:
    if marker == APP0 and content.startswith(b"JFIF\x00"):
        content = JFIF
    elif marker == APP14 and content.startswith(b"Adobe") and len(content) >= ADOBE_LENGTH:
        reading.is_adobe = True
        content = content[:ADOBE_LENGTH]
    elif marker == COM or APP0 <= marker <= 0xEF:
        _take_metadata(reading, marker, content)
        return
    if marker in FRAMES and len(content) >= 6:
        reading.size = (int.from_bytes(content[3:5]), int.from_bytes(content[1:3]))
        reading.is_progressive = marker in PROGRESSIVE
        reading.components = content[6::3][: content[5]]
    elif marker == DRI:
        reading.restarts = any(content)
    elif marker == SOS:
        _take_scan(reading, content)
    length = (len(content) + 2).to_bytes(2)
    reading.kept.append(bytes((0xFF, marker)) + length + content)


def _take_metadata(reading: _Reading, marker: int, content: bytes) -> None:
    if marker == APP1 and content.startswith(EXIF_PREFIXES) and not reading.exif:
        reading.exif = content[6:]
    elif marker == APP2 and content.startswith(PROFILE_PREFIX):
        number, reading.profile_parts = content[12:13], int.from_bytes(content[13:14])
        reading.profile[int.from_bytes(number)] = content[14:]


def _take_scan(reading: _Reading, header: bytes) -> None:
    count = header[0] if header else 0
    components, rest = header[1 : 1 + 2 * count : 2], header[1 + 2 * count :]
    if len(rest) < 3:
        return
    first, last, bits_left = (
        (rest[0], rest[1], rest[2] & 15) if reading.is_progressive else (0, 63, 0)
    )
    for component in components:
        if bits_left == 0:
            reading.exact.setdefault(component, set()).update(range(first, last + 1))


def _profile(reading: _Reading) -> bytes:
    """The colour profile, which may come in parts; empty unless all are there."""
    wanted = list(range(1, reading.profile_parts + 1))
    if sorted(reading.profile) != wanted:
        return b""
    return b"".join(reading.profile[number] for number in wanted)


def _continuation(reading: _Reading) -> bytes:
    """What could have followed the picture data, with the restart that the decoder would wait for."""
    if not reading.restarts:
        return NOISE
    found = RESTART.findall(reading.last_scan)
    following = (found[-1][1] + 1) % 8 if found else 0
    markers = (0xD0 + (following + step) % 8 for step in range(8))
    return NOISE + b"".join(bytes((0xFF, marker)) + NOISE for marker in markers)
