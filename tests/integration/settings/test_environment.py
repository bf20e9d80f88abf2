"""Settings by the environment: every plain key, secrets by value or by file, nothing unknown."""

import json
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr

from monitor.model.errors import ConfigError
from monitor.model.passwords import hide_password
from monitor.settings.keys import keys_of
from monitor.settings.load import load_settings
from monitor.settings.sources import variable_of
from monitor.settings.tables import Tables
from tests.kit.small_settings import SMALL, changed, faults, load

SECRETS = {key.text for key in keys_of(Tables) if key.is_secret and key.in_file is None}
HOOK = "https://hooks.example/services/T0/B0/wJ4hSecret"

BY_KEY: dict[str, tuple[str, object]] = {
    "engine.interval": ("15m", timedelta(minutes=15)),
    "engine.deadline": ("45s", timedelta(seconds=45)),
    "database.url": ("postgresql://joe:wJ4h@db/monitor", "postgresql://joe:wJ4h@db/monitor"),
    "schedule.retention": ('{bars = "30d"}', None),
    "schedule.rollup": ('{bars = "30d"}', {"bars": timedelta(days=30)}),
    "detection.on": ("3", 3.0),
    "detection.max_from_own_return": ("-0.03", -0.03),
    "detection.one_sided_own_return": ("-0.06", -0.06),
    "detection.one_sided_z": ("-4", -4.0),
    "detection.one_sided_behind": ("-0.06", -0.06),
    "detection.launch_z": ("-2.5", -2.5),
    "detection.min_breadth": ("0.75", 0.75),
    "detection.critical": ("5.5", 5.5),
    "detection.watch_on": ("2.5", 2.5),
    "detection.off": ("1.1", 1.1),
    "detection.horizons_h": ("[8, 24]", [8, 24]),
    "schedule.trades_of": ('["ai"]', ["ai"]),
    "detection.pairs": ('[["ai", "memes"]]', [["ai", "memes"]]),
    "alerts.minimum_severity": ("watch", "watch"),
    "alerts.quiet_hours": ('["23:00", "07:00"]', [time(23), time(7)]),
    "alerts.quiet_timezone": ("Europe/Berlin", "Europe/Berlin"),
    "alerts.email.recipients": ('["desk@example.com"]', ["desk@example.com"]),
    "alerts.email.operators": ('["ops@example.com"]', ["ops@example.com"]),
    "alerts.slack.base_url": ("http://127.0.0.1:9/api/", "http://127.0.0.1:9/api/"),
    "alerts.slack.channel": ("12345", "12345"),  # a text, though it reads as a number
    "alerts.slack.operator_channel": ("true", "true"),
    "report.recipients": ('["desk@example.com"]', ["desk@example.com"]),
    "report.sender": ("monitor@example.com", "monitor@example.com"),
    "report.time": ("06:30", time(6, 30)),
    "report.timezone": ("Europe/Berlin", "Europe/Berlin"),
    "report.unsubscribe": ("mailto:desk@example.com", "mailto:desk@example.com"),
    "sources.coingecko.changes": ("ratio", "ratio"),
    "smtp.host": ("mail.example.com", "mail.example.com"),
    "smtp.security": ("tls", "tls"),
    "smtp.user": ("007", "007"),
    "web.host": ("localhost", "localhost"),
    "web.port": ("1", 1),
    "web.enabled": ("False", False),
}
BY_TYPE: dict[object, tuple[str, object]] = {
    bool: ("false", False),
    int: ("7", 7),
    float: ("0.2", 0.2),
    timedelta: ("40s", timedelta(seconds=40)),
    str: ("http://127.0.0.1:9", "http://127.0.0.1:9"),
}
NEEDED = {"MONITOR_SMTP__HOST": "mail"}  # mail has recipients in some of them


def plain_keys() -> Iterator[tuple[str, str, object]]:
    """(dotted key, text, value) of every plain key of the schema, of one venue and one source."""
    for table in ("engine", "database", "schedule", "detection", "alerts", "alerts.slack"):
        yield from keys_in(table)
    for table in ("alerts.email", "report", "smtp", "web", "venues.gate", "sources.coingecko"):
        yield from keys_in(table)


def kinds_of(annotation: object) -> Iterator[object]:
    """The annotation and everything inside it."""
    yield annotation
    for inner in get_args(annotation):
        yield from kinds_of(inner)


def keys_in(table: str) -> Iterator[tuple[str, str, object]]:
    model: Any = Tables
    for part in table.split("."):
        field = model.model_fields.get(part)
        inner = field.annotation if field is not None else model
        model = get_args(inner)[1] if get_origin(inner) is dict else inner
    for name, field in model.model_fields.items():
        key = f"{table}.{name}"
        kinds = list(kinds_of(field.annotation))
        nested = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        if nested or key in SECRETS:
            continue
        if key in BY_KEY:
            yield key, *BY_KEY[key]
        elif get_origin(field.annotation) is Literal:
            word = get_args(field.annotation)[-1]
            yield key, word, word
        else:
            yield key, *next(BY_TYPE[kind] for kind in kinds if kind in BY_TYPE)


PLAIN = list(plain_keys())


def test_the_list_of_plain_keys_covers_the_schema() -> None:
    keys = {key for key, _, _ in PLAIN}
    assert len(keys) == len(PLAIN) > 60
    assert {"engine.jump_gate", "schedule.supplies", "smtp.timeout", "venues.gate.base_url"} <= keys


@pytest.mark.parametrize(("key", "text", "value"), PLAIN, ids=[key for key, _, _ in PLAIN])
def test_every_plain_key_is_set_by_its_variable(
    key: str, text: str, value: object, tmp_path: Path
) -> None:
    variable = "MONITOR_" + key.upper().replace(".", "__")
    settings = load(tmp_path, SMALL, NEEDED | {variable: text})
    found: Any = settings.tables
    for part in key.split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    if isinstance(found, SecretStr):
        found = found.get_secret_value()
    if value is not None:
        assert found == value
    assert settings.origins[key] == variable


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    settings = load(tmp_path, SMALL, {"MONITOR_ENGINE__INTERVAL": "15m"})
    assert settings.engine.interval == timedelta(minutes=15)
    assert load(tmp_path, SMALL).origins["engine.interval"] == "file"
    assert "engine.deadline" not in settings.origins


def test_one_retention_keeps_the_others_at_their_defaults(tmp_path: Path) -> None:
    kept = load(tmp_path, SMALL, {"MONITOR_SCHEDULE__RETENTION__BARS": "30d"}).schedule.retention
    assert {kind: length.days for kind, length in kept.items()} == {
        "tokens": 400, "readings": 90, "checkpoints": 400, "quarantine": 90, "outbox": 90,
        "vendors": 400, "books": 30, "derivatives": 90, "headlines": 90, "bars": 30,
    }  # fmt: skip


def test_a_venue_without_a_table_may_be_named_by_the_environment(tmp_path: Path) -> None:
    settings = load(tmp_path, SMALL, {"MONITOR_VENUES__KRAKEN__ENABLED": "false"})
    assert settings.venues["kraken"].enabled is False


def test_a_disabled_venue_takes_its_markets_along(tmp_path: Path) -> None:
    markets = load(tmp_path, SMALL, {"MONITOR_VENUES__GATE__ENABLED": "false"}).universe.markets
    assert [market.id for market in markets] == ["bybit:DOGE/USDT"]


def test_unknown_variables_of_ours_are_faults_and_others_are_none_of_our_business(
    tmp_path: Path,
) -> None:
    environ = {
        "MONITOR_WEB__PROT": "80",
        "MONITOR_NONSENSE": "1",
        "MONITOR_ENGINE__INTERVAL_FILE": "/x",
        "OTHER_WEB__PROT": "80",
        "MONITOR_CONFIG": "c.toml",
        "MONITOR_LOG_LEVEL": "debug",
        "MONITOR_LOG_FORMAT": "json",
    }
    assert faults(tmp_path, SMALL, environ) == [
        "environment: MONITOR_ENGINE__INTERVAL_FILE: found an unknown setting, expected MONITOR_ENGINE__INTERVAL?",
        "environment: MONITOR_NONSENSE: found an unknown setting, expected MONITOR_<SECTION>__<KEY>",
        "environment: MONITOR_WEB__PROT: found an unknown setting, expected MONITOR_WEB__PORT?",
    ]


@pytest.mark.parametrize("key", sorted(SECRETS))
def test_every_secret_comes_by_value_or_by_file_and_is_never_printed(
    key: str, tmp_path: Path
) -> None:
    held = tmp_path / "held"
    more = {"MONITOR_SMTP__USER": "joe"}
    if key == "alerts.slack.bot_token":
        more["MONITOR_ALERTS__SLACK__CHANNEL"] = "C1"
    several = key == "alerts.apprise.urls"
    text_of_it = json.dumps([HOOK]) if several else HOOK
    held.write_text(f"{text_of_it}\n", encoding="utf-8")
    for variable, text in (
        (variable_of(key), text_of_it),
        (f"{variable_of(key)}_FILE", str(held)),
    ):
        settings = load(tmp_path, SMALL, more | {variable: text})
        found: Any = settings.tables
        for part in key.split("."):
            found = found[part] if isinstance(found, dict) else getattr(found, part)
        if several:
            (found,) = found
        assert isinstance(found, SecretStr)
        assert found.get_secret_value() == HOOK
        shown = f"{settings!r} {settings} {found} {found!r} {settings.tables.model_dump()}"
        assert "wJ4h" not in shown
        assert settings.origins[key] == variable


def test_a_secret_that_reads_as_a_number_stays_as_it_was_typed(tmp_path: Path) -> None:
    token = load(tmp_path, SMALL, {"MONITOR_WEB__TOKEN": "1234"}).web.token
    assert token == SecretStr("1234")


def test_half_of_what_a_channel_needs_is_a_fault(tmp_path: Path) -> None:
    environ = {"MONITOR_ALERTS__SLACK__BOT_TOKEN": "wJ4h", "MONITOR_SMTP__PASSWORD": "wJ4h"}
    assert faults(tmp_path, SMALL, environ) == [
        "c.toml: alerts.slack.channel: found nothing beside a bot token, expected a channel's id",
        "c.toml: smtp.user: found nothing beside a password, expected the user's name",
    ]


def test_slack_is_reached_one_way(tmp_path: Path) -> None:
    webhook = {"MONITOR_ALERTS__SLACK__WEBHOOK": "https://hooks.example.com/wJ4h"}
    channel = {"MONITOR_ALERTS__SLACK__CHANNEL": "C0123456789"}
    token = {"MONITOR_ALERTS__SLACK__BOT_TOKEN": "wJ4h"}
    assert faults(tmp_path, SMALL, webhook | channel) == [
        "environment: MONITOR_ALERTS__SLACK__CHANNEL: found a channel beside a webhook, expected none: a webhook has its channel in it"
    ]
    (fault,) = faults(tmp_path, SMALL, webhook | channel | token)
    assert fault == (
        "environment: MONITOR_ALERTS__SLACK__WEBHOOK: found a webhook beside a bot token, expected one of both:"
        " a message goes one way"
    )
    assert load(tmp_path, SMALL, channel | token).alerts.slack.channel == "C0123456789"


def test_another_slack_than_slacks_own_is_named_with_its_path(tmp_path: Path) -> None:
    environ = {"MONITOR_ALERTS__SLACK__BASE_URL": "http://127.0.0.1:8080"}
    assert faults(tmp_path, SMALL, environ) == [
        "environment: MONITOR_ALERTS__SLACK__BASE_URL: found 'http://127.0.0.1:8080', expected a URL that ends in /api/"
    ]


def test_a_wrong_secret_is_not_printed(tmp_path: Path) -> None:
    assert faults(tmp_path, SMALL, {"MONITOR_ALERTS__SLACK__WEBHOOK": "wJ4h-no-url"}) == [
        "environment: MONITOR_ALERTS__SLACK__WEBHOOK: found ***, expected a URL that begins with http:// or https://"
    ]


def test_an_empty_secret_does_not_open_the_page_to_everybody(tmp_path: Path) -> None:
    environ = {"MONITOR_WEB__TOKEN": "", "MONITOR_WEB__HOST": "0.0.0.0"}  # noqa: S104
    assert faults(tmp_path, SMALL, environ) == [
        "environment: MONITOR_WEB__TOKEN: found ***, expected a secret that is not empty"
    ]


def test_a_token_lets_the_page_listen_anywhere(tmp_path: Path) -> None:
    environ = {"MONITOR_WEB__TOKEN": "wJ4h", "MONITOR_WEB__HOST": "0.0.0.0"}  # noqa: S104
    assert load(tmp_path, SMALL, environ).web.host == "0.0.0.0"  # noqa: S104


def test_a_secret_file_that_is_not_there_is_named_by_its_variable_alone(tmp_path: Path) -> None:
    assert faults(tmp_path, SMALL, {"MONITOR_WEB__TOKEN_FILE": str(tmp_path / "wJ4h")}) == [
        "environment: MONITOR_WEB__TOKEN_FILE: found a file that cannot be read, expected one that holds the secret"
    ]


def test_the_databases_url_may_stand_in_a_file_and_hides_its_password(tmp_path: Path) -> None:
    held = tmp_path / "url"
    held.write_text("postgresql://joe:wJ4h@db/monitor\n", encoding="utf-8")
    settings = load(tmp_path, SMALL, {"MONITOR_DATABASE__URL_FILE": str(held)})
    assert settings.database.url.get_secret_value() == "postgresql://joe:wJ4h@db/monitor"
    assert "wJ4h" not in repr(settings)
    assert (
        hide_password(settings.database.url.get_secret_value()) == "postgresql://joe:***@db/monitor"
    )
    assert hide_password("sqlite:///a:b@c.db") == "sqlite:///a:b@c.db"


def test_the_digest_tells_settings_apart_and_keeps_the_same_ones_together(tmp_path: Path) -> None:
    first = load(tmp_path, SMALL).digest()
    assert load(tmp_path, SMALL).digest() == first
    assert load(tmp_path, changed(('"5m"', '"15m"'))).digest() != first
    assert load(tmp_path, SMALL, {"MONITOR_WEB__TOKEN": "a"}).digest() == (
        load(tmp_path, SMALL, {"MONITOR_WEB__TOKEN": "b"}).digest()
    )


def test_a_secret_by_value_and_by_file_at_once_is_a_fault(tmp_path: Path) -> None:
    held = tmp_path / "held"
    held.write_text("wJ4h", encoding="utf-8")
    environ = {"MONITOR_WEB__TOKEN": "wJ4h", "MONITOR_WEB__TOKEN_FILE": str(held)}
    assert faults(tmp_path, SMALL, environ) == [
        "environment: MONITOR_WEB__TOKEN_FILE: found beside MONITOR_WEB__TOKEN, expected one of the two"
    ]


class TestTheFileThatCounts:
    def place(self, file: Path, name: str) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(changed(('name = "Memes"', f'name = "{name}"')), encoding="utf-8")
        return file

    def counted(self, given: Path | None, environ: dict[str, str]) -> str:
        return load_settings(given, environ).universe.sector("memes").name

    def test_the_given_one_then_the_environments_then_the_one_here(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        given = self.place(tmp_path / "given.toml", "given")
        named = {"MONITOR_CONFIG": str(self.place(tmp_path / "named.toml", "named"))}
        self.place(tmp_path / "config" / "monitor.toml", "here")
        assert self.counted(given, named) == "given"
        assert self.counted(None, named) == "named"
        assert self.counted(None, {}) == "here"

    def test_the_shipped_one_where_there_is_no_other(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        settings = load_settings(None, {})
        assert settings.file.name == "monitor.toml"
        assert settings.universe.has("ai-agents")

    def test_one_that_is_named_and_not_there_is_no_reason_to_take_another(
        self, tmp_path: Path
    ) -> None:
        with pytest.raises(ConfigError, match="found no such file"):
            load_settings(None, {"MONITOR_CONFIG": str(tmp_path / "none.toml")})
