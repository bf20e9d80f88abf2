"""Two hundred readers of a page, as a program: they ask while a line ``go`` was the last word on standard input.

`python -m tests.benchmarks.readers PORT PATH...` prints, when its input ends, how many answers came and how many failed.
"""

import asyncio
import os
import sys

READERS = 200
PAUSE_S = 1.0


async def _read(port: int, path: str, counts: list[int]) -> None:
    """One answer over a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
        )
        answer = await reader.read()
        counts[0 if answer.startswith(b"HTTP/1.1 200") else 1] += 1
    finally:
        writer.close()


async def _reader(
    port: int, paths: list[str], first: int, going: asyncio.Event, counts: list[int]
) -> None:
    k = first
    while True:
        await going.wait()
        try:
            await _read(port, paths[k % len(paths)], counts)
        except OSError:
            counts[1] += 1
        k += 1
        await asyncio.sleep(PAUSE_S)


async def main(port: int, paths: list[str]) -> None:
    """Until standard input ends."""
    going, counts = asyncio.Event(), [0, 0]
    readers = [asyncio.create_task(_reader(port, paths, k, going, counts)) for k in range(READERS)]
    while line := await asyncio.to_thread(sys.stdin.readline):
        (going.set if line.strip() == "go" else going.clear)()
    for reader in readers:
        reader.cancel()
    print(*counts)


if __name__ == "__main__":
    os.nice(19)  # readers sit at machines of their own
    asyncio.run(main(int(sys.argv[1]), sys.argv[2:]))
