"""Takes WebP files apart (RFC 9649)."""

from collections.abc import Iterator

from staging_svc.photos.container import CheckSize, IncompleteError, Unpacked

RIFF, WEBP = b"RIFF", b"WEBP"
PICTURES = frozenset({b"VP8 ", b"VP8L", b"ANMF"})
# In VP8X: a profile, EXIF and XMP follow.
METADATA_FLAGS = 0x20 | 0x08 | 0x04


def is_webp(data: bytes) -> bool:
    """Whether the file begins as a WebP."""
    return data[:4] == RIFF and data[8:12] == WEBP


def unpack(data: bytes, check_size: CheckSize) -> Unpacked:
    """The picture of a WebP, the first of an animation; IncompleteError if the file ends before it."""
    kept: list[tuple[bytes, bytes]] = []
    said: dict[bytes, bytes] = {}
    has_picture = False
    for kind, content, is_whole in _chunks(data, 12):
        if kind in (b"EXIF", b"ICCP"):
            if is_whole:
                said.setdefault(kind, content)
            continue
        if has_picture or kind not in {b"VP8X", b"ALPH", b"ANIM", *PICTURES}:
            continue
        if not kept:
            check_size(_size(kind, content))
        if not is_whole:
            raise IncompleteError
        kept.append((kind, _without_flags(content) if kind == b"VP8X" else content))
        has_picture = kind in PICTURES
    if not has_picture:
        raise IncompleteError
    body = WEBP + b"".join(_chunk(kind, content) for kind, content in kept)
    return Unpacked(
        format="WEBP",
        content_type="image/webp",
        file=RIFF + len(body).to_bytes(4, "little") + body,
        exif=said.get(b"EXIF", b""),
        profile=said.get(b"ICCP", b""),
        is_animated=kept[-1][0] == b"ANMF",
    )


def _chunks(data: bytes, position: int) -> Iterator[tuple[bytes, bytes, bool]]:
    """Kind, content and whether all of it is there."""
    while position + 8 <= len(data):
        kind = data[position : position + 4]
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        content = data[position + 8 : position + 8 + length]
        yield kind, content, len(content) == length
        position += 8 + length + length % 2


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + b"\x00" * (len(content) % 2)


def _without_flags(header: bytes) -> bytes:
    return bytes((header[0] & ~METADATA_FLAGS,)) + header[1:] if header else header


def _size(kind: bytes, content: bytes) -> tuple[int, int]:
    """Width and height by the first chunk."""
    if len(content) < 10:
        raise IncompleteError
    if kind == b"VP8X":
        return int.from_bytes(content[4:7], "little") + 1, int.from_bytes(
            content[7:10], "little"
        ) + 1
    if kind == b"VP8L":
        bits = int.from_bytes(content[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = content[6:8], content[8:10]
    return int.from_bytes(width, "little") & 0x3FFF, int.from_bytes(height, "little") & 0x3FFF
