"""What is told of this process's memory, and given back of it."""

import platform

import pytest

from monitor.process import return_free_memory, rss_bytes

PIECE, PIECES = 4096, 10_000


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked to give back")
def test_freed_memory_below_a_piece_that_is_still_held_is_given_back() -> None:
    pieces = [bytearray(PIECE) for _ in range(PIECES)]
    held = pieces[:: PIECES // 10] + pieces[-1:]
    del pieces
    before = rss_bytes()
    return_free_memory()
    after = rss_bytes()
    assert held
    assert before is not None
    assert after is not None
    assert before - after > PIECE * PIECES / 2
