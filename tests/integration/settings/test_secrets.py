"""Secrets follow from the types: none passes in a file, none is printed, and what surrounds one is said."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, SecretStr

from monitor.model.passwords import has_bare_at, hide_password
from monitor.settings.fields import SecretText, SecretUrl
from monitor.settings.keys import KnownNames, keys_of
from monitor.settings.sources import read_file, variable_of
from monitor.settings.tables import Tables
from tests.kit.small_settings import SMALL, faults, load

HELD = "https://hooks.example/wJ4hSecret"
SECRETS = [key for key in keys_of(Tables) if key.is_secret]


def in_toml(path: tuple[str | int, ...], value: str) -> str:
    """The small configuration and the key under its dotted header."""
    *tables, last = map(str, path)
    return f"{SMALL}\n[{'.'.join(tables)}]\n{last} = {value}\n"


def test_the_types_know_the_secrets() -> None:
    assert {key.text for key in SECRETS} >= {
        "alerts.slack.webhook",
        "alerts.slack.operator_webhook",
        "alerts.slack.bot_token",
        "smtp.password",
        "web.token",
        "sources.coingecko.api_key",
        "database.url",
    }


@pytest.mark.parametrize("key", SECRETS, ids=lambda key: key.text)
@pytest.mark.parametrize("form", ["text", "list", "table"])
def test_no_secret_passes_in_a_file(key: Any, form: str, tmp_path: Path) -> None:
    text = "postgresql://joe:wJ4hSecret@db/m" if key.text == "database.url" else HELD
    value = {"text": f'"{text}"', "list": f'["{text}"]', "table": f'{{a = "{text}"}}'}[form]
    said = faults(tmp_path, in_toml(key.path, value))
    assert any(f"c.toml: {key.text}: found " in fault for fault in said)
    assert any(variable_of(key.text) in fault for fault in said) or form != "text"
    assert "wJ4h" not in "".join(said)


class Door(BaseModel):
    code: SecretText | None = None
    codes: list[SecretUrl] = []
    width: float = 1.0


class House(BaseModel):
    doors: list[Door] = []
    named: Annotated[dict[str, Door], KnownNames(lambda: ("front",))] = {}
    other: dict[str, Door] = {}


def test_a_secret_is_found_wherever_a_type_holds_one() -> None:
    given = {"doors": [{}], "named": {"back": {}}, "other": {"side": {}}}
    found = {key.text: key.by_environment for key in keys_of(House, given) if key.is_secret}
    assert found == {
        "doors[0].code": False,
        "doors[0].codes": False,
        "named.front.code": True,
        "named.front.codes": True,
        "named.back.code": True,
        "named.back.codes": True,
        "other.side.code": False,
        "other.side.codes": False,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'"{HELD}"', "expected it without quotation marks: it begins and ends with one"),
        (f"'{HELD}'", "expected it without quotation marks: it begins and ends with one"),
        (f'"{HELD}', "expected a URL without quotation marks: it begins with one"),
        (f"{HELD}\n", "expected it without the line end that it ends with"),
        ("https://hooks.example/wJ4h\nSecret", "expected one line"),
    ],
)
@pytest.mark.parametrize("by_file", [False, True], ids=["value", "file"])
def test_what_surrounds_a_secret_is_said(
    text: str, words: str, *, by_file: bool, tmp_path: Path
) -> None:
    variable = "MONITOR_ALERTS__SLACK__WEBHOOK"
    held = tmp_path / "held"
    held.write_text(text, encoding="utf-8-sig")
    if by_file and text == f"{HELD}\n":  # a file ends its lines
        settings = load(tmp_path, SMALL, {f"{variable}_FILE": str(held)})
        assert settings.alerts.slack.webhook == SecretStr(HELD)
        return
    environ = {f"{variable}_FILE": str(held)} if by_file else {variable: text}
    (fault,) = faults(tmp_path, SMALL, environ)
    assert words in fault
    assert "wJ4h" not in fault


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://monitor:wJ4h@tPass#1@db.example/mon",
        "postgresql://monitor:@wJ4h@tPass@db.example/mon",
        "postgresql://monitor:a/wJ4h@tPa?ss@db.example:5432/mon?sslmode=require",
        "postgresql+psycopg://monitor:wJ4h@@tPass@db.example/mon",
    ],
)
def test_an_at_sign_in_a_password_is_never_printed(url: str, tmp_path: Path) -> None:
    environ = {"MONITOR_DATABASE__URL": url}
    assert faults(tmp_path, SMALL, environ) == [
        "environment: MONITOR_DATABASE__URL: found ***, expected each @ of the password to be written as %40"
    ]
    assert hide_password(url).startswith(f"{url.partition(':')[0]}://monitor:***@db.example")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://monitor:S3cr%40t@db.example/mon",
        "postgresql://joe@db.example:5432/mon",
        "postgresql://db.example:5432/mon",
        "sqlite:///a:b@c.db",
        "sqlite:///monitor.db",
    ],
)
def test_other_urls_pass(url: str) -> None:
    assert not has_bare_at(url)


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "bom.toml"
    file.write_text(SMALL, encoding="utf-8-sig")
    data, said = read_file(file)
    assert not said
    assert "engine" in data


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('\n[web]\nhost = "a"\nhost = "wJ4h"\n', "found web.host twice (at line "),
        ('\n[web]\nhost = "a"\n[web]\nport = 1\n', "found the table web twice (at line "),
    ],
)
def test_a_key_that_stands_twice_is_named(more: str, words: str, tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, SMALL + more)
    assert words in fault
    assert "wJ4h" not in fault
