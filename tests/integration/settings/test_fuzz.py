"""Whatever stands in the configuration, it is read or refused with faults that name its file: nothing else comes out."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.model.errors import ConfigError
from monitor.settings.load import load_settings
from tests.kit.fuzzed import bounded
from tests.kit.small_settings import SMALL

RUNS = 400
SHIPPED = (Path(__file__).parents[3] / "config" / "monitor.toml").read_text(encoding="utf-8")
LINES = [line for line in (SMALL + SHIPPED).splitlines() if line.strip()]
ODD = st.sampled_from([
    "nan", "-inf", "1e400", "9" * 30, "9" * 5000, "-0", "true", "[]", "{}", '""', '"\\u0000"', "1979-05-27", "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00", "07:32:00", '"1e999d"', '"99999999999d"', '"-5m"', '"0s"', "[[[]]]", '"postgresql://u:p@ss@h/db"',
    '"sqlite://"', '"http://[::1"', "[" * 2000 + "]" * 2000, "'''x\ny'''", '"\\ud800"', "0x7fffffffffffffffff",
])  # fmt: skip
RUN_COUNT = {"bytes": 0, "lines": 0, "values": 0}
BOUNDED = bounded(RUNS)


@pytest.fixture(scope="module", autouse=True)
def counted() -> object:
    yield
    print(f"\nconfigurations tried: {RUN_COUNT}")


def tried(folder: Path, kind: str, content: bytes) -> None:
    RUN_COUNT[kind] += 1
    file = folder / "monitor.toml"
    file.write_bytes(content)
    problems = [str(file)]
    try:
        load_settings(file, {})
    except ConfigError as error:
        problems = error.problems
    assert problems
    assert all(str(file) in problem for problem in problems), problems


@given(content=st.binary(max_size=300))
@example(content=b"a = " + b"[" * 5000)
@example(content=b"a = " + b"9" * 5000)
@example(content=b"a" + b".a" * 5000 + b" = 1")
@BOUNDED
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    tried(tmp_path, "bytes", content)


@given(lines=st.lists(st.sampled_from(LINES), max_size=25))
@BOUNDED
def test_lines_of_a_right_one_in_any_order(tmp_path: Path, lines: list[str]) -> None:
    tried(tmp_path, "lines", "\n".join(lines).encode())


@given(at=st.integers(0, 10**6), value=ODD | st.text(max_size=20).map(lambda text: f'"{text}"'))
@BOUNDED
def test_any_value_at_any_key(tmp_path: Path, at: int, value: str) -> None:
    lines = SMALL.splitlines()
    places = [n for n, line in enumerate(lines) if " = " in line]
    place = places[at % len(places)]
    key = lines[place].partition(" = ")[0]
    lines[place] = f"{key} = {value}"
    tried(tmp_path, "values", "\n".join(lines).encode("utf-8", "surrogatepass"))
