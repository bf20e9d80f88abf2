"""Numbers keep every bit on their way over the wire, and never wear an exponent."""

from hypothesis import given
from hypothesis import strategies as st

from tests.kit.venue_server.wire import text


@given(st.floats(min_value=1e-12, max_value=1e15, allow_nan=False))
def test_a_price_as_text_reads_back_as_the_same_number(value: float) -> None:
    assert float(text(value)) == value
    assert "e" not in text(value)


def test_a_tiny_price_is_written_out() -> None:
    assert text(0.0000123) == "0.0000123"
    assert text(1737244800000) == "1737244800000"
    assert text(None) is None
