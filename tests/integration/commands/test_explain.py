"""`monitor explain` of a stored rotation: the alert's facts, what stood around it, and the fold once more."""

import json
from pathlib import Path

from monitor.commands.demo import demo_database, run_episode
from monitor.episodes import load_episode
from tests.integration.commands.stage import Market
from tests.scenarios.stage import config_text


def test_a_rotation_is_explained_as_it_was_told_and_recomputed_to_the_same(tmp_path: Path) -> None:
    episode = load_episode()
    database = demo_database(episode, tmp_path / "january.db")
    changes = run_episode(episode, database)
    database.close()
    config = tmp_path / "january.toml"
    venues = dict.fromkeys(("bybit", "gate", "okx"), "http://127.0.0.1:9")
    url = f"sqlite:///{tmp_path / 'january.db'}"
    config.write_text(config_text(episode, venues, url), encoding="utf-8")
    january = Market(None, config, tmp_path, episode.until)  # type: ignore[arg-type]
    (rotation,) = {
        c.rotation.id
        for c in changes
        if c.rotation.pair == ("ai-agents", "memes") and c.rotation.confirmed_at is not None
    }
    told = january.monitor("explain", rotation).stdout
    for words in (
        "AI agents → Memes · WARNING",
        "Breadth: 8 of 8 AI agents behind the market",
        "Past flags of this pair: 1, of which 0 confirmed",
        "3 of 3 venues",
        "recomputed from stored inputs: same result",
    ):
        assert words in told
    data = json.loads(january.monitor("explain", rotation, "--json").stdout)
    assert (data["id"], data["status"]) == (rotation, "faded")
