"""What every path answers, on both databases."""

import platform
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor import __version__
from monitor.model.bars import VenueHealth, VenueState
from monitor.model.grid import iso
from monitor.store import meta, outbox, venue_health
from tests.integration.delivery.post import notice
from tests.integration.web.conftest import CLOSE, Site

PATHS = ("/", "/api/sectors", "/api/rotations", "/api/series?sector=memes", "/readyz", "/metrics")
Fill = Callable[[], None]


def words(html: str) -> str:
    """What a reader sees of a page, its white space folded."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


class TestHealth:
    def test_the_process_answers_before_anything_was_done(self, site: Site) -> None:
        answer = site.get("/healthz")
        assert (answer.status_code, answer.text) == (200, "ok\n")

    def test_not_ready_before_the_first_poll_and_step(self, site: Site) -> None:
        answer = site.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {
            "ready": False,
            "reasons": ["no good poll yet", "no good step yet"],
            "last_good_poll": None,
            "last_step": None,
        }

    def test_ready_when_all_is_recent(self, site: Site, fill: Fill) -> None:
        fill()
        answer = site.get("/readyz")
        assert answer.status_code == 200
        assert answer.json() == {
            "ready": True,
            "reasons": [],
            "last_good_poll": "2025-01-19T11:35:00Z",
            "last_step": "2025-01-19T11:35:00Z",
        }

    def test_a_poll_may_be_two_bars_and_a_deadline_old_and_a_step_one_more(
        self, site: Site, fill: Fill
    ) -> None:
        fill()
        site.clock.set(CLOSE + timedelta(seconds=690))
        assert site.get("/readyz").status_code == 200
        site.clock.set(CLOSE + timedelta(seconds=691))
        assert site.get("/readyz").json()["reasons"] == [
            "last good poll was at 2025-01-19T11:35:00Z, more than 690 s ago"
        ]
        site.clock.set(CLOSE + timedelta(seconds=991))
        assert site.get("/readyz").json()["reasons"][1] == (
            "last good step was at 2025-01-19T11:35:00Z, more than 990 s ago"
        )

    def test_an_outbox_that_does_not_drain_and_refused_notices_are_reasons(
        self, site: Site, fill: Fill
    ) -> None:
        fill()
        with site.database.write() as conn:
            outbox.enqueue(conn, [notice("a"), notice("b", thread="b")])
            outbox.fail(conn, 2, at=CLOSE, error="slack: no_service")
            meta.put(conn, meta.LAST_GOOD_POLL, iso(CLOSE + timedelta(seconds=901)))
        site.clock.set(CLOSE + timedelta(seconds=901))
        assert site.get("/readyz").json()["reasons"] == [
            "the outbox does not drain: 1 waiting, the oldest for 901 s",
            "1 notice(s) were refused for good: monitor status",
        ]

    def test_a_notice_that_is_tried_again_and_again_ages_from_when_it_was_wanted(
        self, site: Site, fill: Fill
    ) -> None:
        fill()
        now = CLOSE + timedelta(hours=3)
        with site.database.write() as conn:
            outbox.enqueue(conn, [notice("a", event_at=CLOSE, due_at=CLOSE)])
            claimed = outbox.claim(conn, now=CLOSE, lease=timedelta(minutes=2))
            assert claimed is not None
            outbox.retry(conn, claimed.id, due_at=now + timedelta(minutes=5), error="503")
        site.clock.set(now)
        assert (
            "the outbox does not drain: 1 waiting, the oldest for 10800 s"
            in (site.get("/readyz").json()["reasons"])
        )

    def test_a_refusal_is_a_reason_for_a_day(self, site: Site, fill: Fill) -> None:
        fill()
        with site.database.write() as conn:
            outbox.enqueue(conn, [notice("a")])
            outbox.fail(conn, 1, at=CLOSE, error="mail: 550")
        told = "1 notice(s) were refused for good: monitor status"
        site.clock.set(CLOSE + timedelta(hours=23))
        assert told in site.get("/readyz").json()["reasons"]
        site.clock.set(CLOSE + timedelta(hours=25))
        assert told not in site.get("/readyz").json()["reasons"]

    def test_a_fault_of_the_store_is_a_reason(self, site: Site, fill: Fill) -> None:
        fill()
        site.fault.append("poll failed: the disk is full")
        answer = site.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["reasons"] == ["poll failed: the disk is full"]


class TestToken:
    @pytest.mark.parametrize("path", PATHS)
    def test_every_path_but_health_asks_for_it(self, path: str, site: Site, fill: Fill) -> None:
        fill()
        assert site.ask(path, demanded="t0ken").status_code == 401
        for given, status in (("nope", 401), ("", 401), ("t0ken", 200)):
            headers = {"Authorization": f"Bearer {given}"}
            assert site.ask(path, demanded="t0ken", headers=headers).status_code == status
        assert site.ask("/healthz", demanded="t0ken").status_code == 200

    def test_it_may_stand_in_the_address(self, site: Site, fill: Fill) -> None:
        fill()
        answer = site.ask("/", demanded="t0kén", params={"token": "t0kén"})
        assert answer.status_code == 200
        assert "t0k" not in answer.text
        assert site.ask("/", demanded="t0kén", params={"token": "nope"}).status_code == 401

    def test_what_was_answered_is_not_answered_again_to_who_has_no_token(
        self, site: Site, fill: Fill
    ) -> None:
        fill()
        knows = {"headers": {"Authorization": "Bearer t0ken"}}
        for path in ("/", "/api/sectors"):
            answers = site.ask_one_app([("GET", path, knows), ("GET", path, {})], demanded="t0ken")
            assert [answer.status_code for answer in answers] == [200, 401]

    def test_answers_are_kept_by_nobody_and_run_nothing(self, site: Site, fill: Fill) -> None:
        fill()
        headers = site.get("/").headers
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")


class TestMetrics:
    def values(self, site: Site) -> dict[tuple[str, ...], float]:
        text = site.get("/metrics").text
        return {
            (sample.name, *(v for _, v in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def test_they_parse_and_tell_ages_venues_waiting_and_refused(
        self, site: Site, fill: Fill
    ) -> None:
        fill()
        with site.database.write() as conn:
            outbox.enqueue(conn, [notice("a"), notice("b")])
        site.counters.sends.labels("slack", "delivered").inc()
        found = self.values(site)
        assert found["monitor_last_good_poll_age_seconds",] == 60
        assert found["monitor_last_step_age_seconds",] == 60
        assert found["monitor_bar_age_seconds", "gate:VIRTUAL/USDT", "VIRTUAL", "gate"] == 60
        assert not [name for name, *_ in found if name.endswith("_created")]
        assert found["monitor_build_info", platform.python_version(), __version__] == 1
        assert found["monitor_venue_up", "bybit"] == 1
        assert found["monitor_venue_up", "gate"] == 0
        assert found["monitor_outbox_pending", "slack"] == 2
        assert found["monitor_outbox_oldest_seconds",] == 60
        assert found["monitor_outbox_failed",] == 0
        assert found["monitor_quarantined", "jump", "gate"] == 3
        assert found["monitor_rss_bytes",] == 123_000_000
        assert found["monitor_page_rss_bytes",] > 1_000_000
        assert found["monitor_send_attempts_total", "slack", "delivered"] == 1

    def test_asking_twice_doubles_nothing(self, site: Site, fill: Fill) -> None:
        fill()
        self.values(site)
        assert self.values(site)["monitor_quarantined", "jump", "gate"] == 3

    def test_they_answer_over_an_empty_database(self, site: Site) -> None:
        assert self.values(site)["monitor_outbox_failed",] == 0


class TestPage:
    def test_names_are_escaped_and_figures_are_said_with_their_sector(
        self, site: Site, fill: Fill
    ) -> None:
        fill()
        html = site.get("/").text
        text = words(html)
        assert "<b>agents" not in html
        assert "AI <b>agents</b> & co → Memes" in text
        assert "AI <b>agents</b> & co, 24 h -10.4 %, own -7.2 pp" in text
        assert "its volume share, 24 h -18.0 pp" in text
        assert "Memes, volume share, 24 h +18.0 pp" in text
        assert "its net flow, 24 h -$31.2 M" in text
        assert "rot-old" in text.partition("out of any")[2]

    def test_fresh_figures_carry_no_warning(self, site: Site, fill: Fill) -> None:
        fill()
        text = words(site.get("/").text)
        assert "Last step 2025-01-19 11:35 UTC, 1 min ago" in text
        assert "1 of 2 venues answer · channels: none is set up: nobody is told." in text
        assert "gate: down since 19 Jan 2025, 11:35 UTC" in text
        assert 'id="stale" hidden' in site.get("/").text

    def test_old_figures_say_so_first(self, site: Site, fill: Fill) -> None:
        fill()
        site.clock.set(CLOSE + timedelta(hours=3))
        text = words(site.get("/").text)
        assert "These figures are old: no interval was stepped for 3 h ." in text
        assert 'class="old"' in site.get("/").text
        assert 'id="stale" hidden' not in site.get("/").text
        assert "last good poll was at 2025-01-19T11:35:00Z" in text

    def test_no_history_yet_says_what_to_do(self, site: Site) -> None:
        text = words(site.get("/").text)
        assert "No interval has been stepped yet." in text
        assert "monitor backfill --since 30d" in text

    def test_a_disabled_venue_is_not_missed(self, site: Site, fill: Fill) -> None:
        fill()
        with site.database.write() as conn:
            venue_health.save_health(conn, VenueHealth("gate", VenueState.DISABLED, CLOSE))
        assert "1 of 1 venues answer" in words(site.get("/").text)
