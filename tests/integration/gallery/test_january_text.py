"""The samples of January 2025 as text, from the real engine: read them, then trust them."""

from pathlib import Path

from tests.gallery.january import january_cases
from tests.gallery.text_form import text_of
from tests.unit.content.goldens import assert_golden


def test_january_as_text(tmp_path: Path) -> None:
    cases = january_cases(tmp_path)
    assert [case.name for case in cases] == ["january", "launch-day"]
    for case in cases:
        assert_golden(f"case-{case.name}.txt", text_of(case))
