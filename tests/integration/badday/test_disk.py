"""The disk or the file under an SQLite database fails while a whole daemon works on it."""

import shutil
from pathlib import Path

from tests.integration.badday.day import day
from tests.integration.badday.disks import BrokenDisk, fill, small_disk
from tests.integration.badday.history import file_copy


def test_a_full_disk_is_told_once_and_healed_once_and_costs_nothing(
    history: Path, undisturbed: str, tmp_path: Path
) -> None:
    with small_disk(tmp_path) as disk, day(tmp_path, file_copy(history, disk)) as found:
        with found.told_once_and_healed_once("the disk is full"):
            filler = fill(disk)
            found.told("the disk is full")
            found.bars_pass(3)
            filler.unlink()
        found.ends_as(undisturbed)


def test_a_disk_that_turns_read_only_is_told_once_and_a_restart_after_its_repair_goes_on(
    history: Path, undisturbed: str, tmp_path: Path
) -> None:
    disk = BrokenDisk(tmp_path)
    try:
        with day(tmp_path, file_copy(history, disk.place)) as found:
            disk.breaks()
            found.told("the disk failed")
            found.bars_pass(3)
            found.told_once("the disk failed")
            found.stopped()
            disk.is_mended()
            found.restarted()
            found.ends_as(undisturbed)
    finally:
        disk.close()


def test_a_file_that_is_moved_away_or_replaced_is_told_once_and_goes_on_when_it_is_back(
    history: Path, undisturbed: str, tmp_path: Path
) -> None:
    with day(tmp_path, file_copy(history, tmp_path)) as found:
        file, away = tmp_path / "monitor.db", tmp_path / "elsewhere.db"
        with found.told_once_and_healed_once("deleted while it was in use"):
            file.rename(away)
            found.told("deleted while it was in use")
            found.bars_pass(3)
            assert not file.exists(), "nobody makes an empty one in its place"
            away.rename(file)
        other = tmp_path / "other.db"
        shutil.copy(history, other)
        before = other.read_bytes()
        with found.told_once_and_healed_once("replaced while it was in use"):
            away.hardlink_to(file)
            other.replace(file)
            found.told("replaced while it was in use")
            found.bars_pass(3)
            assert file.read_bytes() == before
            away.rename(file)
        found.ends_as(undisturbed)
