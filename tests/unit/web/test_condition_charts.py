"""The charts of a rotation's conditions, as they are handed to the page."""

import json
from datetime import UTC, datetime, timedelta

from monitor.model.rotation import Condition, PairReading
from monitor.web.page.condition_charts import HEIGHT, LINE, WIDEST, condition_charts

NOON = datetime(2025, 1, 18, 12, tzinfo=UTC)
LONG = "part of AI agents and Political memes together that launches brought, pp"


def reading(hours: int) -> PairReading:
    """An hour of a pair, both conditions known."""
    found = tuple(Condition(name, 1.0, 2.0, met=False, unit="pp") for name in ("short", "long"))
    return PairReading(
        from_sector="ai-agents",
        to_sector="political-memes",
        at=NOON + timedelta(hours=hours),
        window_h=4,
        score=None,
        qualified=False,
        conditions=found,
        price_witness=None,
        volume_witness=None,
        flow_witness=None,
    )


def test_a_long_title_is_broken_and_its_chart_keeps_its_height() -> None:
    item = condition_charts(
        [reading(0), reading(1)], {"short": "score, z", "long": LONG}, [], "light"
    )
    text = json.dumps(item)
    lines = [line for line in LONG.split() if line]
    assert LONG not in text
    told = [
        title.split('"')[0].encode().decode("unicode_escape").split("\n")
        for title in text.split('"text": "')[1:]
    ]
    (broken,) = [title for title in told if len(title) > 1]
    assert " ".join(broken).split() == lines
    assert max(map(len, broken)) <= WIDEST
    assert f'"height": {HEIGHT + LINE}' in text
    assert f'"height": {HEIGHT}' in text


def test_a_broken_title_keeps_a_figure_and_its_unit_on_one_line() -> None:
    words = "part of AI agents behind the market in 24 h, %"
    text = json.dumps(condition_charts([reading(0), reading(1)], {"behind": words}, [], "light"))
    assert "24 h, %" in text
