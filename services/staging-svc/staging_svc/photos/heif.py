"""Takes HEIC and AVIF files apart, as far as needed (ISO/IEC 14496-12 and 23008-12).

Their pictures are turned by properties of their own, and EXIF has no say. So its item gets a name
that no decoder looks for; everything else stays where it is, because offsets lead to it.
"""

from collections.abc import Iterator

from staging_svc.photos.container import Unpacked

HEAD_BYTES = 12
HEVC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
SEQUENCE_BRANDS = frozenset({b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
CONTAINER_BRANDS = frozenset({b"mif1"})


def brand_of(data: bytes) -> bytes:
    """The main brand; empty if this is another kind of file."""
    return data[8:HEAD_BYTES] if data[4:8] == b"ftyp" else b""


def is_heif(data: bytes) -> bool:
    """Whether the file begins as a HEIC or AVIF; its first 12 bytes are enough."""
    return brand_of(data) in HEVC_BRANDS | SEQUENCE_BRANDS | AVIF_BRANDS | CONTAINER_BRANDS


def unpack(data: bytes) -> Unpacked:
    """The file with its EXIF out of sight."""
    brand = brand_of(data)
    is_avif = brand in AVIF_BRANDS or (brand in CONTAINER_BRANDS and b"avif" in _brands(data))
    return Unpacked(
        format="AVIF" if is_avif else "HEIF",
        content_type=_content_type(brand, is_avif),
        file=_without_exif(data),
        is_animated=brand == b"avis" or brand in SEQUENCE_BRANDS,
    )


def is_cut_off(data: bytes) -> bool:
    """Whether a box, by its own length, would end behind the file's end."""
    return any(end > len(data) for _, _, end in _boxes(data, 0, len(data)))


def _content_type(brand: bytes, is_avif: bool) -> str:
    if is_avif:
        return "image/avif"
    return "image/heic" if brand in HEVC_BRANDS else "image/heif"


def _brands(data: bytes) -> bytes:
    return data[8 : int.from_bytes(data[:4])]


def _boxes(data: bytes, position: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start of the content and end of every box in this span."""
    while position + 8 <= end:
        length, kind = (
            int.from_bytes(data[position : position + 4]),
            data[position + 4 : position + 8],
        )
        start = position + 8
        if length == 1:
            length, start = int.from_bytes(data[start : start + 8]), start + 8
        elif length == 0:
            length = end - position
        if length < start - position:
            return
        position += length
        yield kind, start, position


def _without_exif(data: bytes) -> bytes:
    changed = bytearray(data)
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind != b"meta":
            continue
        # `meta` is a full box: version and flags come first.
        for inner, inner_start, inner_end in _boxes(data, start + 4, min(end, len(data))):
            if inner == b"iinf":
                items = data[inner_start:inner_end].replace(b"Exif", b"skip")
                changed[inner_start : inner_start + len(items)] = items
    return bytes(changed)
