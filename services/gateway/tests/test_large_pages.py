"""For which memory large pages are requested, and that the request is harmless."""

from gateway.large_pages import ask, large_ranges

MAPS = """\
55d000000000-55d000400000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000400000 rw-p 00000000 00:00 0 
7f0000500000-7f0000600000 rw-p 00000000 00:00 0 
7f0001000000-7f0001400000 r--p 00000000 00:00 0 
7f0002000000-7f0002400000 rw-s 00000000 00:00 0 
7f0003000000-7f0003400000 rw-p 00000000 08:01 1234                       /usr/lib/a file.so
7ffd00000000-7ffd00400000 rw-p 00000000 00:00 0                          [stack]
"""


def test_only_large_private_memory_without_a_file_is_asked_for() -> None:
    size = 4 * 1024 * 1024
    assert list(large_ranges(MAPS)) == [(0x55D000000000, size), (0x7F0000000000, size)]


def test_asking_changes_no_byte() -> None:
    held = bytearray(range(256)) * (16 * 1024)
    before = bytes(held)
    ask()
    assert held == before
