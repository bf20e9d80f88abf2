"""Rules on the elements, and what of them a mail program may still override."""

import re
from html.parser import HTMLParser
from pathlib import Path

from monitor.delivery.mail.styles import LONGEST_HTML, inlined

PAGE = """<html><head><style>
body { background: #fff; color: #111; }
.soft, td { color: #555; padding: 4px }
@media (max-width: 420px) { td { padding: 1px; } }
@media (prefers-color-scheme: dark) {
  body { background: #000; color: #eee !important; }
  a:hover, .soft { color: #aaa }
}
@media print { .card { break-inside: avoid; } }
</style></head><body><p class="soft">a &lt; b &amp; c</p><table><tr><td>1</td></tr></table></body></html>"""


class Styles(HTMLParser):
    """The style of each element that has one, and the text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.of: dict[str, str] = {}
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        style = dict(attrs).get("style")
        if style:
            self.of[tag] = re.sub(r"\s", "", style)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_rules_stand_on_the_elements_and_the_text_is_the_same() -> None:
    styles = Styles(inlined(PAGE))
    assert styles.of == {
        "body": "background:#fff;color:#111",
        "p": "color:#555;padding:4px",
        "td": "color:#555;padding:4px",
    }
    assert "a < b & c" in styles.words


def test_dark_mode_phones_and_print_outrank_the_elements_own_style() -> None:
    rules = re.sub(r"\s+", "", inlined(PAGE).split("@media", 1)[1])
    assert "td{padding:1px!important;}" in rules
    assert "body{background:#000!important;color:#eee!important;}" in rules
    assert "a:hover,.soft{color:#aaa!important}" in rules
    assert ".card{break-inside:avoid!important;}" in rules


def test_rules_outside_of_media_blocks_are_left_as_they_are() -> None:
    plain = inlined(PAGE).split("@media", 1)[0]
    assert "background: #fff; color: #111; }" in plain
    assert "!important" not in plain


def test_text_that_looks_like_a_rule_is_not_touched() -> None:
    page = '<style>p{color:red}</style><p>@media x { y: z; } a style="b : c; "</p>'
    assert '<p style="color:red">@media x { y: z; } a style="b : c; "</p>' in inlined(page)


def test_a_page_without_rules_keeps_its_words_and_elements() -> None:
    assert "<p>a &amp; <b>b</b> →</p>" in inlined("<p>a &amp; <b>b</b> →</p>")


def test_a_page_that_inlining_would_make_too_long_goes_as_it_is() -> None:
    cells = "<td>1</td>" * 5_000
    page = f"<style>td {{ color: #123456; padding: 4px }}</style><table><tr>{cells}</tr></table>"
    assert len(page) < LONGEST_HTML
    assert inlined(page) == page


def test_a_page_whose_rules_cannot_be_read_goes_as_it_is() -> None:
    page = '<style>p {{{ color: red</style><p style="color: re;; d">a</p>'
    assert inlined(page) == page


def test_no_file_of_this_machine_is_read_into_a_page(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text("p { color: red }", encoding="utf-8")
    page = f'<link rel="stylesheet" href="{(tmp_path / "own.css").as_uri()}"><p>a</p>'
    assert "red" not in inlined(page)
