"""Headlines around a rotation's start: on its page, in what `explain` prints and in its mail, as candidates."""

from collections.abc import Callable
from datetime import timedelta

from monitor.alerting.enrich import Enricher
from monitor.alerting.retold import retold
from monitor.content.alert import alert_mail, alert_text
from monitor.detection.parameters import DetectionParameters
from monitor.model.headline import Headline
from monitor.store.headlines import save_headlines
from tests.integration.web.conftest import CLOSE, NAMES, UNIVERSE, Site
from tests.integration.web.test_app import words
from tests.kit import rotations as samples

LEAD = "In the news around the start, candidates and no known cause:"


def test_they_are_told_with_feed_and_time_and_never_as_a_cause(
    site: Site, fill: Callable[[], None]
) -> None:
    fill()
    rotation = samples.confirmed()
    start = rotation.started_at or rotation.detected_at
    with site.database.write() as conn:
        save_headlines(
            conn,
            [
                Headline("wire", "1", start - timedelta(hours=1), "VIRTUAL <b>halted</b>"),
                Headline("wire", "2", start - timedelta(hours=9), "Long before"),
            ],
            CLOSE,
        )
    page = site.get(f"/?rotation={rotation.id}").text
    assert "<b>halted" not in page
    text = words(page)
    assert LEAD in text
    assert "Long before" not in text
    enricher = Enricher(UNIVERSE, NAMES, DetectionParameters())
    with site.database.read() as conn:
        message = retold(conn, rotation, enricher)
    explained = alert_text(message)
    assert LEAD in explained
    told = f'"VIRTUAL <b>halted</b>" wire, {start - timedelta(hours=1):%-d %b %Y, %H:%M} UTC.'
    assert told in explained
    mail = alert_mail(message, None)
    assert LEAD in " ".join(mail.text.split())
    assert LEAD in " ".join(mail.html.split())
    assert "<b>halted" not in mail.html


def test_nothing_is_said_where_no_feed_is_read(site: Site, fill: Callable[[], None]) -> None:
    fill()
    assert LEAD not in words(site.get(f"/?rotation={samples.confirmed().id}").text)
