"""The list of all keys: as the tables have them, each with a default that the file would take."""

import re
import tomllib
from pathlib import Path

from monitor.settings.keys import keys_of
from monitor.settings.reference import REQUIRED, KeyRow, key_rows
from monitor.settings.tables import Tables

ROWS = {row.key: row for row in key_rows(Tables)}
CONFIG = Path(__file__).parents[3] / "config" / "monitor.toml"


def test_each_row_says_kind_default_and_variable() -> None:
    assert ROWS["engine.interval"] == KeyRow(
        "engine.interval", "length of time", '"5m"', "MONITOR_ENGINE__INTERVAL"
    )
    assert ROWS["sectors[].id"] == KeyRow("sectors[].id", "text", REQUIRED, "")
    assert ROWS["alerts.slack.webhook"].kind == "secret"
    assert ROWS["alerts.minimum_severity"].kind == "watch | warning | critical"
    assert ROWS["report.time"].kind == "hh:mm"
    assert ROWS["venues.<id>.enabled"].variable == "MONITOR_VENUES__<ID>__ENABLED"
    assert ROWS["web.url"].default == ""


def test_no_key_that_the_environment_may_set_is_missing() -> None:
    """Names that are the user's own stand as <id>."""

    def general(key: str) -> str:
        return re.sub(r"^(venues|sources)\.\w+", r"\1.<id>", key)

    known = {general(key.text) for key in keys_of(Tables) if key.by_environment}
    of_kinds = {k for k in known if k.startswith(("schedule.retention.", "schedule.rollup."))}
    assert known - of_kinds == {row.key for row in ROWS.values() if row.variable}


def test_every_key_of_the_shipped_file_is_one_of_them() -> None:
    def walk(value: object, at: str) -> set[str]:
        if at in ROWS:
            return {at}
        if at == "sectors[].tokens[]" and isinstance(value, str):  # short for its id alone
            return set()
        if isinstance(value, list):
            return set().union(*(walk(item, f"{at}[]") for item in value))
        assert isinstance(value, dict), at
        found: set[str] = set()
        for name, inner in value.items():
            own = at in ("tokens", "venues", "sources")
            found |= walk(inner, f"{at}.<id>" if own else f"{at}.{name}" if at else name)
        return found

    data = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    assert walk({k: v for k, v in data.items() if k != "tokens"}, "") <= set(ROWS)
