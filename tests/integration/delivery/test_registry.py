"""Channels as rows: each audience has its way, and one that cannot be used costs itself alone."""

import sys
import types
from pathlib import Path

import pytest

from monitor.alerting.operator_notice import operator_notice
from monitor.delivery import registry
from monitor.delivery.registry import (
    Row,
    operators_among,
    operators_on,
    row_of,
    traits_of,
    ways_out,
)
from monitor.delivery.traits import Audience, Traits
from monitor.delivery.ways import Way, both_ways
from monitor.model.notice import Notice
from monitor.settings.schema import Settings
from tests.kit.rotations import DETECTED
from tests.kit.small_settings import SMALL, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Slack by webhook and mail."""
    return load(
        tmp_path,
        SMALL,
        environ={
            "MONITOR_ALERTS__SLACK__WEBHOOK": "http://127.0.0.1:9/x",
            "MONITOR_SMTP__HOST": "127.0.0.1",
            "MONITOR_ALERTS__EMAIL__RECIPIENTS": '["desk@example.com"]',
            "MONITOR_ALERTS__EMAIL__OPERATORS": '["ops@example.com"]',
            "MONITOR_REPORT__RECIPIENTS": '["fund@example.com"]',
        },
    )


def test_names_that_stand_in_stored_outboxes_keep_their_meaning() -> None:
    audiences = {name: row_of(name).audiences for name in ("slack", "operator", "email", "report")}
    assert audiences == {
        "slack": {Audience.READERS},
        "operator": {Audience.OPERATORS},
        "email": {Audience.READERS, Audience.OPERATORS},
        "report": {Audience.REPORT},
    }


def test_nothing_holds_back_what_operators_read() -> None:
    for row in registry.ROWS:
        if Audience.OPERATORS in row.audiences:
            assert not row.traits.quiet_hours
            assert not row.traits.cap
    assert traits_of("slack") == Traits()


def test_each_way_has_its_own_recipients(settings: Settings) -> None:
    found = ways_out(settings)
    assert found.faults == ()
    assert {w.channel: (w.readers, w.operators, w.reports) for w in found.ways} == {
        "slack": (("",), (), ()),
        "operator": ((), ("",), ()),
        "email": (("desk@example.com",), ("ops@example.com",), ()),
        "report": ((), (), ("fund@example.com",)),
    }


class TestOperators:
    """Where what they must know is told."""

    def told(self, notices: list[Notice]) -> list[tuple[str, str]]:
        return [(notice.channel, notice.recipient) for notice in notices]

    def test_on_their_channel_and_by_mail_only_as_the_last_resort(self, settings: Settings) -> None:
        notice = operator_notice("x", "something", DETECTED)
        ways = ways_out(settings).ways
        everybody = operators_among(ways)
        assert self.told(everybody.told(notice)) == [("operator", "")]
        by_mail = operators_among(way for way in ways if way.channel == "email")
        assert self.told(by_mail.told(notice)) == [("email", "ops@example.com")]
        assert operators_on(["slack", "email"]).told(notice) == []

    def test_of_a_channel_in_trouble_on_those_that_are_not(self, settings: Settings) -> None:
        notice = operator_notice("x", "something", DETECTED)
        operators = operators_among(ways_out(settings).ways)
        chat, mail = ("operator", ""), ("email", "ops@example.com")
        assert self.told(operators.told_of_channel("slack", notice)) == [chat, mail]
        assert self.told(operators.told_of_channel("operator", notice)) == [mail]
        assert self.told(operators.told_of_channel("email", notice)) == [chat]
        assert self.told(operators.told_of_channel("report", notice)) == [chat]


def another(table: str, module: str) -> Row:
    return Row(table, table, module, frozenset({Audience.READERS}), Traits())


def test_a_row_without_settings_and_a_file_that_raises_cost_themselves_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "channel_that_raises.py").write_text("raise ValueError('http://secret@x')")
    monkeypatch.syspath_prepend(str(tmp_path))
    rows = (
        another("pigeon", "channel_that_raises"),
        Row("slack2", "slack", "channel_that_raises", frozenset({Audience.READERS}), Traits()),
        Row("slack3", "slack", "channel_that_is_missing", frozenset({Audience.READERS}), Traits()),
        *registry.ROWS,
    )
    found = ways_out(settings, rows)
    assert [way.channel for way in found.ways] == ["slack", "operator", "email", "report"]
    assert list(found.faults) == [
        "channel pigeon: the registry names it, and [alerts.pigeon] has no settings",
        "channel slack: cannot be used: ValueError",
        "channel slack: cannot be used: No module named 'channel_that_is_missing'",
    ]


def test_a_transport_of_messages_has_a_way_for_each_audience(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(_: object) -> None:
        raise ValueError

    def ways(settings: Settings) -> list[Way]:
        return both_ways("slack", settings, opened)  # type: ignore[arg-type]  # opens nothing

    module = types.ModuleType("channel_made_up")
    module.ways = ways  # type: ignore[attr-defined]  # a module has what it is given
    monkeypatch.setitem(sys.modules, "channel_made_up", module)
    found = ways_out(settings, registry._messages("slack", "channel_made_up"))
    assert [way.channel for way in found.ways] == ["slack", "slack-operators"]
    assert found.opened(None) == {}  # type: ignore[arg-type]  # needs no tools
