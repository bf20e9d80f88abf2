"""One rotation at its own address: what was said, its life, who was told; and ids that are none."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from monitor.content.wording.phrases import CHANGE_WORDS
from monitor.model.grid import iso
from monitor.model.notice import Act
from monitor.model.rotation import ChangeReason, Outcome
from monitor.store import outbox, rotations
from tests.integration.store.samples import notice
from tests.integration.web.conftest import CLOSE, Site
from tests.integration.web.test_app import words
from tests.kit import rotations as samples


@pytest.fixture
def told(site: Site, fill: Callable[[], None]) -> str:
    """A rotation that was opened, confirmed and told; its id."""
    fill()
    opened, confirmed = samples.opened(), samples.confirmed()
    with site.database.write() as conn:
        rotations.save_changes(
            conn,
            [
                samples.change(opened, ChangeReason.OPENED),
                samples.change(confirmed, ChangeReason.CONFIRMED),
            ],
        )
        payload = {"rotations": [confirmed.id]}
        said = f"{confirmed.id}|confirmed|{iso(samples.CONFIRMED)}"
        outbox.enqueue(
            conn,
            [
                notice(said, thread=confirmed.id, payload=payload),
                notice("edit", thread=confirmed.id, payload=payload, act=Act.EDIT),
                notice("other", thread="rot-other", payload={"rotations": ["rot-other"]}),
            ],
        )
        claimed = outbox.claim(conn, now=CLOSE, lease=timedelta(minutes=1))
        assert claimed is not None
        outbox.confirm(conn, claimed.id, at=CLOSE, receipt={})
    return confirmed.id


def test_it_tells_the_alert_its_life_its_conditions_and_who_was_told(site: Site, told: str) -> None:
    answer = site.get(f"/?rotation={told}")
    assert answer.status_code == 200
    page = answer.text
    assert "AI &lt;b&gt;agents&lt;/b&gt;" in page
    assert "<b>agents" not in page
    for word in ("opened", "confirmed", "not met", "VIRTUAL", "not told", "told "):
        assert word in page, word
    assert page.count(">slack</td>") == 2  # one of each change


def test_parts_of_a_move_and_what_came_after_are_told_as_in_the_alert(
    site: Site, fill: Callable[[], None]
) -> None:
    fill()
    scored = samples.confirmed(outcomes={"24h": Outcome(0.064, 1.2, held=True), "72h": None})
    with site.database.write() as conn:
        changes = [
            samples.change(samples.opened(), ChangeReason.OPENED),
            samples.change(scored, ChangeReason.REVIVED),
            samples.change(scored, ChangeReason.OUTCOME_24H, CLOSE),
        ]
        rotations.save_changes(conn, changes)
    text = words(site.get(f"/?rotation={scored.id}").text)
    ours = "AI <b>agents</b> & co"
    assert f"Of -10.4 % of {ours} in 24 h: VIRTUAL -6.3 pp, AI16Z -2.3 pp, ARC -0.9 pp" in text
    assert f"24 h after detection: Memes +6.4 % over {ours}; held" in text
    assert "72 h after detection: not due yet, or not known" in text
    assert "on again" in text
    assert "scored after 24 h" in text
    assert "outcome_24h" in site.get(f"/csv/life.csv?rotation={scored.id}").text


def test_every_change_has_words() -> None:
    assert set(CHANGE_WORDS) == set(ChangeReason)


def test_the_page_links_to_it(site: Site, told: str) -> None:
    assert f'href="/?rotation={told}"' in site.get("/").text


def test_its_machine_form_has_every_change(site: Site, told: str) -> None:
    body = site.get(f"/api/rotations/{told}").json()
    assert body["id"] == told
    assert [change["reason"] for change in body["changes"]] == ["opened", "confirmed"]


@pytest.mark.parametrize(
    "asked", ["rot-nothing", "", "rot-", "x" * 5000, "<script>alert(1)</script>"]
)
def test_an_id_that_is_none_is_said_with_where_to_look(site: Site, told: str, asked: str) -> None:
    answer = site.ask("/", params={"rotation": asked})
    assert answer.status_code == 404
    assert "No rotation has the id" in answer.text
    assert "monitor rotations" in answer.text
    assert "<script" not in answer.text
