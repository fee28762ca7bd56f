"""Photos made by a script: every mode, depth, profile and orientation, odd metadata, cut off anywhere.

The picture is four plain fields, so that it can be said of every file which colours have to come out.
"""

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()

Colour = tuple[int, int, int]

WIDTH, HEIGHT = 640, 520
TOP_LEFT: Colour = (200, 60, 40)
TOP_RIGHT: Colour = (60, 170, 80)
BOTTOM_LEFT: Colour = (50, 80, 190)
BOTTOM_RIGHT: Colour = (220, 220, 210)
FIELDS = (TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT)


def fields(colours: Sequence[Any] = FIELDS, mode: str = "RGB") -> Image.Image:
    """A picture of four fields, row by row."""
    picture = Image.new(mode, (WIDTH, HEIGHT))
    for index, colour in enumerate(colours):
        left, top = (index % 2) * WIDTH // 2, (index // 2) * HEIGHT // 2
        picture.paste(colour, (left, top, left + WIDTH // 2, top + HEIGHT // 2))
    return picture


def noise(size: tuple[int, int] = (96, 72), mode: str = "RGB") -> Image.Image:
    """A picture in which every pixel matters."""
    bands = [
        Image.frombytes(
            "L",
            size,
            bytes((x * 7 * band + x * x * 31 + band) % 251 for x in range(size[0] * size[1])),
        )
        for band in range(1, 5)
    ]
    return Image.merge(mode, bands[: len(mode)]) if len(mode) > 1 else bands[0]


def encoded(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file of this format, of the best quality."""
    buffer = io.BytesIO()
    if kind == "JPEG":
        options = {"quality": 95, "subsampling": 0} | options
    if kind in ("HEIF", "AVIF"):
        options = {"quality": 95} | options
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


# --- EXIF -------------------------------------------------------------------------------------------

BYTE, ASCII, SHORT, LONG, RATIONAL, FLOAT = 1, 2, 3, 4, 5, 11
MAKE, ORIENTATION, SOFTWARE, EXIF_FOLDER, GPS_FOLDER, X_RESOLUTION = (
    0x010F,
    0x0112,
    0x0131,
    0x8769,
    0x8825,
    0x011A,
)


def exif(*entries: tuple[int, int, int, bytes], following: int = 0, order: str = "<") -> bytes:
    """One folder of entries: tag, type, count, and the four bytes of value or offset."""
    head = (b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(order + "L", 8)
    body = b"".join(
        struct.pack(order + "HHL", *entry[:3]) + entry[3].ljust(4, b"\0")[:4] for entry in entries
    )
    return (
        head + struct.pack(order + "H", len(entries)) + body + struct.pack(order + "L", following)
    )


def turned(orientation: int, order: str = "<") -> tuple[int, int, int, bytes]:
    """The entry of an orientation as cameras write it."""
    return (ORIENTATION, SHORT, 1, struct.pack(order + "H", orientation))


# The fields as they have to be shown, by orientation.
SHOWN = {
    1: (0, 1, 2, 3),
    2: (1, 0, 3, 2),
    3: (3, 2, 1, 0),
    4: (2, 3, 0, 1),
    5: (0, 2, 1, 3),
    6: (2, 0, 3, 1),
    7: (3, 1, 2, 0),
    8: (1, 3, 0, 2),
}

# Without a valid orientation: the photo is shown as it is.
ODD_EXIF = {
    "nothing": b"",
    "no order": b"XX" + exif(turned(6))[2:],
    "only the order": b"II",
    "half a header": exif(turned(6))[:7],
    "folder outside": b"II*\x00" + struct.pack("<L", 0xFFFFFFF0),
    "folder in the header": b"II*\x00" + struct.pack("<L", 0),
    "half an entry": exif(turned(6))[:15],
    "65535 entries": b"II*\x00" + struct.pack("<LH", 8, 65535) + b"\0" * 30,
    "a word": exif((ORIENTATION, ASCII, 4, b"six\0")),
    "a long word": exif((ORIENTATION, ASCII, 24, struct.pack("<L", 4000))),
    "a float": exif((ORIENTATION, FLOAT, 1, struct.pack("<f", 6.0))),
    "a fraction": exif((ORIENTATION, RATIONAL, 1, struct.pack("<L", 26)))
    + struct.pack("<LL", 6, 0),
    "a list": exif((ORIENTATION, SHORT, 2, struct.pack("<HH", 6, 6))),
    "a huge count": exif((ORIENTATION, SHORT, 0xFFFFFFFF, struct.pack("<L", 26))),
    "no value": exif((ORIENTATION, SHORT, 0, b"")),
    "zero": exif(turned(0)),
    "nine": exif(turned(9)),
    "65535": exif(turned(65535)),
    "an unknown type": exif((ORIENTATION, 99, 1, struct.pack("<H", 6))),
    "a loop of folders": exif((MAKE, ASCII, 1, b""), following=8),
    "itself as subfolder": exif(
        (EXIF_FOLDER, LONG, 1, struct.pack("<L", 8)), (GPS_FOLDER, LONG, 1, struct.pack("<L", 8))
    ),
    "a resolution of 1/0": exif((X_RESOLUTION, RATIONAL, 1, struct.pack("<L", 26)))
    + struct.pack("<LL", 1, 0),
    "a resolution as word": exif((X_RESOLUTION, ASCII, 4, b"wide"), (0x0128, ASCII, 3, b"dpi")),
}
# With orientation 6 beside something broken: that one entry counts.
TURNED_EXIF = {
    "mis-typed": exif((MAKE, RATIONAL, 1, b"\x32"), turned(6), (SOFTWARE, 9, 2, b"\x32")),
    "a huge count before it": exif((MAKE, ASCII, 0xFFFFFFFF, b"\x08"), turned(6)),
    "an offset outside before it": exif((MAKE, ASCII, 100, b"\xff\xff\xff\x7f"), turned(6)),
    "an unknown type before it": exif((MAKE, 77, 3, b"\x08"), turned(6)),
    "a loop of folders after it": exif(turned(6), following=8),
    "a broken one before it": exif((ORIENTATION, ASCII, 4, b"six\0"), turned(6)),
    "as a long number": exif((ORIENTATION, LONG, 1, struct.pack("<L", 6))),
    "as a byte": exif((ORIENTATION, BYTE, 1, b"\x06")),
    "big-endian": exif(turned(6, ">"), order=">"),
    "cut off behind it": exif(turned(6), (MAKE, ASCII, 100, b"\x32"))[:30],
    "more entries than there are": exif(turned(6))[:8] + b"\xff\xff" + exif(turned(6))[10:],
}


# --- JPEG -------------------------------------------------------------------------------------------


def segment(marker: int, content: bytes) -> bytes:
    """One marker segment."""
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2) + content


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """The JPEG with more segments in front."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def with_exif(jpeg: bytes, content: bytes) -> bytes:
    """The JPEG with this EXIF, well formed or not."""
    return with_segments(jpeg, segment(0xE1, b"Exif\0\0" + content))


def without(jpeg: bytes, marker: int) -> bytes:
    """The JPEG without the segments of this marker."""
    return b"".join(part for part in segments_of(jpeg) if part[1] != marker)


def segments_of(jpeg: bytes) -> Iterator[bytes]:
    """The JPEG cut before every marker; picture data goes with the header of its scan."""
    position = 0
    while position < len(jpeg):
        marker = jpeg[position + 1]
        end = position + 2
        if marker not in (0xD8, 0xD9):
            end += int.from_bytes(jpeg[end : end + 2])
        if marker == 0xDA:
            while not (jpeg[end] == 0xFF and jpeg[end + 1] not in (0, *range(0xD0, 0xD8))):
                end += 1
        yield jpeg[position:end]
        position = end


# XMP that unpacks to gigabytes, if somebody reads it as XML.
XML_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "'
    + b"a" * 100
    + b'">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(8))
    + b"]><x:xmpmeta><tiff:Orientation>&i;</tiff:Orientation></x:xmpmeta>"
)

ODD_SEGMENTS = {
    "JFIF of two bytes": segment(0xE0, b"JF"),
    "JFIF without a density": segment(0xE0, b"JFIF\0\1\1"),
    "JFIF of density 0": segment(0xE0, b"JFIF\0\1\1\1\0\0\0\0\0\0"),
    "JFIF with half a thumbnail": segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\xff\xff\1\2\3"),
    "empty EXIF": segment(0xE1, b"Exif\0\0"),
    "XML bomb": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XML_BOMB),
    "XMP turned": segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="word"/>'),
    "XMP of no text": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0\xff\xfe\xff\xd8"),
    "MPF of garbage": segment(0xE2, b"MPF\0II*\0\x08\0\0\0\xff\xff" + b"\x02\xb0" * 30),
    "MPF of nothing": segment(0xE2, b"MPF\0"),
    "profile without number": segment(0xE2, b"ICC_PROFILE\0"),
    "profile of part 3 of 2": segment(0xE2, b"ICC_PROFILE\0\3\2abc"),
    "profile of part 1 of 2": segment(0xE2, b"ICC_PROFILE\0\1\2abc"),
    "profile of text": segment(0xE2, b"ICC_PROFILE\0\1\1not a profile"),
    "Photoshop of garbage": segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\xff\xff\xff\xff"),
    "Photoshop resolution": segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\4\0\0\0\0"),
    "Adobe of five bytes": segment(0xEE, b"Adobe"),
    "comment of zeros": segment(0xFE, bytes(60000)),
    "extra start": b"\xff\xd8",
    "filling": b"\xff\xff\xff",
}


# --- PNG and WebP -----------------------------------------------------------------------------------


def chunk(kind: bytes, content: bytes, *, checksum: int | None = None) -> bytes:
    """A chunk of a PNG, with a right checksum unless another is given."""
    checksum = zlib.crc32(kind + content) if checksum is None else checksum
    return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", checksum)


def png(
    width: int,
    height: int,
    depth: int,
    colour: int,
    rows: bytes,
    *chunks: bytes,
    interlace: int = 0,
) -> bytes:
    """A PNG of these rows, each with its filter."""
    header = struct.pack(">LLBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(chunks)
        + chunk(b"IDAT", zlib.compress(rows, 1))
        + chunk(b"IEND", b"")
    )


def with_chunks(file: bytes, *chunks: bytes) -> bytes:
    """The PNG with more chunks behind its header."""
    return file[:33] + b"".join(chunks) + file[33:]


def chunks_of(file: bytes) -> Iterator[bytes]:
    """The PNG cut behind its signature and behind every chunk."""
    yield file[:8]
    position = 8
    while position < len(file):
        end = position + 12 + int.from_bytes(file[position : position + 4])
        yield file[position:end]
        position = end


def deep_png(values: Sequence[Any], colour: int, *chunks: bytes) -> bytes:
    """Four fields of samples of 16 bits; `values` are samples or tuples of them."""
    pixels = [
        struct.pack(f">{len(v)}H", *v) if isinstance(v, tuple) else struct.pack(">H", v)
        for v in values
    ]
    rows = b"".join(
        b"\0" + pixels[2 * half] * (WIDTH // 2) + pixels[2 * half + 1] * (WIDTH // 2)
        for half in range(2)
        for _ in range(HEIGHT // 2)
    )
    return png(WIDTH, HEIGHT, 16, colour, rows, *chunks)


ODD_CHUNKS = {
    "resolution 0": chunk(b"pHYs", struct.pack(">LLB", 0, 0, 1)),
    "resolution of two bytes": chunk(b"pHYs", b"\0\1"),
    "text with a wrong checksum": chunk(b"tEXt", b"Title\0room", checksum=1),
    "text without an end": chunk(b"iTXt", b"XML:com.adobe.xmp"),
    "packed bomb": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(80_000_000), 9)),
    "XML bomb": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XML_BOMB),
    "EXIF as text": chunk(
        b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n  8\nzzzz")
    ),
    "profile of garbage": chunk(b"iCCP", b"x\0\0garbage"),
    "half a profile": chunk(b"iCCP", b"x\0\0" + zlib.compress(b"half")),
    "time of one byte": chunk(b"tIME", b"\1"),
    "gamma of one byte": chunk(b"gAMA", b"\1"),
    "chromaticities of one byte": chunk(b"cHRM", b"\1"),
    "an unknown one": chunk(b"room", b"\0" * 100),
}


def riff_chunks_of(file: bytes) -> Iterator[bytes]:
    """The WebP cut behind its header and behind every chunk."""
    yield file[:12]
    position = 12
    while position < len(file):
        length = int.from_bytes(file[position + 4 : position + 8], "little")
        end = position + 8 + length + length % 2
        yield file[position:end]
        position = end
