"""Asks the kernel to keep this process's memory in large pages, where a range is large enough.

The data of ten thousand tenants is spread over more small pages than fit into the processor's
TLB; the misses cost more than one microsecond a request.
"""

import asyncio
import ctypes
from collections.abc import Iterator
from pathlib import Path

_MAPS = Path("/proc/self/maps")
_LARGE_PAGE_BYTES = 2 * 1024 * 1024
# See madvise(2). A kernel that does not support or allow them returns an error, and nothing changes.
_HUGEPAGE, _COLLAPSE = 14, 25
# Asked again this often, because memory grows with the callers.
_SECONDS = 10.0


async def keep_asking() -> None:
    """Ask every few seconds, for ever."""
    while True:
        await asyncio.to_thread(ask)
        await asyncio.sleep(_SECONDS)


def ask() -> None:
    """Ask once, for all of the memory; does nothing outside of Linux."""
    if not _MAPS.exists():
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, size in large_ranges(_MAPS.read_text()):
        madvise(start, size, _HUGEPAGE)
        madvise(start, size, _COLLAPSE)


def large_ranges(maps: str) -> Iterator[tuple[int, int]]:
    """Address and size of the writable, private and nameless ranges with room for a large page."""
    for line in maps.splitlines():
        addresses, flags, _, _, _, *name = line.split(maxsplit=5)
        start, end = (int(address, 16) for address in addresses.split("-"))
        is_ours = flags.startswith("rw") and flags.endswith("p") and name in ([], ["[heap]"])
        if is_ours and end - start >= _LARGE_PAGE_BYTES:
            yield start, end - start
