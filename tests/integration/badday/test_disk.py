"""The disk or the file under an SQLite database fails while a whole daemon works on it."""

import shutil
from pathlib import Path

import pytest

from tests.integration.badday.day import day, file_copy
from tests.integration.badday.disks import BrokenDisk, fill, small_disk
from tests.scenarios.left_behind import Rows, assert_same

pytestmark = pytest.mark.bad_day


def test_a_full_disk_is_told_once_and_healed_once_and_costs_nothing(
    history: Path, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    with small_disk(tmp_path) as disk, day(tmp_path, file_copy(history, disk)) as found:
        filler = fill(disk)
        found.told("the disk is full")
        found.bars_pass(3)
        filler.unlink()
        found.told_once_and_healed_once("the disk is full")
        assert_same(found.ended_well(), undisturbed)


def test_a_disk_that_turns_read_only_is_told_once_and_a_restart_after_its_repair_goes_on(
    history: Path, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    disk = BrokenDisk(tmp_path)
    try:
        with day(tmp_path, file_copy(history, disk.place)) as found:
            disk.breaks()
            found.told("the disk failed")
            found.bars_pass(3)
            assert len(found.operator()) == 1
            found.stopped()
            disk.is_mended()
            found.restarted()
            assert_same(found.ended_well(), undisturbed)
    finally:
        disk.close()


def test_a_file_that_is_moved_away_is_told_once_and_goes_on_when_it_is_back(
    history: Path, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    with day(tmp_path, file_copy(history, tmp_path)) as found:
        file, away = tmp_path / "monitor.db", tmp_path / "elsewhere.db"
        file.rename(away)
        found.told("deleted while it was in use")
        found.bars_pass(3)
        assert not file.exists(), "nobody makes an empty one in its place"
        away.rename(file)
        found.told_once_and_healed_once("deleted while it was in use")
        assert_same(found.ended_well(), undisturbed)


def test_a_file_that_is_replaced_is_told_once_and_nothing_is_written_into_the_other(
    history: Path, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    with day(tmp_path, file_copy(history, tmp_path)) as found:
        file, away = tmp_path / "monitor.db", tmp_path / "elsewhere.db"
        other = tmp_path / "other.db"
        shutil.copy(history, other)
        before = other.read_bytes()
        file.rename(away)
        other.rename(file)
        found.told("replaced while it was in use")
        found.bars_pass(3)
        assert file.read_bytes() == before
        away.rename(file)
        found.told_once_and_healed_once("replaced while it was in use")
        assert_same(found.ended_well(), undisturbed)
