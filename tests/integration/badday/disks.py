"""Disks of their own, that can be filled and broken. Mounting them takes root on Linux; elsewhere their tests are skipped."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SIZE_MB = 48


def _run(*command: str) -> str | None:
    """What went wrong; None where it did what it should."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    return (done.stderr or f"{command[0]} failed") if done.returncode else None


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system in memory that is soon full."""
    place = folder / "disk"
    place.mkdir()
    wrong = _run("mount", "-t", "tmpfs", "-o", f"size={_SIZE_MB}m", "tmpfs", str(place))
    if wrong:
        pytest.skip(f"no disk can be mounted here: {wrong}")
    try:
        yield place
    finally:
        _run("umount", "-l", str(place))


def fill(place: Path) -> Path:
    """A file that takes all the room that is left."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as out:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    out.write(b"\0" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    return filler


class BrokenDisk:
    """An ext4 in a file, which turns read-only at its first error as a real one does."""

    def __init__(self, folder: Path) -> None:
        self._image = folder / "image"
        self.place = folder / "disk"
        self.place.mkdir()
        self._image.write_bytes(b"")
        os.truncate(self._image, _SIZE_MB << 20)
        wrong = _run("mkfs.ext4", "-q", str(self._image)) or self._mount()
        if wrong:
            pytest.skip(f"no disk can be mounted here: {wrong}")

    def breaks(self) -> None:
        """An error of the disk: from now on nobody writes, who has a file open neither."""
        found = subprocess.run(
            ["findmnt", "-no", "SOURCE", str(self.place)],
            capture_output=True,
            text=True,
            check=True,
        )
        trigger = Path("/sys/fs/ext4") / Path(found.stdout.strip()).name / "trigger_fs_error"
        try:
            trigger.write_text("1")
        except OSError as error:
            pytest.skip(f"no disk can be broken here: {error}")

    def is_mended(self) -> None:
        """Checked and mounted anew, as its operator does; nobody may have a file open on it."""
        for command in (("umount", str(self.place)), ("e2fsck", "-fy", str(self._image))):
            _run(*command)  # e2fsck ends with 1 where it mended
        assert self._mount() is None

    def close(self) -> None:
        """Away with it."""
        _run("umount", "-l", str(self.place))

    def _mount(self) -> str | None:
        options = "loop,errors=remount-ro"
        return _run("mount", "-o", options, str(self._image), str(self.place))
