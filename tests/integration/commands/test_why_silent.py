"""`monitor why-silent` of a stored rotation: in words, as JSON, and of an id that nobody knows."""

import json
from pathlib import Path

from monitor.alerting.policy import IN_MESSAGES, AlertPolicy, Receiver
from monitor.model.rotation import ChangeReason, Severity
from monitor.store.database import open_database
from monitor.store.migrations import upgrade
from tests.integration.commands.stage import Market, config_text
from tests.integration.daemon.desk import START, Desk, confirmed, step, turned

READER = {"MONITOR_ALERTS__SLACK__WEBHOOK": "http://127.0.0.1:9/services/x"}


def test_each_reader_is_answered_for_and_an_unknown_id_is_refused(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'monitor.db'}")
    upgrade(database)
    webhook = Receiver("slack", IN_MESSAGES, Severity.CRITICAL)
    desk = Desk(database, AlertPolicy(receivers=(webhook,)))
    desk.batch(step(START, turned(confirmed(START), ChangeReason.CONFIRMED, START)))
    unheard = turned(confirmed(START, id="rot-b"), ChangeReason.CONFIRMED, START)
    Desk(database, AlertPolicy(receivers=())).batch(step(START.replace(hour=13), unheard))
    database.close()
    config = tmp_path / "monitor.toml"
    config.write_text(
        config_text(dict.fromkeys(("bybit", "gate"), "http://127.0.0.1:9"), tmp_path),
        encoding="utf-8",
    )
    market = Market(None, config, tmp_path, START)  # type: ignore[arg-type]
    said = " ".join(market.monitor("why-silent", "rot-7f3a", environ=READER).stdout.split())
    assert "rot-7f3a: ai-agents → Memes" in said
    assert "UTC confirmed, warning" in said
    assert "slack: not told: below the minimum severity (it was warning" in said
    data = json.loads(market.monitor("why-silent", "rot-7f3a", "--json", environ=READER).stdout)
    (answer,) = data["answers"]
    assert (data["id"], answer["told"], answer["why"][0]["why"]) == (
        "rot-7f3a",
        False,
        "below_minimum",
    )
    assert "No reader of rotations is set up" in market.monitor("why-silent", "rot-b").stdout
    refused = market.monitor("why-silent", "rot-nobody", code=1)
    assert "no rotation has the id 'rot-nobody'" in refused.stderr
    assert "monitor rotations" in refused.stderr
