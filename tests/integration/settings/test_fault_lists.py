"""Faults of migrations, of several keys at once, and of the file as a whole."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.model.errors import ConfigError
from monitor.settings.load import load_settings
from tests.kit.small_settings import INTERVAL, SMALL, changed, faults, load

MOVED = changed(
    ("[venues.gate]", '[tokens.ARCX]\nname = "New"\n{}\n[venues.gate]'),
    ('name = "AI Rig Complex"', 'name = "AI Rig Complex"\nmigrated_to = {{token = "{}", ratio = 6, at = 2025-11-06}}'),
)  # fmt: skip
NEW_SUPPLY = 'supplies = [{from = 2025-11-06, circulating = 6e9, source = "by hand"}]'


def moved(token: str, more: str = NEW_SUPPLY) -> str:
    """With ARC migrated."""
    old, new = MOVED.split("{}", 1)[0], MOVED.split("{}", 1)[1]
    return (old + more + new).replace('"{}"', f'"{token}"').replace("{{", "{").replace("}}", "}")


def test_a_migration_that_is_right_loads(tmp_path: Path) -> None:
    members = load(tmp_path, moved("ARCX")).universe.sector("ai").members
    assert [(m.token, f"{m.since:%Y-%m-%d}", f"{m.until:%Y-%m-%d}") for m in members] == [
        ("ARC", "2024-12-10", "2025-11-06"),
        ("ARCX", "2025-11-06", "9999-12-31"),
        ("VIRTUAL", "1-01-01", "9999-12-31"),
    ]


def test_a_migration_to_nothing_is_named(tmp_path: Path) -> None:
    found = faults(tmp_path, moved("ARCY"))
    assert (
        "c.toml: tokens.ARC.migrated_to.token: found 'ARCY', expected a token that has a table"
        in found
    )


def test_a_successor_may_not_stand_in_a_sector(tmp_path: Path) -> None:
    text = moved("ARCX").replace('["DOGE"]', '["DOGE", "ARCX"]')
    assert faults(tmp_path, text) == [
        (
            "c.toml: tokens.ARC.migrated_to.token: found 'ARCX' named in a sector,"
            " expected that it takes its place by the migration alone"
        )
    ]


def test_a_successor_may_not_migrate_again(tmp_path: Path) -> None:
    assert faults(tmp_path, moved("ARC")) == [
        "c.toml: tokens.ARCX: found a token in no sector, expected a member of a sector, a successor or a quote currency",
        "c.toml: tokens.ARC.migrated_to.token: found 'ARC', which is migrated itself, expected one migration a token",
    ]


def test_a_token_that_left_its_sector_before_its_migration_brings_no_successor(
    tmp_path: Path,
) -> None:
    text = moved("ARCX").replace(
        "from = 2024-12-10}]\n\n", "from = 2024-12-10, to = 2025-06-01}]\n\n"
    )
    members = load(tmp_path, text).universe.sector("ai").members
    assert [(m.token, f"{m.until:%Y-%m-%d}") for m in members] == [
        ("ARC", "2025-06-01"),
        ("VIRTUAL", "9999-12-31"),
    ]


def test_a_token_may_change_its_sector_from_one_day_to_the_next(tmp_path: Path) -> None:
    text = changed(
        ("from = 2024-12-10}]\n\n", "from = 2024-12-10, to = 2025-06-01}]\n\n"),
        ('["DOGE"]', '["DOGE", {id = "ARC", from = 2025-06-01}]'),
    )
    universe = load(tmp_path, text).universe
    assert universe.sector_of("ARC", datetime(2025, 5, 31, tzinfo=UTC)) == "ai"
    assert universe.sector_of("ARC", datetime(2025, 6, 1, tzinfo=UTC)) == "memes"


def test_a_vendor_stands_in_for_a_dated_supply_only_while_it_is_on(tmp_path: Path) -> None:
    bare = (
        ('supplies = [{from = 2024-12-10, circulating = 1e9, source = "by hand"}]', ""),
        ('name = "AI Rig Complex"', 'name = "AI Rig Complex"\ncoingecko = "ai-rig-complex"'),
    )
    on = changed(*bare, more="[sources.coingecko]\nenabled = true\n")
    assert {s.token for s in load(tmp_path, on).supplies} == {"VIRTUAL", "DOGE"}
    (off,) = faults(tmp_path, changed(*bare, more="[sources.coingecko]\nenabled = false\n"))
    assert off.startswith("c.toml: tokens.ARC.supplies: found none")


def test_two_tokens_may_not_share_a_successor(tmp_path: Path) -> None:
    second = 'name = "Virtuals"\nmigrated_to = {token = "ARCX", ratio = 2, at = 2025-11-06}'
    text = moved("ARCX").replace('name = "Virtuals"', second)
    assert faults(tmp_path, text) == [
        "c.toml: tokens.ARC.migrated_to.token: found 'ARCX', which succeeds VIRTUAL already, expected one old token"
    ]


def test_a_successor_needs_a_supply_as_members_do(tmp_path: Path) -> None:
    assert faults(tmp_path, moved("ARCX", more="")) == [
        (
            "c.toml: tokens.ARCX.supplies: found none, expected a dated circulating supply,"
            " or sources.coingecko enabled and tokens.*.coingecko set"
        )
    ]


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    text = changed(
        (INTERVAL, 'intervall = "5m"'),
        ('name = "Memes"', "name = 5"),
        more='[web]\ntoken = "wJ4h"\n[alerts]\ndigest_above = 0\n',
    )
    assert faults(tmp_path, text, {"MONITOR_ENGINE__DEADLIN": "5s", "MONITOR_WEB__PORT": "x"}) == [
        "c.toml: web.token: found a secret in the file, expected it in MONITOR_WEB__TOKEN or MONITOR_WEB__TOKEN_FILE",
        "environment: MONITOR_ENGINE__DEADLIN: found an unknown setting, expected MONITOR_ENGINE__DEADLINE?",
        "c.toml: engine.intervall: found an unknown key, expected 'interval'?",
        "c.toml: sectors[1].name: found 5, expected a text",
        "c.toml: alerts.digest_above: found 0, expected greater than 0",
        "environment: MONITOR_WEB__PORT: found 'x', expected a whole number",
    ]


def test_a_leap_of_a_dated_supply_is_a_warning(tmp_path: Path) -> None:
    first = '{from = 2024-12-10, circulating = 1e9, source = "by hand"}'
    for units, warned in (("6e9", True), ("5.9e9", False), ("1.6e8", True), ("1.7e8", False)):
        later = f'{{from = 2025-12-10, circulating = {units}, source = "by hand"}}'
        warnings = load(tmp_path, changed((first, f"{first}, {later}"))).warnings
        text = f"tokens.ARC.supplies[1]: {float(units):g} after 1e+09: a digit too many or too few?"
        assert (text in warnings) is warned


def test_a_report_at_an_hour_that_clocks_skip_or_double_is_a_warning(tmp_path: Path) -> None:
    report = '[report]\ntime = "02:30"\ntimezone = "{}"\n'
    found = load(tmp_path, changed(more=report.format("Europe/Berlin"))).warnings
    assert (
        "report.time: 02:30 in Europe/Berlin may be skipped or doubled when the clocks change"
        in found
    )
    assert not any(
        "report" in w for w in load(tmp_path, changed(more=report.format("UTC"))).warnings
    )


def test_a_password_in_the_clear_is_a_warning(tmp_path: Path) -> None:
    environ = {"MONITOR_SMTP__PASSWORD": "wJ4h", "MONITOR_SMTP__USER": "joe"}
    text = "smtp.security: none: the password travels in the clear"
    assert text not in load(tmp_path, SMALL, environ).warnings
    assert text in load(tmp_path, changed(more='[smtp]\nsecurity = "none"\n'), environ).warnings


@pytest.mark.parametrize(
    ("port", "security", "is_odd"),
    [(465, "starttls", True), (465, "tls", False), (587, "tls", True), (587, "starttls", False), (2525, "tls", False)],
)  # fmt: skip
def test_a_port_of_the_other_kind_of_tls_is_a_warning(
    port: int, security: str, is_odd: bool, tmp_path: Path
) -> None:
    smtp = f'[smtp]\nhost = "mail.example"\nport = {port}\nsecurity = "{security}"\n'
    found = [w for w in load(tmp_path, changed(more=smtp)).warnings if "smtp.security" in w]
    assert bool(found) == is_odd
    assert all(f"port {port}" in warning for warning in found)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_the_page_needs_no_token_on_any_address_of_this_machine_alone(
    host: str, tmp_path: Path
) -> None:
    assert load(tmp_path, changed(more=f'[web]\nhost = "{host}"\n')).web.host == host


def test_rules_across_keys_are_all_named_at_once(tmp_path: Path) -> None:
    text = changed(
        (INTERVAL, 'interval = "7m"'),
        ('"gate", symbol = "ARC/USDT"', '"huobi", symbol = "ARC/USDT"'),
        more='[web]\nhost = "0.0.0.0"\n',
    )
    assert [line.split(": ")[1] for line in faults(tmp_path, text)] == [
        "engine.interval",
        "web.host",
        "tokens.ARC.markets[0].venue",
    ]


def test_a_wrong_value_does_not_hide_faults_across_keys_of_other_tables(tmp_path: Path) -> None:
    text = changed(
        (INTERVAL, 'interval = "7m"\nxyz = 1'),
        ('name = "Memes"', 'name = "Memes"\ncolour = "red"'),
        ('"gate", symbol = "ARC/USDT"', '"huobi", symbol = "ARC/USDT"'),
        more='[web]\nport = "x"\nhost = "0.0.0.0"\n',
    )
    assert faults(tmp_path, text) == [
        (
            "c.toml: engine.xyz: found an unknown key, expected one of carry_max, deadline, drop_after,"
            " interval, jump_gate, least_trades_seen, migration_guard, stale_after, venue_dev, venue_weight_cap"
        ),
        "c.toml: sectors[1].colour: found an unknown key, expected 'color'?",
        "c.toml: web.port: found 'x', expected a whole number",
        "c.toml: engine.interval: found '7m', expected one of 1m, 5m, 15m, 30m, 1h",
        "c.toml: tokens.ARC.markets[0].venue: found 'huobi', expected 'htx'?",
    ]


def test_a_broken_table_brings_no_faults_of_the_tables_that_lean_on_it(tmp_path: Path) -> None:
    text = changed(('name = "AI Rig Complex"', "name = 7")).replace('["DOGE"]', '["DOGE", "NONE"]')
    assert faults(tmp_path, text) == ["c.toml: tokens.ARC.name: found 7, expected a text"]


def test_an_unknown_key_inside_a_dated_member_leaves_the_rest_to_be_judged(tmp_path: Path) -> None:
    text = changed(
        ('{id = "ARC", from = 2024-12-10}', '{id = "ARC", form = 2024-12-10}'),
        ('["DOGE"]', '["DOGE", "NONE"]'),
    )
    assert faults(tmp_path, text) == [
        "c.toml: sectors[0].tokens[1].form: found an unknown key, expected 'from'?",
        "c.toml: sectors[1].tokens[1]: found 'NONE', expected a token that has a table",
    ]


class TestTheFileAsAWhole:
    def said(self, file: Path) -> str:
        with pytest.raises(ConfigError) as failure:
            load_settings(file, {})
        assert len(failure.value.problems) == 1
        return failure.value.problems[0].replace(str(file), "FILE")

    def test_none_there(self, tmp_path: Path) -> None:
        assert (
            self.said(tmp_path / "none.toml")
            == "FILE: found no such file, expected a configuration (see config/monitor.toml)"
        )

    def test_a_folder(self, tmp_path: Path) -> None:
        assert self.said(tmp_path) == "FILE: found a directory, expected a file"

    def test_a_path_through_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "c.toml").write_text(SMALL)
        assert (
            self.said(tmp_path / "c.toml" / "d.toml")
            == "FILE: found no way to read it (Not a directory), expected a readable file"
        )

    def test_not_to_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> str:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(
            Path, "read_text", refuse
        )  # the tests may run as root, whom no mode stops
        assert (
            self.said(tmp_path / "c.toml")
            == "FILE: found no permission to read it, expected a readable file"
        )

    def test_not_toml(self, tmp_path: Path) -> None:
        file = tmp_path / "c.toml"
        file.write_text("[engine\n")
        assert self.said(file).startswith("FILE: found what is not TOML (")
        assert "line 1" in self.said(file)

    def test_not_utf8(self, tmp_path: Path) -> None:
        file = tmp_path / "c.toml"
        file.write_bytes(b"# caf\xe9\n")
        assert (
            self.said(file)
            == "FILE: found a byte that is not UTF-8 at position 5, expected UTF-8 text"
        )


def test_a_universe_without_a_market_has_no_price(tmp_path: Path) -> None:
    text = "\n".join(line for line in changed().splitlines() if not line.startswith("markets"))
    assert any("found no market of any token" in fault for fault in faults(tmp_path, text))


def test_a_port_is_one_that_a_reader_can_type(tmp_path: Path) -> None:
    assert faults(tmp_path, changed(more="[web]\nport = 0\n")) == [
        "c.toml: web.port: found 0, expected greater than 0"
    ]
