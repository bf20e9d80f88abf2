"""What is unusual about a volume, and the depth of a window's books (METHOD, chapter 5)."""

import numpy as np
import pytest

from monitor.analytics.depth import Depth, median_depth
from monitor.analytics.flow import abnormal_volume


def test_abnormal_volume_is_what_exceeds_the_usual_share_of_the_total() -> None:
    found = abnormal_volume(np.array([300.0, 600.0, 100.0]), np.array([0.2, 0.2, 0.1]))
    # usual shares 40, 40 and 20 % of 1000
    assert found == pytest.approx([-100.0, 200.0, -100.0])
    assert found.sum() == pytest.approx(0.0)


def test_the_median_of_a_windows_books_leaves_empty_ones_out() -> None:
    books = [Depth(10.0, 4.0, False), None, Depth(30.0, 2.0, False), Depth(11.0, 9.0, False)]
    assert median_depth(books) == Depth(11.0, 4.0, truncated=False)
    assert median_depth([*books, Depth(1.0, 1.0, truncated=True)]) == Depth(
        10.5, 3.0, truncated=True
    )
    assert median_depth([None]) is None
