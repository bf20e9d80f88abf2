"""A verb that asks a database that was never made says so, and leaves none behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.small_settings import SMALL

VERBS = ("sectors", "rotations", "status", "explain rot-1", "why-not ai-agents memes", "db current")


def monitor(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """What the program says there."""
    return subprocess.run(
        [sys.executable, "-m", "monitor", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


@pytest.mark.parametrize("verb", VERBS)
def test_it_names_the_command_and_makes_no_file(verb: str, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(SMALL, encoding="utf-8")
    ran = monitor(tmp_path, "--config", str(file), "--db", "sqlite:///m.db", *verb.split())
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "there is no such database yet\nnext: monitor db upgrade" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["c.toml"]


def test_a_store_without_a_bar_names_its_tokens_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    assert monitor(tmp_path, "--db", url, "db", "upgrade").returncode == 0
    said = monitor(tmp_path, "--db", url, "status").stdout
    (line,) = [x for x in said.splitlines() if "never seen" in x]
    assert line.startswith("never seen on any market: ACT, AIXBT, ")
    assert "\n\n\n" not in said
