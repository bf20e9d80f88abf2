"""The alert as a mail."""

import re
from dataclasses import replace
from html import unescape

import pytest

from monitor.content.alert import alert_mail, alert_message
from monitor.content.mail import Inline
from tests.unit.content.alert.cases import AROUND, SINGLE

PICTURE = Inline("chart", b"\x89PNG", 'Indices: AI agents -10.4 %, "Memes" +2.3 %')


def visible(html: str) -> str:
    body = html.partition("<body")[2].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).replace("\u00a0", " ").split())


@pytest.mark.parametrize("name", SINGLE)
def test_both_parts_hold_the_same_facts_in_the_same_order(name: str) -> None:
    message = alert_message(*SINGLE[name])
    letter = alert_mail(message, None)
    shown, text = visible(letter.html), " ".join(letter.text.split())
    shown = shown.removeprefix(message.told[0])  # the line that lists show is hidden in the mail
    places = []
    lines = (message.headline, *message.told, *message.figures, *message.members, *message.judged)
    for line in lines:
        assert " ".join(line.split()) in text
        places.append(shown.index(" ".join(line.split())))
    assert places == sorted(places)


def test_the_subject_is_the_preview_with_the_banner_first() -> None:
    change, _ = SINGLE["confirmed"]
    plain = alert_mail(alert_message(change, AROUND), None)
    assert plain.subject == alert_message(change, AROUND).preview
    marked = alert_mail(alert_message(change, replace(AROUND, banner="demo")), None)
    assert marked.subject == f"demo: {plain.subject}"
    assert marked.text.startswith("Demo\n")


def test_the_picture_is_inside_and_its_words_are_in_both_parts() -> None:
    message = alert_message(*SINGLE["confirmed"])
    letter = alert_mail(message, PICTURE)
    assert letter.pictures == (PICTURE,)
    assert 'src="cid:chart"' in letter.html
    assert "AI agents -10.4 %, &#34;Memes&#34; +2.3 %" in letter.html
    assert f"Picture: {PICTURE.alt}" in letter.text
    assert message.spark not in letter.html.replace("\u00a0", " ")
    bare = alert_mail(message, None).html.replace("\u00a0", " ")
    assert message.spark in bare


def test_nothing_is_fetched_and_nothing_runs() -> None:
    html = alert_mail(alert_message(*SINGLE["confirmed"]), PICTURE).html
    assert re.findall(r'(?:src|href)="([^"]+)"', html) == [
        "cid:chart",
        "http://127.0.0.1:8787/?rotation=rot-7f3a",
    ]
    assert not re.search(r"<script|<link|@import|url\(|@font-face", html)


def test_it_is_readable_on_a_phone_and_in_the_dark() -> None:
    html = alert_mail(alert_message(*SINGLE["confirmed"]), PICTURE).html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "prefers-color-scheme: dark" in html
    assert "width:100%;max-width:600px" in html
    assert len(html.encode()) < 20_000


def test_lateness_stands_before_the_headline() -> None:
    letter = alert_mail(alert_message(*SINGLE["critical"], late="late by 2 h 10 min"), None)
    assert letter.text.startswith("Late by 2 h 10 min\nAI agents → Memes · CRITICAL")
    assert letter.html.index("Late by") < letter.html.index("<h1")
