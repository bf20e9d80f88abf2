"""The runbook: a paragraph for each notice that asks for an act, and a line for each metric."""

import re
from pathlib import Path

import pytest

from monitor.alerting.operator_notice import RUNBOOK, operator_notice, paragraph
from monitor.daemon.reload import FAULT
from monitor.model.grid import parse_iso
from monitor.settings.shipped import FILES
from monitor.web.metrics import Counters, Gauges

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "config" / RUNBOOK).read_text(encoding="utf-8")
HEADINGS = set(re.findall(r"^## (\S+)$", TEXT, re.MULTILINE))
ASSEMBLED = (ROOT / "monitor" / "daemon" / "assemble.py").read_text(encoding="utf-8")
BESIDE_BARS = (ROOT / "monitor" / "jobs" / "beside_bars.py").read_text(encoding="utf-8")
JOBS = [
    *re.findall(r'parts\.(?:jobs|background)\["([^"]+)"\]', ASSEMBLED),
    *re.findall(r'^ +\("(\w+)", "\w+", partial', BESIDE_BARS, re.MULTILINE),
    FAULT,
]


@pytest.mark.parametrize(
    "subject",
    [
        "venue okx",
        "channel slack",
        "channels",
        "markets",
        "supplies",
        "vendor-figures",
        *(f"job {name}" for name in JOBS),
    ],
)
def test_each_subject_has_its_paragraph(subject: str) -> None:
    assert paragraph(subject).removeprefix(f"{RUNBOOK}#") in HEADINGS


def test_no_paragraph_is_of_nothing() -> None:
    assert len(JOBS) > 6
    jobs = {f"job-{name.replace(' ', '-')}" for name in JOBS}
    others = {"venue", "channel", "channels", "markets", "supplies", "vendor-figures"}
    assert others | jobs == HEADINGS


def test_a_notice_names_its_paragraph_and_a_good_end_names_none() -> None:
    at = parse_iso("2025-01-19T11:05:00Z")
    broken = operator_notice("venue okx", "okx is down", at)
    assert broken.text == "Monitor: okx is down"
    assert broken.payload["body"] == "Monitor: okx is down\nWhat to do: RUNBOOK.md#venue"
    well = operator_notice("venue okx", "okx answers again", at, well=True)
    assert well.payload["body"] == well.text


def test_it_travels_with_the_other_files() -> None:
    assert RUNBOOK in FILES


def test_each_metric_has_its_line() -> None:
    given = {
        sample
        for registry in (Counters().registry, Gauges().registry)
        for family in registry.collect()
        for sample in [family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")]
    }
    assert set(re.findall(r"^\| `(monitor_\w+)`", TEXT, re.MULTILINE)) == given
