"""A verb that asks a database that was never made says so, and leaves none behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.settings.small import SMALL

VERBS = ("sectors", "rotations", "status", "explain rot-1", "why-not ai-agents memes", "db current")


@pytest.mark.parametrize("verb", VERBS)
def test_it_names_the_command_and_makes_no_file(verb: str, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(SMALL, encoding="utf-8")
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "monitor",
            "--config",
            str(file),
            "--db",
            "sqlite:///m.db",
            *verb.split(),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "there is no such database yet\nnext: monitor db upgrade" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["c.toml"]
