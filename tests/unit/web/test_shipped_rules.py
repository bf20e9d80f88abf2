"""The shipped alerting rules and unit speak of what there is."""

import re
from pathlib import Path

from monitor.settings.load import load_settings
from monitor.web.metrics import Counters, Gauges

CONFIG = Path(__file__).parents[3] / "config"


def test_every_metric_in_the_rules_is_one_of_ours_and_none_of_the_gauges_is_forgotten() -> None:
    rules = (CONFIG / "prometheus-rules.yml").read_text(encoding="utf-8")
    expressions = " ".join(re.findall(r"expr: (.*)", rules))
    named = set(re.findall(r"monitor_\w+", expressions))
    known = set()
    for family in [*Counters().registry.collect(), *Gauges().registry.collect()]:
        known |= {family.name, f"{family.name}_total"}
        known |= {f"{family.name}{end}" for end in ("_bucket", "_sum", "_count")}
    assert named <= known
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
