"""`monitor config check` and `config show`, as they are called."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor.commands.config import app
from monitor.commands.context import Context
from monitor.model.errors import ConfigError, MonitorError
from monitor.settings.shipped import FILES
from tests.kit.small_settings import SMALL, changed

SECRET = "wJ4hSecret"
ENVIRON = {
    "MONITOR_ALERTS__SLACK__WEBHOOK": f"https://hooks.example/services/T/B/{SECRET}",
    "MONITOR_WEB__TOKEN": SECRET,
    "MONITOR_SMTP__PASSWORD": SECRET,
    "MONITOR_SMTP__USER": "joe",
    "MONITOR_DATABASE__URL": f"postgresql://joe:{SECRET}@db/monitor",
    "MONITOR_SOURCES__COINGECKO__API_KEY": SECRET,
}


def call(folder: Path, text: str, *arguments: str) -> Result:
    file = folder / "c.toml"
    file.write_text(text, encoding="utf-8")
    return CliRunner().invoke(app, list(arguments), obj=Context(config_path=file, environ=ENVIRON))


def test_check_counts_what_is_watched(tmp_path: Path) -> None:
    result = call(tmp_path, SMALL, "check")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "warning: sectors: none has benchmark = true: the other sectors together stand for the market, with beta 1",
        "warning: sectors: ai and memes have the same color #888888: charts cannot tell them apart",
        "warning: sectors: ai has 2 tokens: breadth and concentration say little under five",
        "warning: sectors: memes has 1 tokens: breadth and concentration say little under five",
        f"ok: {tmp_path}/c.toml: 2 sectors, 3 tokens, 3 markets, 2 venues",
    ]


def test_check_as_json_lists_the_faults_and_exits_2(tmp_path: Path) -> None:
    result = call(tmp_path, changed(('"5m"', '"7m"')), "check", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout) == {
        "ok": False,
        "problems": [
            f"{tmp_path}/c.toml: engine.interval: found '7m', expected one of 1m, 5m, 15m, 30m, 1h"
        ],
    }


def test_check_raises_the_faults_for_the_script_to_print(tmp_path: Path) -> None:
    result = call(tmp_path, changed(('"5m"', '"7m"')), "check")
    assert isinstance(result.exception, ConfigError)


def test_check_names_a_channel_whose_file_cannot_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "monitor.delivery.apprise", None)  # its import raises
    result = call(tmp_path, SMALL, "check", "--json")
    assert result.exit_code == 2
    (problem,) = json.loads(result.stdout)["problems"]
    assert problem.startswith(f"{tmp_path}/c.toml: channel apprise: cannot be used: ")


@pytest.mark.parametrize("arguments", [("show",), ("show", "--json"), ("check", "--json")])
def test_no_secret_is_shown(arguments: tuple[str, ...], tmp_path: Path) -> None:
    result = call(tmp_path, SMALL, *arguments)
    assert result.exit_code == 0
    assert SECRET not in result.output


def test_show_names_the_origin_of_each_setting(tmp_path: Path) -> None:
    lines = call(tmp_path, SMALL, "show").stdout.splitlines()
    assert "engine.interval = 5m  # file" in lines
    assert "engine.deadline = 90s  # default" in lines
    assert "web.token = ***  # MONITOR_WEB__TOKEN" in lines
    assert "database.url = postgresql://joe:***@db/monitor  # MONITOR_DATABASE__URL" in lines
    assert "schedule.retention.tokens = 400d  # default" in lines
    assert "sector ai: ARC (from 2024-12-10T00:00:00Z), VIRTUAL" in lines


def test_show_as_json_is_one_object(tmp_path: Path) -> None:
    shown = json.loads(call(tmp_path, SMALL, "show", "--json").stdout)
    assert shown["smtp.password"] == {"value": "***", "origin": "MONITOR_SMTP__PASSWORD"}
    assert shown["report.time"] == {"value": "07:00", "origin": "default"}


def test_show_gives_every_market_and_every_dated_supply(tmp_path: Path) -> None:
    text = changed(
        (
            'symbol = "DOGE/USDT"',
            'symbol = "1000DOGE/USDT:USDT", multiplier = 1000, to = 2026-05-01',
        ),
    )
    lines = call(tmp_path, text, "show").stdout.splitlines()
    at = lines.index("token DOGE: bybit:1000DOGE/USDT:USDT x 1000 (to 2026-05-01T00:00:00Z)")
    assert lines[at + 1] == "  from 2024-01-01: 1.47e+11, config: by hand"
    shown = json.loads(call(tmp_path, text, "show", "--json").stdout)
    assert shown["sectors"] == {
        "ai": ["ARC (from 2024-12-10T00:00:00Z)", "VIRTUAL"],
        "memes": ["DOGE"],
    }
    assert shown["tokens"]["ARC"] == ["gate:ARC/USDT"]
    assert ["DOGE", "2024-01-01T00:00:00Z", 147e9, "config: by hand"] in shown["supplies"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://joe:hidden@host/name", "found the kind 'mysql', expected sqlite or postgresql"),
        ("sqlite://", "found a database in memory, expected a file"),
        ("sqlite:////no/such/folder/monitor.db", "the directory /no/such/folder does not exist"),
    ],
)
def test_a_database_that_would_not_open_is_a_fault_of_the_configuration(
    url: str, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(SMALL, encoding="utf-8")
    context = Context(config_path=file, environ={"MONITOR_DATABASE__URL": url})
    result = CliRunner().invoke(app, ["check", "--json"], obj=context)
    assert result.exit_code == 2
    (problem,) = json.loads(result.stdout)["problems"]
    assert said in problem
    assert "hidden" not in problem


def test_check_names_what_is_allowed_and_likely_a_slip(tmp_path: Path) -> None:
    later = changed(
        ('name = "Virtuals"', 'name = "Virtuals"\ncoingecko = "virtual-protocol"'),
        ("supplies = [{from = 2024-12-10", "supplies = [{from = 2124-12-10"),
    )
    warnings = json.loads(call(tmp_path, later, "check", "--json").stdout)["warnings"]
    assert any("none has benchmark = true" in warning for warning in warnings)
    assert any("ai and memes have the same color #888888" in warning for warning in warnings)
    assert any("tokens.ARC.supplies[0]: begins 2124-12-10" in warning for warning in warnings)


def test_check_names_that_no_venue_would_be_asked(tmp_path: Path) -> None:
    both = {"MONITOR_VENUES__GATE__ENABLED": "false", "MONITOR_VENUES__BYBIT__ENABLED": "false"}
    file = tmp_path / "c.toml"
    file.write_text(SMALL, encoding="utf-8")
    for environ, said in ((both, True), ({"MONITOR_VENUES__GATE__ENABLED": "false"}, False)):
        context = Context(config_path=file, environ=environ)
        result = CliRunner().invoke(app, ["check", "--json"], obj=context)
        assert result.exit_code == 0
        warnings = json.loads(result.stdout)["warnings"]
        assert any("venues: none that has markets is enabled" in w for w in warnings) == said


def test_init_writes_what_an_operator_starts_from_and_overwrites_nothing(tmp_path: Path) -> None:
    made = CliRunner().invoke(app, ["init", str(tmp_path / "new")])
    assert made.exit_code == 0
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == sorted(FILES)
    assert f"Next: monitor --config {tmp_path}/new/monitor.toml config check" in made.stdout
    (tmp_path / "new" / "compose.yml").unlink()
    (tmp_path / "new" / "monitor.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(MonitorError, match="nothing was written"):
        CliRunner().invoke(
            app, ["init", str(tmp_path / "new")], catch_exceptions=False, standalone_mode=False
        )
    assert not (tmp_path / "new" / "compose.yml").exists()
    assert (tmp_path / "new" / "monitor.toml").read_text(encoding="utf-8") == "mine"


def test_what_init_wrote_is_a_configuration_that_starts(tmp_path: Path) -> None:
    CliRunner().invoke(app, ["init", str(tmp_path)])
    context = Context(config_path=tmp_path / "monitor.toml", environ={})
    checked = CliRunner().invoke(app, ["check"], obj=context)
    assert checked.exit_code == 0
    assert "\nok: " in f"\n{checked.stdout}"


def test_keys_name_every_key_with_its_variable() -> None:
    lines = CliRunner().invoke(app, ["keys"]).stdout.splitlines()
    assert 'engine.interval: length of time, default "5m"' in lines
    assert "sectors[].id: text, required" in lines
    assert "    MONITOR_WEB__TOKEN" in lines
    rows = json.loads(CliRunner().invoke(app, ["keys", "--json"]).stdout)["keys"]
    assert len(rows) > 100
