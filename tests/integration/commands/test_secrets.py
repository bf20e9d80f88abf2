"""What a verb prints of a secret that it was given: nothing, also where it refuses it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.small_settings import SMALL


@pytest.mark.parametrize("verb", [["doctor"], ["config", "show"], ["db", "current"]])
def test_no_verb_prints_a_part_of_such_a_password(verb: list[str], tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(SMALL, encoding="utf-8")
    url = "postgresql://monitor:wJ4h@tPass#1@db.example/mon"
    ran = subprocess.run(
        [sys.executable, "-m", "monitor", "--config", str(file), "--db", url, *verb],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert ran.returncode == 2
    assert "%40" in ran.stderr
    assert not {"wJ4h", "tPass"} & set(re.findall(r"wJ4h|tPass", ran.stdout + ran.stderr))
