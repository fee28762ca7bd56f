"""Reads from EXIF the one thing that matters to us: which way up the photo is (CIPA DC-008, 4.6)."""

ORIENTATION = 0x0112
PREFIX = b"Exif\x00\x00"
ENTRY_LENGTH = 12
# Sizes of the whole numbers among the types of TIFF.
WHOLE_NUMBERS = {1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4}
UPRIGHT = 1
ORIENTATIONS = range(1, 9)


def orientation_of(exif: bytes) -> int:
    """1 to 8; upright unless the first folder says plainly otherwise.

    Only that one entry is looked at, because cameras and editors write all sorts of things into the
    others, and a library that reads them all gives up at the first one it does not understand.
    """
    exif = exif.removeprefix(PREFIX)
    order: str = {b"II": "little", b"MM": "big"}.get(exif[:2], "")
    if not order:
        return UPRIGHT

    def number(start: int, length: int) -> int:
        return int.from_bytes(exif[start : start + length], order)  # type: ignore[arg-type]

    first = number(4, 4) + 2
    count = min(number(first - 2, 2), max(0, len(exif) - first) // ENTRY_LENGTH)
    for entry in range(first, first + count * ENTRY_LENGTH, ENTRY_LENGTH):
        length = WHOLE_NUMBERS.get(number(entry + 2, 2))
        if number(entry, 2) == ORIENTATION and length and number(entry + 4, 4) == 1:
            value = number(entry + 8, length)
            if value in ORIENTATIONS:
                return value
    return UPRIGHT
