"""The shipped alerting rules, board, unit, image and compose file speak of what there is."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from monitor.settings.load import load_settings
from monitor.web.metrics import Counters, Gauges

CONFIG = Path(__file__).parents[3] / "config"


def not_kept(given: object, kept: object, at: str = "") -> list[str]:
    """Paths of what stands in ``given`` and not, or otherwise, in ``kept``."""
    if isinstance(given, dict) and isinstance(kept, dict):
        return [
            path
            for key, value in given.items()
            for path in (
                not_kept(value, kept[key], f"{at}.{key}") if key in kept else [f"{at}.{key}"]
            )
        ]
    if isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        return [
            path
            for i, (one, other) in enumerate(zip(given, kept, strict=True))
            for path in not_kept(one, other, f"{at}[{i}]")
        ]
    return [] if given == kept else [at]


def known_series() -> set[str]:
    """Names as Prometheus stores them."""
    found: set[str] = set()
    for family in [*Counters().registry.collect(), *Gauges().registry.collect()]:
        found |= {family.name, f"{family.name}_total", f"{family.name}_info"}
        found |= {f"{family.name}{end}" for end in ("_bucket", "_sum", "_count")}
    return found


def panels() -> list[dict[str, Any]]:
    """Of the board."""
    board = json.loads((CONFIG / "grafana-board.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = board["panels"]
    return found


def test_every_metric_in_the_rules_is_one_of_ours_and_none_of_the_gauges_is_forgotten() -> None:
    rules = (CONFIG / "prometheus-rules.yml").read_text(encoding="utf-8")
    expressions = " ".join(re.findall(r"expr: (.*)", rules))
    named = set(re.findall(r"monitor_\w+", expressions))
    assert named <= known_series()
    gauges = {family.name for family in Gauges().registry.collect()}
    assert gauges - named == {"monitor_outbox_pending"}  # its age is what matters


def test_the_rules_bounds_are_those_of_the_shipped_interval() -> None:
    engine = load_settings(CONFIG / "monitor.toml", {}).engine
    poll = (2 * engine.interval + engine.deadline).total_seconds()
    rules = (CONFIG / "prometheus-rules.yml").read_text(encoding="utf-8")
    assert f"monitor_last_good_poll_age_seconds > {poll:.0f}\n" in rules
    step = poll + engine.interval.total_seconds()
    assert f"monitor_last_step_age_seconds > {step:.0f}\n" in rules


def test_the_unit_runs_unprivileged_restarts_always_and_holds_no_secret() -> None:
    unit = (CONFIG / "monitor.service").read_text(encoding="utf-8")
    assert "\nUser=monitor\n" in unit
    assert "\nRestart=always\n" in unit
    assert "\nType=notify\n" in unit
    assert "\nWatchdogSec=" in unit
    assert " run --migrate\n" in unit
    assert "\nNoNewPrivileges=yes\n" in unit
    assert "https://" not in unit


def test_the_units_variables_are_settings_of_ours(tmp_path: Path) -> None:
    unit = (CONFIG / "monitor.service").read_text(encoding="utf-8")
    hook = tmp_path / "hook"
    hook.write_text("https://hooks.example/services/T/B/X\n", encoding="utf-8")
    environ = dict(re.findall(r"^Environment=(MONITOR_\w+)=(.*)$", unit, flags=re.MULTILINE))
    for name in environ:
        if name.endswith("_FILE"):
            environ[name] = str(hook)
    settings = load_settings(CONFIG / "monitor.toml", environ)
    assert settings.alerts.slack.webhook is not None
    assert settings.database.url.get_secret_value() == "sqlite:////var/lib/monitor/monitor.db"


def test_grafanas_own_model_of_a_board_holds_all_of_it() -> None:
    """Read into the classes that Grafana publishes of its schema and written again: what it does not know would be lost."""
    plugins.register_default_plugins()
    board = json.loads((CONFIG / "grafana-board.json").read_text(encoding="utf-8"))
    written = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
    assert not_kept(board, written) == []
    assert not_kept({**board, "panel": []}, written) == [".panel"]


def test_every_metric_of_the_board_is_one_of_ours_and_none_of_ours_is_missing() -> None:
    asked = " ".join(target["expr"] for panel in panels() for target in panel["targets"])
    named = set(re.findall(r"monitor_\w+", asked))
    assert named <= known_series()
    shown = {name.removesuffix("_total").removesuffix("_bucket") for name in named}
    shown = {name.removesuffix("_info") for name in shown}
    ours = {
        f.name for f in [*Counters().registry.collect(), *Gauges().registry.collect()]
    }  # without the ends that Prometheus gives
    assert ours - shown == {"monitor_steps", "monitor_jobs_missed"}


def test_the_boards_panels_stand_beside_each_other_and_say_what_they_show() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (place["x"] + i, place["y"] + j) for i in range(place["w"]) for j in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"] in {"s", "short", "bytes"}
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus)")
def test_prometheus_itself_reads_the_rules_the_boards_questions_and_the_metrics(
    tmp_path: Path,
) -> None:
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    rules = [{"record": f"board:{i}", "expr": expr} for i, expr in enumerate(asked)]
    board = tmp_path / "board.yml"  # YAML reads JSON
    board.write_text(json.dumps({"groups": [{"name": "board", "rules": rules}]}))
    for file in (CONFIG / "prometheus-rules.yml", board):
        checked = subprocess.run(
            ["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
    checked = subprocess.run(
        ["promtool", "check", "metrics"],
        input=Counters().text(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_variables_of_image_and_compose_file_are_settings_of_ours(tmp_path: Path) -> None:
    compose = (CONFIG / "compose.yml").read_text(encoding="utf-8")
    image = (CONFIG.parent / "Dockerfile").read_text(encoding="utf-8")
    environ = dict(re.findall(r"^      (MONITOR_\w+): (\S+)$", compose, flags=re.MULTILINE))
    environ |= dict(re.findall(r"(MONITOR_WEB\w+)=(\S+)", image.partition("\nENV MONITOR")[2]))
    held = {"database-url": "postgresql://monitor:x@db/monitor", "page-token": "t"}
    held["slack-webhook"] = "https://hooks.slack.com/services/T/B/x"
    for name, value in environ.items():
        if name.endswith("_FILE"):
            secret = value.removeprefix("/run/secrets/")
            assert f"{secret}: {{file: secrets/{secret}}}" in compose
            environ[name] = str(tmp_path / secret)
            Path(environ[name]).write_text(held[secret])
    environ["MONITOR_WEB__HOST"] = "0.0.0.0"  # noqa: S104  as the image sets it
    settings = load_settings(CONFIG / "monitor.toml", environ)
    assert settings.web.token is not None
    assert "MONITOR_WEB__HOST=0.0.0.0" in image
    assert "uv sync --locked --no-dev" in image
