"""One case of the gallery in the real browser: every surface becomes a picture, and nothing sticks out at phone width."""

import importlib.util
from pathlib import Path

import pytest

from tests.gallery import CHROMIUM

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None, reason="playwright is not installed"
    ),
]


def test_a_case_is_rendered_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.gallery.__main__ import main

    main(["--out", str(tmp_path), "--only", "names"])
    told = capsys.readouterr().out
    assert told == "names: 18 pictures\n"  # nothing wider than its window, no HTML too long
    pictures = sorted(file.name for file in (tmp_path / "names").iterdir())
    assert "slack-360-dark.png" in pictures
    assert "report-600-dark.png" in pictures
    assert all(file.stat().st_size > 5_000 for file in (tmp_path / "names").iterdir())
    assert (tmp_path / "sheet-names.png").exists()
    assert 'src="names/alert-360-light.png"' in (tmp_path / "index.html").read_text()


def test_an_unknown_case_is_refused_by_name(tmp_path: Path) -> None:
    from tests.gallery.__main__ import main

    with pytest.raises(SystemExit, match="found 'nonsense', expected one of quiet, crash"):
        main(["--out", str(tmp_path), "--only", "nonsense"])
