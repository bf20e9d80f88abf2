"""A console, or a file, that knows few characters."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.commands.stage import ROOT
from tests.kit.small_settings import changed
from tests.kit.waiting import PATIENCE_S


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_what_a_terminal_cannot_write_is_a_question_mark_and_no_failure(
    tmp_path: Path, encoding: str
) -> None:
    config = tmp_path / "monitor.toml"
    config.write_text(changed().replace('"by hand"', '"by → hand"'), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "--config", str(config), "config", "show"],
        cwd=ROOT,
        env={"PYTHONIOENCODING": encoding, "PATH": ""},
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "by ? hand" in done.stdout.decode(encoding)
