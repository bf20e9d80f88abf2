"""The gallery's made-up cases as text, word by word: what Slack, mail and phone say. Read them, then trust them."""

import pytest

from tests.gallery.made_up import made_up_cases
from tests.gallery.text_form import text_of
from tests.unit.content.goldens import assert_golden

CASES = {case.name: case for case in made_up_cases()}


@pytest.mark.parametrize("name", CASES)
def test_case_as_text(name: str) -> None:
    assert_golden(f"case-{name}.txt", text_of(CASES[name]))
