"""Takes PNG files apart (W3C PNG, third edition), and tells whether the pixels are complete."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from staging_svc.photos.container import CheckSize, DamagedError, IncompleteError, Unpacked

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER_LENGTH = 13
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# x and y of the first pixel of each pass, and the steps to the next.
ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
LARGEST_PROFILE = 8 * 1024 * 1024
STEP = 1024 * 1024


@dataclass
class _Reading:
    header: bytes = b""
    palette: bytes = b""
    transparency: bytes = b""
    pixels: list[bytes] = field(default_factory=list)
    exif: bytes = b""
    profile: bytes = b""
    is_animated: bool = False


def unpack(data: bytes, check_size: CheckSize) -> Unpacked:
    """The picture of a PNG, of an animation its first or its substitute; IncompleteError if the file
    ends before the picture does."""
    reading = _Reading()
    for kind, content, is_whole in _chunks(data):
        _take(reading, kind, content, is_whole)
    if len(reading.header) != HEADER_LENGTH:
        raise IncompleteError
    check_size(_size(reading.header))
    chunks = [(b"IHDR", reading.header)]
    chunks += [(b"PLTE", reading.palette)] if reading.palette else []
    chunks += [(b"tRNS", reading.transparency)] if reading.transparency else []
    chunks += [(b"IDAT", _whole(b"".join(reading.pixels), _length(reading.header))), (b"IEND", b"")]
    return Unpacked(
        format="PNG",
        content_type="image/png",
        file=SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks),
        exif=reading.exif,
        profile=reading.profile,
        is_animated=reading.is_animated,
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Kind, content and whether the checksum agrees; of the last chunk, whatever is left."""
    position = len(SIGNATURE)
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4])
        kind = data[position + 4 : position + 8]
        end = position + 8 + length
        checksum = data[end : end + 4]
        if kind == b"IEND":
            return
        content = data[position + 8 : end]
        # A checksum that was cut off says nothing.
        is_whole = len(checksum) < 4 or int.from_bytes(checksum) == zlib.crc32(kind + content)
        yield kind, content, is_whole
        position = end + 4


def _take(reading: _Reading, kind: bytes, content: bytes, is_whole: bool) -> None:
    if kind in (b"IHDR", b"PLTE", b"IDAT") and not is_whole:
        raise DamagedError
    match kind:
        case b"IHDR":
            reading.header = reading.header or content
        case b"PLTE":
            reading.palette = reading.palette or content
        case b"IDAT":
            reading.pixels.append(content)
        case b"tRNS" if is_whole:
            reading.transparency = content
        case b"eXIf":
            reading.exif = content
        case b"iCCP" if is_whole:
            reading.profile = _profile(content)
        case b"acTL":
            reading.is_animated = True


def _profile(content: bytes) -> bytes:
    """The colour profile behind its name and method; empty if it cannot be unpacked."""
    _, _, packed = content.partition(b"\x00")
    try:
        return zlib.decompressobj().decompress(packed[1:], LARGEST_PROFILE)
    except zlib.error:
        return b""


def _size(header: bytes) -> tuple[int, int]:
    return int.from_bytes(header[:4]), int.from_bytes(header[4:8])


def _length(header: bytes) -> int:
    """How many bytes the picture has when unpacked, each row with its filter."""
    width, height = _size(header)
    depth, colour, interlace = header[8], header[9], header[12]
    if colour not in CHANNELS:
        raise DamagedError
    bits = depth * CHANNELS[colour]
    passes = ADAM7 if interlace else ((0, 0, 1, 1),)
    total = 0
    for x, y, step_x, step_y in passes:
        columns, rows = -((x - width) // step_x), -((y - height) // step_y)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _whole(packed: bytes, wanted: int) -> bytes:
    """The picture data, packed again if it ends behind the last pixel but before its own end."""
    unpacker, length, position = zlib.decompressobj(), 0, 0
    try:
        while length < wanted and not unpacker.eof:
            step = unpacker.unconsumed_tail
            if not step:
                step = packed[position : position + STEP]
                position += STEP
            if not step:
                raise IncompleteError
            length += len(unpacker.decompress(step, STEP))
        if length < wanted:
            raise IncompleteError
        return packed if _ends_well(unpacker, packed[position:]) else _repacked(packed, wanted)
    except zlib.error as error:
        raise DamagedError from error


def _ends_well(unpacker: "zlib._Decompress", rest: bytes) -> bool:
    with_rest = unpacker.unconsumed_tail + rest
    try:
        unpacker.decompress(with_rest, STEP)
    except zlib.error:
        return False
    return unpacker.eof


def _repacked(packed: bytes, wanted: int) -> bytes:
    unpacked = zlib.decompressobj().decompress(packed, wanted)
    return zlib.compress(unpacked, 1)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content).to_bytes(4)
    return len(content).to_bytes(4) + kind + content + checksum
