"""What of a configuration cannot be used is told at the start, in the words of `config check`, and stops nothing else."""

import sys
from pathlib import Path

import pytest

from monitor.bootstrap import config_faults
from monitor.clock import ManualClock
from monitor.daemon.assemble import begin
from monitor.settings.load import load_settings
from monitor.store import outbox
from monitor.store.database import Database
from tests.integration.commands.stage import config_text
from tests.integration.daemon.desk import HOUR, START

NOWHERE = dict.fromkeys(("bybit", "gate", "kraken"), "http://127.0.0.1:9")
OPERATOR = {"MONITOR_ALERTS__SLACK__OPERATOR_WEBHOOK": "http://127.0.0.1:9/services/T/B/x"}
UNREAD = 'markets = [{venue = "kraken", symbol = "ARC/USDT:USDT"}, '


def test_a_perpetual_that_is_not_read_is_told_at_each_start_of_a_day_once(
    database: Database, tmp_path: Path
) -> None:
    before, arc, after = config_text(NOWHERE, tmp_path).partition("[tokens.ARC]")
    file = tmp_path / "monitor.toml"
    file.write_text(before + arc + after.replace("markets = [", UNREAD, 1), encoding="utf-8")
    settings = load_settings(file, OPERATOR)
    (fault,) = config_faults(settings)
    assert fault.subject == "markets"
    assert "'ARC/USDT:USDT' of kraken" in fault.text
    for _ in range(2):
        begin(settings, ManualClock(START), database)
    with database.read() as conn:
        (told,) = outbox.list_notices(conn, START - HOUR, START + HOUR)
    assert told.notice.text.startswith("Monitor: tokens.ARC: found the perpetual")
    assert "RUNBOOK.md#markets" in told.notice.payload["body"]


def test_a_channel_whose_file_cannot_be_imported_is_told_once_and_the_others_go_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "monitor.delivery.webhook", None)  # its import raises
    file = tmp_path / "monitor.toml"
    file.write_text(config_text(NOWHERE, tmp_path), encoding="utf-8")
    settings = load_settings(file, OPERATOR)
    (fault,) = config_faults(settings)
    assert fault.subject == "channels"
    assert fault.text.startswith("channel webhook: cannot be used: ")
    for _ in range(2):
        begin(settings, ManualClock(START), database)
    with database.read() as conn:
        (told,) = outbox.list_notices(conn, START - HOUR, START + HOUR)
    assert told.notice.channel == "operator"
    assert told.notice.text.startswith("Monitor: channel webhook: cannot be used")
    assert "RUNBOOK.md#channels" in told.notice.payload["body"]
